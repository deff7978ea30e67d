-- Messages are claimed by their kind: what no carrier can take now is passed over, however much of it waits, and only what is out of date ends.
drop index outbox_waiting;
create index outbox_waiting on outbox (kind, urgency, next_try_at, id) where state = 'waiting';
create index outbox_waiting_until on outbox (kind, expires_at) where state = 'waiting';
