-- What is known of the end of a contact's messages, newest first: whether it bounces is judged by its last two.
create index outbox_known on outbox (contact_id, id) where state in ('delivered', 'undeliverable', 'failed') or entered_at is not null;
