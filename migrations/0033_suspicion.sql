-- Who put an account on hold: the contact whose notice alone did. None: a hold that only an administrator releases.
alter table members add column held_by text;
alter table members add column held_over bigint;       -- when that happened which it objected to, at the earliest
-- An attempt to get back in that ends a hold: the notice that raised it.
alter table recoveries add column releases text;
-- When a recovery was last carried through by a code that went there.
alter table contacts add column recovered_at bigint;
update contacts set recovered_at = (select m.recovered_at from members m where m.id = contacts.member_id)
    where exists (select 1 from members m where m.id = contacts.member_id and m.recovered_by = contacts.kind);
