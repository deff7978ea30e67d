-- The workplace's program on a device: who has one, the codes that enrol one, and the key that a workspace commands them by.
create table agents (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    name         text not null,         -- what the device calls itself
    platform     text not null,
    public_key   text not null,         -- Ed25519, base64url
    enrolled_by  text not null,         -- whose member id made the code
    enrolled_at  bigint not null,
    seen_at      bigint not null,
    number       bigint not null,       -- of its newest request: each has a higher one
    ended_at     bigint
);
create unique index agents_key on agents (public_key);
create index agents_of_member on agents (member_id, id);
create index agents_ended on agents (ended_at) where ended_at is not null;

create table agent_codes (
    code_index   text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    epoch        bigint not null,       -- of the member: what ends all sessions ends the code
    made_by      text not null,
    made_at      bigint not null,
    expires_at   bigint not null,
    used_at      bigint
);
create index agent_codes_of_member on agent_codes (member_id);
create index agent_codes_by_end on agent_codes (expires_at);

create table agent_keys (
    workspace_id text not null primary key references workspaces (id),
    public_key   text not null,
    seed         text not null,         -- sealed
    made_at      bigint not null
);

-- Which programs have something to do that they were not told, looked for every second.
create index wipes_for_agents on wipes (target) where way = 'agent' and state = 'queued' and ended_at is null;
