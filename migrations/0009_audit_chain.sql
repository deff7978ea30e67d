-- The audit log is chained, workspace by workspace: each row's link is a hash over the link before it and over a digest of the row, so
-- that none is changed, put in or taken out unnoticed. Who adds a row knows nothing of it; a job chains what is there a moment later.
-- What can be of a person is in the digest by salted hashes only: it can be erased, and its hash kept.

alter table audit add column details text;      -- before and after, JSON, sealed with the workspace's data key
alter table audit add column nth bigint;        -- its place in its chain, from 1; none until it is chained
alter table audit add column by_leaf text;      -- of actor and network: s.SALT, or h.HASH once they were erased
alter table audit add column about_leaf text;   -- of member, subject, reference and details: the same
alter table audit add column link text;

-- Rows that belong to no workspace form a chain of their own, whose name is the empty text.
create unique index audit_chain on audit (coalesce(workspace_id, ''), nth) where nth is not null;
create index audit_unchained on audit (coalesce(workspace_id, ''), id) where nth is null;

-- The end of each chain. Only the job that chains writes it, and holds its row while it does.
create table audit_tips (
    workspace_id text not null primary key,
    nth          bigint not null,
    link         text not null
);

-- Once a day the end of each chain that grew is signed. Rows are forgotten up to such a head only.
create table audit_heads (
    workspace_id text not null,
    day          bigint not null,         -- when that day (UTC) began
    nth          bigint not null,
    link         text not null,
    signed_at    bigint not null,
    key_id       text not null,           -- of the master key that the signing key is derived from
    signature    text not null,
    primary key (workspace_id, day)
);

-- Public keys that signed heads, each vouched for by a later one, so that heads can be checked when an old master key is gone.
create table audit_keys (
    key_id    text not null,
    by_key_id text not null,
    public    text not null,
    signature text not null,
    primary key (key_id, by_key_id)
);

-- The logs as administrators read them: newest first, by what was done, by whom, from where. Most sign-ins succeed; who looks for those that
-- did not must not read the others.
create index audit_by_action on audit (workspace_id, action, id);
drop index audit_proved;                        -- the one before does its work
create index audit_of_actor on audit (actor, id);
create index audit_by_network on audit (workspace_id, network, id);
create index sign_ins_refused on sign_ins (workspace_id, result, id) where result <> 'done';
create index sign_ins_by_network on sign_ins (workspace_id, network, id);
