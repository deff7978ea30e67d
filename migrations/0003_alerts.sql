-- What administrators must hear of: too many wrong codes in a row for one member, or in a day for a workspace or the
-- whole server (a sweep). A sweep closes recovery by code to networks where nobody signed in before it.
create table alerts (
    event        text not null,          -- guesses_in_a_row, sweep
    scope        text not null,          -- a member's id; a workspace's id, or empty for the whole server
    window_at    bigint not null,        -- which count it was, so that each is told once
    workspace_id text,
    member_id    text,
    ends_at      bigint not null,        -- how long it closes anything
    told_at      bigint,
    created_at   bigint not null,
    primary key (event, scope, window_at)
);
create index alerts_by_end on alerts (ends_at);
create index alerts_to_tell on alerts (created_at) where told_at is null;

-- Since when a network is known, to tell those known before a sweep from those that came with it.
alter table member_networks add column first_at bigint not null default 0;
create index member_networks_by_network on member_networks (network, first_at);

-- Whom to tell, without reading all members.
create index members_above_others on members (workspace_id, id) where role <> 'member';

-- How many codes a server's people type rightly, and how many attempts of one address wait for theirs.
create index recoveries_proved on recoveries (proved_at) where proved_at is not null;
create index recoveries_waiting on recoveries (address_index, sent_at) where state = 'sent';
