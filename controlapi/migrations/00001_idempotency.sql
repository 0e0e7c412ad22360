-- +goose Up
CREATE TABLE idempotency (
    principal   TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL, -- SHA-256 of the request
    answer      TEXT   NOT NULL, -- JSON
    created     BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency__created ON idempotency (created);
