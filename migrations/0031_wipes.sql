-- What a lost device is told to give up: a browser its data of this server, a program or a device management its applications' data or all there is.
create table wipes (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    incident_id  text,
    way          text not null,         -- browser, agent, webhook, graph
    target       text not null,         -- a device's id, an agent's id, or what the device management calls the device
    what         text not null,         -- sign_out, data, device
    state        text not null,         -- queued, sent, confirmed, failed, impossible
    cause        text,                  -- why it failed, or never will be
    secret       text,                  -- of a browser that was told: the hash of what it reports back with
    receipt      text,                  -- what came back, as it was signed
    asked_by     text not null,         -- whose member id
    asked_at     bigint not null,
    sent_at      bigint,
    ended_at     bigint,
    expires_at   bigint not null
);
create unique index wipes_open on wipes (way, target, member_id, what) where ended_at is null;
create index wipes_of_member on wipes (member_id, id);
create index wipes_running_out on wipes (expires_at) where ended_at is null;

-- Open pages are told when their session ends, whoever ends it and on whichever node.
create index sessions_ended on sessions (ended_at) where ended_at is not null;
-- The desk lists the cases that are open.
create index incidents_open_of_workspace on incidents (workspace_id, id) where ended_at is null;
