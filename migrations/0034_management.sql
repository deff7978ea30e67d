-- Services that manage devices: how a workspace reaches them, one of each kind.
create table managements (
    workspace_id text not null references workspaces (id),
    way          text not null,         -- webhook, graph
    access       text not null,         -- sealed: where it is and what opens it
    set_by       text not null,
    set_at       bigint not null,
    primary key (workspace_id, way)
);

-- Members' devices as such a service knows them. A wipe's target is this row, so that none outlives it.
create table managed_devices (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    way          text not null,
    device       text not null,         -- what the service calls it
    name         text not null,         -- what the workplace calls it
    told         text,                  -- JSON: what the service said of it on that day, to know it again by
    added_by     text not null,
    added_at     bigint not null
);
create unique index managed_devices_one on managed_devices (workspace_id, way, device);
create index managed_devices_of_member on managed_devices (member_id, id);

-- Of a wipe that goes by such a service: when it is seen to next, how often it was, when the service took it, and what it answered last.
alter table wipes add column next_at bigint;
alter table wipes add column tries bigint not null default 0;
alter table wipes add column handed_at bigint;
alter table wipes add column answer text;
create index wipes_due on wipes (next_at) where next_at is not null and ended_at is null;
create index wipes_of_way on wipes (workspace_id, way) where ended_at is null;
