-- +goose Up
CREATE TABLE event (
    tenant   TEXT   NOT NULL,
    seq      BIGINT NOT NULL,
    id       TEXT   NOT NULL,
    type     TEXT   NOT NULL,
    at       BIGINT NOT NULL, -- microseconds UTC
    subject  TEXT   NOT NULL,
    actor    TEXT   NOT NULL,
    audience TEXT   NOT NULL, -- JSON
    late     BIGINT NOT NULL,
    body     TEXT   NOT NULL, -- JSON
    PRIMARY KEY (tenant, seq)
);

CREATE TABLE event_head (
    tenant    TEXT   NOT NULL PRIMARY KEY,
    seq       BIGINT NOT NULL, -- of the newest event
    forgotten BIGINT NOT NULL  -- of the newest one that was removed by age
);

CREATE TABLE event_position (
    follower TEXT   NOT NULL,
    tenant   TEXT   NOT NULL,
    seq      BIGINT NOT NULL, -- of the last event that it consumed
    PRIMARY KEY (follower, tenant)
);
