-- How often what happened, by workspace and hour, for the charts at the desk. A job follows the logs and adds up; no page counts their rows.
create table tallies (
    workspace_id text not null,
    hour         bigint not null,        -- when it began
    log          text not null,          -- sign_ins, audit
    what         text not null,
    times        bigint not null,
    primary key (workspace_id, hour, log, what)
);
create index tallies_by_hour on tallies (hour);

-- How far each log is added up. It moves in the transaction that adds.
create table tally_positions (
    log      text not null primary key,
    position text not null,              -- the last id of the log
    until    bigint not null             -- all before this time is added up
);
