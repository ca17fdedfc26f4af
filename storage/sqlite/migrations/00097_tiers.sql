-- +goose Up

-- Which class by value a customer has had, and since when. The newest is the one of the customer's row.
-- Older programs may write on: a class that they give a new customer is read from the customer's row until it changes.
CREATE TABLE customer_tiers (
    customer text      NOT NULL,
    at       timestamp NOT NULL,
    tier     text      NOT NULL,
    told     text      NOT NULL,
    PRIMARY KEY (customer, at)
) WITHOUT ROWID;

INSERT INTO customer_tiers (customer, at, tier, told) SELECT id, created, tier, '' FROM customers WHERE tier > '';
