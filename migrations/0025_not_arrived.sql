-- The messages that did not arrive are few, and the desk asks for them alone.
create index outbox_not_arrived on outbox (workspace_id, state, id) where state in ('undeliverable', 'failed', 'expired');
