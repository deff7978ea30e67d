-- Which master key writes: said here and not by the key file, so that all servers change at once. Never the key itself.
create table master_keys (
    nth         bigint not null primary key,  -- counts the keys that ever wrote here; the highest one writes
    id          text not null unique,         -- as the key file names it
    writes_from bigint not null,
    done_at     bigint                        -- since when everything that can be computed anew was
);

-- The servers that run, each by its own word, a few seconds old: what they can read decides when a key may take over.
create table servers (
    id      text not null primary key,
    keys    text not null,                    -- ids of the keys they hold, between commas
    writes  text not null,                    -- id of the key they write with
    other   text,                             -- id of the key that they look things up with besides
    seen_at bigint not null
);

-- An attempt is found by the address under either key while one takes over from the other.
alter table recoveries add column other_index text;
create index recoveries_proved_by_other on recoveries (other_index) where state = 'proved' and other_index is not null;
