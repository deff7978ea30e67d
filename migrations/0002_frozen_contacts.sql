-- A frozen contact can be decided by its owner: what was objected to, since when, and in whose session a contact was
-- proved last. Rows that were frozen before have no times here; those only an administrator releases.

alter table contacts add column frozen_at bigint;       -- since when an objection freezes it
alter table contacts add column changed_at bigint;      -- when that happened which was objected to
alter table contacts add column confirmed_in text;      -- the session in which its code was typed last
