-- +goose Up
CREATE TABLE mail_outbox (
    id      TEXT   NOT NULL PRIMARY KEY,
    message TEXT   NOT NULL, -- JSON, type Message
    created BIGINT NOT NULL,
    due     BIGINT NOT NULL, -- when it is tried next
    tries   BIGINT NOT NULL
);
CREATE INDEX mail_outbox__due ON mail_outbox (due);
