-- A question that the operator's doctor asks this server through its public address: what did you see? Answered once.
create table probes (
    id         text not null primary key,     -- the token's prefix
    token_hash text not null,
    expires_at bigint not null,
    seen_at    bigint,
    address    text,                          -- the client's, as the server understood it
    peer       text,                          -- who connected
    forwarded  text,                          -- what X-Forwarded-For said
    host       text
);
