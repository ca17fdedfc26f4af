-- +goose Up

-- When an event is to be looked at by the triggers; NULL = it was, or need not be.
ALTER TABLE events ADD COLUMN plan timestamptz;
CREATE INDEX events_plan ON events (bucket, plan) WHERE plan IS NOT NULL;

-- Whether somebody is asked, an offer each, in the customer's bucket. due is when it is looked at
-- next; sent is when it was sent, or given to somebody to hand out.
-- Older programs may write on: they tell of events that nobody is asked about.
CREATE TABLE asks (
    bucket      smallint NOT NULL,
    id          text NOT NULL,
    customer    text NOT NULL,
    event       text NOT NULL,
    cause       text NOT NULL,
    flow        text NOT NULL,
    class       text NOT NULL,
    site        text NOT NULL,
    state       text NOT NULL,
    reason      text NOT NULL,
    invitation  text NOT NULL,
    test        boolean NOT NULL,
    made        timestamptz NOT NULL,
    due         timestamptz,
    sent        timestamptz,
    body        text NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX asks_due ON asks (bucket, due) WHERE due IS NOT NULL;
CREATE INDEX asks_customer ON asks (bucket, customer, made) WHERE customer > '';
CREATE INDEX asks_sent ON asks (bucket, customer, sent) WHERE sent IS NOT NULL;
CREATE INDEX asks_event ON asks (bucket, event) WHERE event > '';
CREATE INDEX asks_made ON asks (bucket, made);

-- What was decided about each, and why. A row is never changed.
CREATE TABLE decisions (
    bucket   smallint NOT NULL,
    ask      text NOT NULL,
    seq      bigint NOT NULL,
    at       timestamptz NOT NULL,
    state    text NOT NULL,
    reason   text NOT NULL,
    rule     text NOT NULL,
    policy   integer NOT NULL,
    evidence text NOT NULL,
    PRIMARY KEY (bucket, ask, seq)
);
