-- What the administrators' desk looks members up by: the words of their ID, name, reading and department, made alike.
create table member_words (
    workspace_id text not null,
    word         text not null,
    member_id    text not null references members (id),
    primary key (workspace_id, word, member_id)
);
create index member_words_of_member on member_words (member_id, word);

-- Whose words are not yet those of the row. A job makes them, so that neither an import nor this migration has to.
alter table members add column words_due boolean not null default true;
create index members_with_words_due on members (id) where words_due;

-- The day (since 1970, UTC) of the last sign-in; 0 for none. By day, so that the index changes once a day for each member.
alter table members add column signed_in_day bigint not null default 0;
create index members_by_last_sign_in on members (workspace_id, signed_in_day, login) where state = 'active';

-- Deleted members can be brought back for a while as what they were; then all that is personal goes.
alter table members add column deleted_at bigint;
alter table members add column deleted_from text;
create index members_to_erase on members (deleted_at) where deleted_from is not null;

-- Lists of few among many.
create index members_by_state on members (workspace_id, state, login);
create index members_deleted on members (workspace_id, login) where deleted_from is not null;
create index members_held on members (workspace_id, login) where held_at is not null;

-- Whose number or address this is, counted or not.
create index contacts_in_workspace on contacts (workspace_id, address_index) where state <> 'removed';
