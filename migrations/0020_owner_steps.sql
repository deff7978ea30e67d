-- What one owner wants done to another: it waits for a third one's agreement, or, where there are but two, for a day.
create table owner_steps (
    id            text not null primary key,
    workspace_id  text not null,
    by_member     text not null,
    member_id     text not null,
    step          text not null,            -- suspend, resume, release, demote, force
    good_from     bigint,                   -- from when who asked may go on alone; null where a third owner must agree
    created_at    bigint not null,
    expires_at    bigint not null,
    ended_at      bigint,
    ended_how     text,                     -- done, refused, withdrawn, expired, restored
    ended_by      text
);
create unique index owner_steps_open on owner_steps (workspace_id, member_id) where ended_at is null;
create index owner_steps_by_age on owner_steps (created_at);
