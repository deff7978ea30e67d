-- The front door: workspaces, members and their secrets, recovery, sessions, devices, logs, messages.
-- One text for SQLite and PostgreSQL. Columns are text, bigint (Unix microseconds, counts) and boolean.
-- On PostgreSQL the runner gives every text column the collation "C", so that both engines order alike.

create table workspaces (
    id              text not null primary key,
    name            text not null,
    slug            text not null unique,
    locale          text not null,
    policy          text not null,          -- JSON, model::Policy
    contact_text_ja text,                   -- whom to ask, in the workspace's own words
    contact_text_en text,
    data_key        text not null,          -- wrapped by the master key; its destruction is the workspace's erasure
    suspended_at    bigint,
    created_at      bigint not null
);

-- Every slug a workspace ever had: an old one still leads to it and stays reserved.
create table workspace_slugs (
    slug         text not null primary key,
    workspace_id text not null references workspaces (id),
    created_at   bigint not null
);

create table members (
    id               text not null primary key,
    workspace_id     text not null references workspaces (id),
    login            text not null,         -- canonical, unique in the workspace
    name             text not null,
    kana             text not null,
    department       text not null,
    role             text not null,
    state            text not null,
    locale           text not null,
    held_at          bigint,                -- since when "that was not me" holds the account
    checkup_since    bigint,                -- a recovery happened; the next sign-in opens the check-up
    recovery_proved  bigint,                -- a code was typed rightly; shown to who is signed in meanwhile
    recovered_at     bigint,                -- the last recovery, for the 24 hours after it
    recovered_by     text,                  -- the kind of contact that carried its code
    contacts_later   bigint,                -- until when the reminder about contacts was put off
    epoch            bigint not null,       -- a session lives only in the epoch it was opened in
    created_at       bigint not null,
    updated_at       bigint not null,
    unique (workspace_id, login)
);
create index members_in_order on members (workspace_id, id);

-- A login name that was given up, and until when nobody else may have it.
create table freed_logins (
    workspace_id text not null,
    login        text not null,
    free_from    bigint not null,
    primary key (workspace_id, login)
);

create table passwords (
    member_id    text not null primary key references members (id),
    workspace_id text not null,
    hash         text not null,
    set_at       bigint not null
);

create table password_history (
    member_id    text not null references members (id),
    workspace_id text not null,
    set_at       bigint not null,
    hash         text not null,
    primary key (member_id, set_at)
);

create table contacts (
    id              text not null primary key,
    workspace_id    text not null,
    member_id       text not null references members (id),
    kind            text not null,          -- sms, email
    address         text not null,          -- sealed
    address_index   text not null,          -- keyed hash, the same for every workspace of this server
    state           text not null,          -- unverified, verified, frozen, removed
    recovers_from   bigint,                 -- from when it may carry a recovery
    verified_at     bigint,
    confirmed_at    bigint,                 -- last time the member proved to have it
    removed_at      bigint,
    created_at      bigint not null
);
create index contacts_of_member on contacts (member_id, id);
create unique index contacts_once on contacts (member_id, kind, address_index) where state <> 'removed';
create index contacts_by_address on contacts (kind, address_index) where state = 'verified';

-- One attempt to get back in. A destination that nobody has leads to a row like any other.
create table recoveries (
    id             text not null primary key,
    workspace_id   text,                    -- set when begun on a workspace's own page
    reference      text not null,           -- what the person reads to the help desk
    handle_prefix  text not null unique,    -- of the opaque handle that this browser or client holds
    handle_hash    text not null,
    kind           text not null,
    address_index  text not null,
    only_member_id text,                    -- the ID that was typed beside the address
    decoy          boolean not null,        -- an ID was typed that does not go with the address
    contact_id     text,                    -- where its codes go; none where nobody has the address
    mark           text not null,
    state          text not null,           -- sent, proved, finished
    member_id      text,                    -- chosen after the proof
    network        text not null,
    device_id      text,
    sends          bigint not null,
    sent_at        bigint not null,
    proved_at      bigint,
    finished_at    bigint,
    expires_at     bigint not null,
    created_at     bigint not null
);
create index recoveries_by_reference on recoveries (reference);
create index recoveries_by_expiry on recoveries (expires_at);

-- Every code that is sent, whatever for. The subject is a recovery or a contact; only its newest code lives.
create table codes (
    id           text not null primary key,
    workspace_id text,
    subject      text not null unique,
    hash         text not null,
    tries        bigint not null,
    spent_at     bigint,
    expires_at   bigint not null,
    created_at   bigint not null
);
create index codes_by_expiry on codes (expires_at);

-- Counters with a cap. span is the length of the window in microseconds, 0 for one that never ends by itself.
create table limits (
    key        text not null,
    span       bigint not null,
    started_at bigint not null,
    spent      bigint not null,
    primary key (key, span)
);
create index limits_by_age on limits (span, started_at);

-- What a person sees of failed sign-ins: by typed ID and network, in fixed buckets.
create table throttles (
    key          text not null primary key,
    failures     bigint not null,
    open_from    bigint not null,
    touched_at   bigint not null
);
create index throttles_by_age on throttles (touched_at);

create table devices (
    id           text not null primary key,
    token_prefix text not null unique,
    token_hash   text not null,
    agent        text not null,
    created_at   bigint not null,
    seen_at      bigint not null
);

-- A device is known to a member once that member signed in on it.
create table device_members (
    device_id     text not null references devices (id),
    member_id     text not null references members (id),
    workspace_id  text not null,
    trusted       boolean not null,
    network       text not null,
    first_at      bigint not null,
    last_at       bigint not null,
    primary key (member_id, device_id)
);
create index device_members_of_device on device_members (device_id);

-- Networks where a member signed in before.
create table member_networks (
    member_id    text not null references members (id),
    workspace_id text not null,
    network      text not null,
    last_at      bigint not null,
    primary key (member_id, network)
);

create table sessions (
    id               text not null primary key,
    workspace_id     text not null,
    member_id        text not null references members (id),
    device_id        text,
    epoch            bigint not null,       -- the member's when the password was verified
    way              text not null,         -- cookie, bearer
    token_prefix     text not null unique,
    token_hash       text not null,
    network          text not null,
    agent            text not null,
    proved_at        bigint not null,       -- last time the password was given
    seen_at          bigint not null,
    ends_at          bigint not null,       -- the absolute end
    ended_at         bigint,
    ended_by         text,
    created_at       bigint not null
);
create index sessions_of_member on sessions (member_id, id) where ended_at is null;
create index sessions_by_end on sessions (ends_at);

-- Single-use links with which a member sets a first password.
create table links (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    token_prefix text not null unique,
    token_hash   text not null,
    used_at      bigint,
    expires_at   bigint not null,
    created_at   bigint not null
);
create index links_of_member on links (member_id);

-- A notice's right to say "that was not me": by the link of an e-mail or the word of an SMS.
create table alarms (
    id           text not null primary key,
    workspace_id text not null,
    member_id    text not null references members (id),
    contact_id   text,                      -- where the notice went
    event        text not null,
    subject      text not null,             -- what it speaks of: the member, or a contact
    token_prefix text,
    token_hash   text,
    word_hash    text,
    used_at      bigint,
    expires_at   bigint not null,
    created_at   bigint not null
);
create unique index alarms_by_token on alarms (token_prefix) where token_prefix is not null;
create unique index alarms_by_word on alarms (word_hash) where word_hash is not null;
create index alarms_of_member on alarms (member_id, created_at);
create index alarms_by_expiry on alarms (expires_at);

create table sign_ins (
    id           text not null primary key,
    workspace_id text,
    member_id    text,
    result       text not null,             -- what the person was told apart from success: nothing
    way          text not null,             -- page, api
    address      text not null,
    network      text not null,
    agent        text not null,
    device_id    text,
    at           bigint not null
);
create index sign_ins_of_workspace on sign_ins (workspace_id, id);
create index sign_ins_of_member on sign_ins (member_id, id);

create table audit (
    id           text not null primary key,
    workspace_id text,
    actor        text not null,             -- a member's id, or who else: operator, stranger, server
    action       text not null,
    member_id    text,                      -- whom it concerns
    subject      text,
    reference    text,
    network      text,
    at           bigint not null
);
create index audit_of_workspace on audit (workspace_id, id);
create index audit_of_member on audit (member_id, id);

create table outbox (
    id            text not null primary key,
    workspace_id  text,
    kind          text not null,
    purpose       text not null,
    reference     text,
    decoy         boolean not null,         -- written so that strangers learn nothing; dropped unsent
    destination   text,                     -- sealed; erased at hand-off
    body          text,                     -- sealed; erased at hand-off
    state         text not null,            -- waiting, handed, failed, expired, dropped
    tries         bigint not null,
    next_try_at   bigint not null,
    claim         text,
    carrier       text,
    provider_id   text,
    cause         text,
    expires_at    bigint not null,
    created_at    bigint not null,
    done_at       bigint
);
create index outbox_waiting on outbox (next_try_at, id) where state = 'waiting';
create index outbox_by_reference on outbox (reference);
create index outbox_by_age on outbox (done_at) where done_at is not null;
