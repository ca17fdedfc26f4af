-- +goose Up

-- What nothing that is asked often may walk through, however much is stored: what is being sent
-- stands apart from what waits, and sessions stand in the order in which they began.
-- Older programs may write on: the indexes follow from what they write, and what they ask is
-- found by others, more slowly.
DROP INDEX deliveries_unsettled;
CREATE INDEX deliveries_due ON deliveries (bucket, platform, account, rank, ord) WHERE epoch >= 0 AND state = 'due';
CREATE INDEX deliveries_sending ON deliveries (bucket, platform, account, epoch) WHERE state = 'sending';
CREATE INDEX sessions_started ON sessions (bucket, started_at, id) WHERE version >= 0;
