-- Long work that an administrator begins at the desk. It is done piece by piece, by whichever node has it, and goes on after a restart.
create table jobs (
    id           text not null primary key,
    workspace_id text not null,
    kind         text not null,                 -- import, invite
    by_member    text not null,                 -- who began it: without their right nothing more is done
    state        text not null,                 -- draft, waiting, running, done, failed, stopped
    total        bigint not null,               -- rows in all
    done         bigint not null,               -- rows that were gone through
    failed       bigint not null,               -- of these, the ones that nothing came of
    pieces       bigint not null,               -- pieces in all
    next         bigint not null,               -- the first piece that is not done, from 0
    cause        text,                          -- why it failed
    run_id       text,                          -- whoever works on a piece of it now
    leased_until bigint not null,               -- and until when nobody else takes it
    worked_at    bigint not null,               -- the last piece; jobs take turns by this
    created_at   bigint not null,
    started_at   bigint,
    ended_at     bigint
);
create index jobs_open on jobs (worked_at, id) where state in ('waiting', 'running');
create index jobs_of_workspace on jobs (workspace_id, id);
create index jobs_by_age on jobs (created_at);

create table job_pieces (
    job_id       text not null references jobs (id),
    nth          bigint not null,
    workspace_id text not null,
    rows         bigint not null,
    input        text,                          -- sealed; erased when the piece is done, and when the job ends
    report       text,                          -- sealed: what was wrong with rows of it, and whom it was about
    told         bigint not null,               -- how many rows the report speaks of
    primary key (job_id, nth)
);

-- An invitation: a code that is exchanged for a link to set a first password. Bound to the member's role, and to the contact that it went to.
create table invitations (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    way          text not null,                 -- email, sms, slip
    contact_id   text,                          -- where it went
    bound        text,                          -- keyed hash of the address that it went to
    role         text not null,                 -- what the member was then
    code_index   text not null,                 -- keyed: finds it by its code
    link_id      text,                          -- the link that the code was last exchanged for
    by_member    text not null,
    opened_at    bigint,
    used_at      bigint,
    ended_at     bigint,
    expires_at   bigint not null,
    created_at   bigint not null
);
create unique index invitations_live on invitations (member_id) where used_at is null and ended_at is null;
create index invitations_of_member on invitations (member_id, id);
create unique index invitations_by_code on invitations (code_index);
create index invitations_by_link on invitations (link_id);
create index invitations_by_expiry on invitations (expires_at);
