-- What daily statements look for, so that none reads a whole table.

-- Attempts that proved something: by the member who was chosen, and by the address.
create index recoveries_chosen on recoveries (member_id) where state = 'proved';
create index recoveries_proved_by_address on recoveries (address_index) where state = 'proved';

-- Ended ones, too: SQLite asks for a member's sessions whenever members are added from a selection, as it keeps the foreign key.
drop index sessions_of_member;
create index sessions_of_member on sessions (member_id, id);

-- By their end, which is what forgetting asks for.
drop index limits_by_age;
create index limits_by_end on limits ((started_at + span)) where span > 0;
create index limits_in_a_row on limits (started_at) where span = 0;
