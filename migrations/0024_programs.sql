-- Long work that a program began: the access token by which it did. Without that token nothing more of it is done.
alter table jobs add column token_id text;

-- Requests that are over are gone through by pages, also where two were closed at one moment.
drop index locked_out_done;
create index locked_out_done on locked_out (workspace_id, closed_at, id) where closed_at is not null;
