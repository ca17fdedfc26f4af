-- Spreads the tables of an existing, migrated database over the nodes of a Citus cluster.
-- Run it once, on the coordinator, with no instance of Aftercare running, after
-- `aftercare migrate --buckets 64` (or more) made the schema there:
--
--     psql --set ON_ERROR_STOP=1 --single-transaction --file citus.sql DATABASE
--
-- docs/scaling.md says when this is worth it. A test compares this file with the schema.

CREATE EXTENSION IF NOT EXISTS citus;

-- References are taken away while tables move, and come back below.
ALTER TABLE case_events DROP CONSTRAINT case_events_case;

-- Everything that a conversation owns lives on the node of its bucket. All of these are
-- colocated: what is written together is on one node.
SELECT create_distributed_table('buckets', 'bucket', shard_count => 32);
SELECT create_distributed_table('seen', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('keyblocks', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('identities', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('names', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('invitations', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('sessions', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('answers', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('read_sessions', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('changes', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('folds', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cell_marks', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cells', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cell_questions', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cell_months', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cell_choices', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cell_choice_months', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('asked_cells', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('asked_months', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('case_days', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cases', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('case_events', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('words', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('pending_replies', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('drafts', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('deliveries', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('talks', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('queue', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('underway', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('parked', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('cases_opened', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('feedback', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('events', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('asks', 'bucket', colocate_with => 'buckets');
SELECT create_distributed_table('decisions', 'bucket', colocate_with => 'buckets');

-- Small tables that every bucket refers to are copied to every node.
SELECT create_reference_table('flow_heads');
SELECT create_reference_table('flows');
SELECT create_reference_table('rule_heads');
SELECT create_reference_table('rules');
SELECT create_reference_table('sites');
SELECT create_reference_table('customers');
SELECT create_reference_table('customer_names');
SELECT create_reference_table('customer_tiers');
SELECT create_reference_table('accounts');
SELECT create_reference_table('moves');
SELECT create_reference_table('leases');
SELECT create_reference_table('installations');
SELECT create_reference_table('hook_tries');
SELECT create_reference_table('inbound_calls');
SELECT create_reference_table('kept_results');
SELECT create_reference_table('improvements');
SELECT create_reference_table('alarms');
SELECT create_reference_table('install_links');
SELECT create_reference_table('install_states');
SELECT create_reference_table('moments');
SELECT create_reference_table('staff');
SELECT create_reference_table('saved_views');
SELECT create_reference_table('sheet_maps');
SELECT create_reference_table('standing_links');
SELECT create_reference_table('flow_drafts');
SELECT create_reference_table('flow_notes');
SELECT create_reference_table('flow_states');
SELECT create_reference_table('presences');
SELECT create_reference_table('tokens');
SELECT create_reference_table('kept_answers');
SELECT create_reference_table('staff_links');
SELECT create_reference_table('staff_codes');
SELECT create_reference_table('staff_chats');
SELECT create_reference_table('chat_codes');
SELECT create_reference_table('revision');
SELECT create_reference_table('processes');
SELECT create_reference_table('retention');
SELECT create_reference_table('forgotten');
SELECT create_reference_table('erasures');
SELECT create_reference_table('secret_key');
SELECT create_reference_table('logins');
SELECT create_reference_table('web_sessions');
SELECT create_reference_table('one_time_links');
SELECT create_reference_table('login_tries');
SELECT create_reference_table('audit');

ALTER TABLE case_events ADD CONSTRAINT case_events_case FOREIGN KEY (bucket, case_id) REFERENCES cases (bucket, id);
