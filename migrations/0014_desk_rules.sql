-- What administrators decide at the desk beside the policy: the text after a failed sign-in, and the networks that people may sign in from.

alter table workspaces add column failure_text_ja text;
alter table workspaces add column failure_text_en text;
alter table workspaces add column networks text;      -- JSON, model::Networks; none: from everywhere
