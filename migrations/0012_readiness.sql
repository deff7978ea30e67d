-- Whether a member could get back in alone, or why not, as the job that goes round saw it last. Time alone changes it (a hold ends, a contact
-- grows old), and so it is not kept up by those who change contacts: the job comes round to everybody, whatever changed.
alter table members add column readiness text not null default 'unknown';
create index members_by_readiness on members (workspace_id, readiness, login);

-- Who goes round: one row for the whole server, whose workspace is the empty text.
create table readiness_rounds (
    workspace_id text not null primary key,
    run_id       text not null,           -- whoever works on it now; a later one takes over
    begun_at     bigint not null,
    beat_at      bigint not null,         -- when it was last seen at work
    taken_at     bigint                   -- when the last whole round began: the figures are as of then
);

-- How many members of each kind a workspace had at the end of a day (since 1970, in Japan); of today, so far.
create table readiness_days (
    workspace_id text not null,
    day          bigint not null,
    what         text not null,           -- a readiness, or: drilled
    members      bigint not null,
    primary key (workspace_id, day, what)
);

-- When a member was last asked to see to their contacts. Nobody is asked twice within a day.
create table nudges (
    member_id    text not null primary key references members (id),
    workspace_id text not null,
    at           bigint not null
);

-- All members with one readiness are asked, some at a time.
create table nudge_runs (
    id           text not null primary key,
    workspace_id text not null,
    by_member    text not null,
    readiness    text not null,
    email        boolean not null,        -- by email, too, where that reaches them
    after_login  text not null,           -- so far it has come
    asked        bigint not null,
    passed_over  bigint not null,
    created_at   bigint not null,
    done_at      bigint,
    stopped      boolean not null         -- whoever began it may not any more
);
create index nudge_runs_of_workspace on nudge_runs (workspace_id, id);
create unique index nudge_runs_open on nudge_runs (workspace_id) where done_at is null;

-- A member tries out getting back in: one row a member, of the newest try, and when one was last done.
create table drills (
    member_id    text not null primary key references members (id),
    workspace_id text not null,
    id           text not null,           -- of this try; what its code belongs to
    session_id   text not null,           -- where it was begun, and where alone it goes on
    contact_id   text not null,
    mark         text not null,
    sent_at      bigint not null,
    expires_at   bigint not null,
    passed_at    bigint,                  -- its code was typed
    done_at      bigint                   -- the last one whose code was typed, this or an earlier one
);
create index drills_done on drills (workspace_id, done_at, member_id) where done_at is not null;
