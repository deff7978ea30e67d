-- An administrator demands a new password: at once, by a secret that opens nothing but the page to set one, or at the next
-- sign-in. While it is demanded at once, the password that was there opens nothing.

alter table members add column demand text;             -- forced, requested
alter table members add column demand_at bigint;

create table forced_changes (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    way          text not null,             -- contact: sent to one; shown: read out by an administrator
    contact_id   text,                      -- where the secret went
    kind         text,                      -- and of which kind that contact is
    run_id       text,                      -- which demand to many it belongs to, so that one can go on where it stopped
    secret_hash  text,                      -- like a password's; erased when it is used or ended
    link_id      text,                      -- the link that the secret was last exchanged for
    used_at      bigint,
    ended_at     bigint,
    ended_why    text,
    expires_at   bigint not null,
    created_at   bigint not null,
    by_member    text not null              -- a member's id, or: operator
);
create unique index forced_changes_live on forced_changes (member_id) where used_at is null and ended_at is null;
create index forced_changes_of_member on forced_changes (member_id, id);
create index forced_changes_by_expiry on forced_changes (expires_at);
