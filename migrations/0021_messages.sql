-- Each try of a message at a carrier, and what the carrier told of it afterwards. Neither number nor address, nor any text.
create table handings (
    id           text not null primary key,
    message_id   text not null,
    workspace_id text,
    carrier      text not null,             -- its name in the configuration
    state        text not null,             -- accepted, refused, put_off, delivered, undeliverable
    provider_id  text,                      -- what the carrier calls it
    cause        text,
    code         text,                      -- the carrier's own
    at           bigint not null,
    told_at      bigint                     -- when the newest receipt came
);
create index handings_of_message on handings (message_id, id);
create index handings_by_receipt on handings (carrier, provider_id, at) where provider_id is not null;
create index handings_by_age on handings (at);

-- Receipts that came before it was written under which id the carrier had taken the message.
create table early_receipts (
    carrier      text not null,
    provider_id  text not null,
    outcome      text not null,             -- underway, delivered, undeliverable
    cause        text,
    code         text,
    at           bigint not null,
    primary key (carrier, provider_id, outcome)
);
create index early_receipts_by_age on early_receipts (at);

alter table outbox add column member_id text;       -- whom it is for
alter table outbox add column contact_id text;      -- where it goes
alter table outbox add column toward text;          -- country of a number, domain of an address: for the charts
alter table outbox add column asked text;           -- carriers that need not be asked again, each with a comma behind it
alter table outbox add column handed_at bigint;     -- when a carrier first took it
alter table outbox add column entered_at bigint;    -- when its code was typed
alter table outbox add column known boolean not null default true; -- not asked for by a stranger: may use the last part of a budget
create index outbox_entered on outbox (toward, entered_at) where entered_at is not null;
create index outbox_of_workspace on outbox (workspace_id, id);
create index outbox_of_member on outbox (member_id, id);
create index outbox_of_contact on outbox (contact_id, id);

alter table workspaces add column carriers text;    -- which carriers in which order, by channel, as JSON; none for the server's own
alter table workspaces add column sms_sender text;
alter table workspaces add column sms_budget bigint; -- what its SMS may cost in a day; none for the server's own
