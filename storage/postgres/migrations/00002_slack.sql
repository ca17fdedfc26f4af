-- +goose Up

-- Workspaces in which the app is installed. sealed is the workspace's token, encrypted
-- before it comes here.
CREATE TABLE installations (
    platform  text NOT NULL,
    account   text NOT NULL,
    name      text NOT NULL,
    sealed    text NOT NULL,
    scopes    text NOT NULL,
    installer text NOT NULL,
    installed timestamptz NOT NULL,
    PRIMARY KEY (platform, account)
);

-- A person's surveys, newest first.
CREATE INDEX sessions_identity ON sessions (bucket, identity, started_at) WHERE identity > '';
