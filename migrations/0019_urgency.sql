-- What somebody waits for leaves before what nobody waits for: codes (0), then secrets and notices (1), then invitations and reminders to many (2).
alter table outbox add column urgency bigint not null default 1;
drop index outbox_waiting;
create index outbox_waiting on outbox (urgency, next_try_at, id) where state = 'waiting';
