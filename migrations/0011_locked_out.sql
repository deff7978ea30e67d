-- Those who cannot get in and ask their administrators. One who named a workspace that is not there gets a row like any other, which nobody sees.
create table locked_out (
    id             text not null primary key,
    workspace_id   text,                    -- none where nobody has that workspace
    reference      text not null,           -- what the person reads to the help desk
    token_prefix   text not null unique,    -- of the link to the page that says how far it has come
    token_hash     text not null,
    cause          text not null,
    written        text not null,           -- sealed: name, ID, how to reach them, what happened
    locale         text not null,           -- in which language they asked
    network        text not null,
    state          text not null,           -- waiting, taken, answered, closed
    taken_by       text,                    -- the helper who works on it
    taken_at       bigint,
    answer         text,                    -- sealed
    answered_at    bigint,
    told_at        bigint,                  -- administrators were told
    escalated_at   bigint,                  -- owners were told that it waited long
    closed_at      bigint,
    created_at     bigint not null
);
create index locked_out_open on locked_out (workspace_id, created_at, id) where state in ('waiting', 'taken');
create index locked_out_done on locked_out (workspace_id, closed_at) where closed_at is not null;
create index locked_out_untold on locked_out (created_at) where told_at is null and workspace_id is not null;
create index locked_out_unescalated on locked_out (created_at) where escalated_at is null and state in ('waiting', 'taken') and workspace_id is not null;
create index locked_out_by_age on locked_out (created_at);

-- A helper speaks with somebody who says to be a member. Nothing is shown until that is proved. One for an ID that nobody has is a row like any other.
create table calls (
    id              text not null primary key,
    workspace_id    text not null,
    opener          text not null,          -- the helper; nobody else uses the call
    request_id      text,                   -- of somebody locked out
    member_id       text,                   -- none where nobody has the ID, or nobody whom the helper may help
    typed           text not null,          -- sealed: the ID that the caller named
    state           text not null,          -- open, proved, ended
    sends           bigint not null,
    sent_at         bigint,
    sent_by         text,                   -- sms, email
    number          bigint,                 -- two digits on the member's own signed-in page
    prompted_at     bigint,
    confirmed_at    bigint,                 -- the member pressed "yes" there
    number_tries    bigint not null,
    second_asked_at bigint,
    second_by       text,                   -- who agreed
    proved_by       text,                   -- code, device, second
    proved_at       bigint,
    ended_at        bigint,
    expires_at      bigint not null,        -- of the time to prove it
    created_at      bigint not null
);
create index calls_of_opener on calls (opener, created_at);
create index calls_of_member on calls (member_id, created_at) where member_id is not null;
create index calls_of_request on calls (request_id) where request_id is not null;
create index calls_to_agree on calls (workspace_id, second_asked_at) where state = 'open' and second_asked_at is not null;
create index calls_by_age on calls (created_at);

-- What lets a helper do a sensitive thing for a member, once.
create table warrants (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null,
    holder       text not null,             -- who may use it
    ground       text not null,             -- call, second, in_person
    call_id      text,
    words        text,                      -- sealed: who was identified in person, and how
    good_from    bigint not null,
    expires_at   bigint not null,
    used_at      bigint,
    used_for     text,
    created_at   bigint not null
);
create index warrants_of_holder on warrants (holder, member_id, created_at);
create index warrants_by_end on warrants (expires_at);
