-- A device as one member knows it: what they call it, with which browser it signed in last, and since when somebody has it signed out from elsewhere,
-- after which its next sign-in is told as that of a new one.
alter table device_members add column name text;
alter table device_members add column agent text;
alter table device_members add column left_at bigint;
