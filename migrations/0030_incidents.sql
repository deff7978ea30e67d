-- A loss, a theft or a suspicion, from the report to its end: one that is open for each member.
create table incidents (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    kind         text not null,         -- lost, stolen, suspected
    opened_by    text not null,         -- whose member id: the member's own, or an administrator's
    opened_at    bigint not null,
    ended_at     bigint,
    outcome      text                   -- closed, undone
);
create unique index incidents_open on incidents (member_id) where ended_at is null;
create index incidents_of_member on incidents (member_id, id);

-- What was on the lost device, or open there: for the list that says what became of each.
create table incident_things (
    incident_id  text not null references incidents (id),
    workspace_id text not null,
    kind         text not null,         -- device, session, contact
    thing_id     text not null,
    told_at      bigint not null,       -- since when it opens nothing
    confirmed_at bigint,                -- when it came back and was refused
    undone_at    bigint,
    primary key (incident_id, kind, thing_id)
);
create index incident_things_by_thing on incident_things (thing_id);

alter table contacts add column lost_in text;          -- the incident in which it was reported as lost
alter table contacts add column lost_from text;        -- what it was before
alter table device_members add column lost_in text;
