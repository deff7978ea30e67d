-- Toward which country an attempt's codes go, whoever has the number: a network that causes codes toward many is closed for a day.
alter table recoveries add column toward text;
