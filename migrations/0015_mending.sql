-- Whose a login name was that was given up: they may have it back, nobody else may before its time.
alter table freed_logins add column member_id text;

create index warrants_of_member on warrants (member_id);

-- The sealed code with which a workspace's owner gets back in when nothing else is left: one at a time, once.
create table break_glass (
    workspace_id text not null primary key,
    hash         text,                      -- like a password's; erased when it is used or ended
    made_by      text not null,
    made_at      bigint not null,
    used_at      bigint,
    used_for     text                       -- the owner who came back in by it
);

-- From now on a contact without a proof recovers where an administrator wrote it down. None did before.
update contacts set recovers_from = null where verified_at is null;
