-- Alerts as a list that is read and acknowledged at the desk. An id is its own key in one word, so that whoever inserts needs no chance; a node of
-- the version before leaves it empty.
alter table alerts add column id text not null default '';
update alerts set id = event || '.' || scope || '.' || cast(window_at as text);
alter table alerts add column network text;
alter table alerts add column times bigint not null default 0;     -- how often what is told had happened
alter table alerts add column acked_at bigint;
alter table alerts add column acked_by text;
create index alerts_of_workspace on alerts (workspace_id, created_at, id);
create index alerts_open on alerts (workspace_id, created_at, id) where acked_at is null;

-- What a workspace wants to hear of, by which ways. Who has no row has the defaults.
create table alert_settings (
    workspace_id text not null primary key,
    settings     text not null,          -- JSON
    webhook      text                    -- sealed: the address, the secret, the one before
);

-- How far a log is followed by whoever looks through it, and by which node at the moment.
create table followers (
    name         text not null primary key,
    position     text not null,          -- the last id
    until        bigint not null,        -- all before this time is done
    leased_by    text,
    leased_until bigint not null
);

-- How far a chain of the audit log was walked through since its round began.
create table chain_rounds (
    workspace_id text not null primary key,
    nth          bigint not null,        -- the last place that fits; 0 at the beginning
    link         text not null,
    begun_at     bigint not null,
    broken       boolean not null        -- something did not fit: looked at again with the next round
);

-- What went to a workspace's webhook lately.
create index outbox_webhooks on outbox (workspace_id, id) where kind = 'webhook';
