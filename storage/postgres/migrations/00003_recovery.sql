-- +goose Up

-- What a program needs of an event, beside the words of people.
ALTER TABLE case_events ADD COLUMN detail text NOT NULL DEFAULT '';
