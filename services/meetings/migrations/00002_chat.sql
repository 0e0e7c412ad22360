-- +goose Up
CREATE TABLE meeting_message ( -- what was said to everybody in the room
    id          TEXT   NOT NULL PRIMARY KEY, -- ULID: in the order in which they were said
    instance    TEXT   NOT NULL REFERENCES meeting_instance (id),
    participant TEXT   NOT NULL, -- of the room
    identity    TEXT   NOT NULL,
    user_id     TEXT   NOT NULL, -- '' for guests
    name        TEXT   NOT NULL,
    text        TEXT   NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX meeting_message__instance ON meeting_message (instance, id);
CREATE INDEX meeting_message__user_id ON meeting_message (user_id, id);
