-- How far an import of members has come, so that one that was interrupted goes on where it stopped.
create table imports (
    workspace_id text not null,
    digest       text not null,          -- keyed hash over the file's rows: the same rows are the same import
    run_id       text not null,          -- whoever works on it now; a later one takes over
    total        bigint not null,        -- rows of the file
    done         bigint not null,        -- so many from the first on are in
    skipped      text not null,          -- of those, the ones whose login name somebody else took meanwhile: 12,345
    started_at   bigint not null,
    finished_at  bigint,
    primary key (workspace_id, digest)
);

-- An import writes a line for each member; who counts the codes that were typed rightly must not read them all.
create index audit_proved on audit (workspace_id, id) where action = 'recovery_proved';
