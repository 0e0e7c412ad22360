-- +goose Up
CREATE TABLE calendar (
    id      TEXT   NOT NULL PRIMARY KEY,
    tenant  TEXT   NOT NULL,
    user_id TEXT   NOT NULL, -- whose it is
    kind    TEXT   NOT NULL, -- ics, caldav, graph
    name    TEXT   NOT NULL,
    host    TEXT   NOT NULL, -- shown; the address may be a secret
    account TEXT   NOT NULL, -- the user name there, '' for none
    sealed  TEXT   NOT NULL, -- JSON, type credentials
    created BIGINT NOT NULL
);
CREATE INDEX calendar__user_id ON calendar (tenant, user_id, id);
