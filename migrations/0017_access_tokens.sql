-- What lets a program do at the administrators' desk what its maker may, so far as its scopes go, until it expires.
create table access_tokens (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id), -- who made it, and in whose name it acts
    epoch        bigint not null,                       -- like a session it lives in this one of theirs and in no other
    name         text not null,
    scopes       text not null,                         -- words with a space between
    token_prefix text not null,
    token_hash   text not null,
    used_at      bigint,                                -- to the hour
    expires_at   bigint not null,
    ended_at     bigint,
    ended_by     text,
    created_at   bigint not null
);
create unique index access_tokens_by_prefix on access_tokens (token_prefix);
create index access_tokens_of_member on access_tokens (member_id, id);
create index access_tokens_of_workspace on access_tokens (workspace_id, id) where ended_at is null;
create index access_tokens_by_expiry on access_tokens (expires_at);
