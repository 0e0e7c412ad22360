-- +goose Up
CREATE TABLE webhook_endpoint (
    id            TEXT   NOT NULL PRIMARY KEY,
    tenant        TEXT   NOT NULL,
    url           TEXT   NOT NULL,
    events        TEXT   NOT NULL, -- filters, separated by spaces
    description   TEXT   NOT NULL,
    active        BIGINT NOT NULL,
    off_reason    TEXT   NOT NULL, -- '' if somebody switched it off, or it is on
    secret        TEXT   NOT NULL, -- sealed
    old_secret    TEXT   NOT NULL, -- sealed, '' for none
    old_until     BIGINT NOT NULL, -- when the old one ends, 0 for none
    created       BIGINT NOT NULL,
    version       BIGINT NOT NULL, -- what people have entered
    touched       BIGINT NOT NULL, -- goes up when its deliveries were changed by somebody
    position      BIGINT NOT NULL, -- events up to this seq are delivered, not wanted, or rows of webhook_delivery
    last_success  BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    last_error_at BIGINT NOT NULL,
    lagging       TEXT   NOT NULL, -- '', backlog, forgotten
    missed        BIGINT NOT NULL  -- events that it was never told of
);
CREATE INDEX webhook_endpoint__tenant ON webhook_endpoint (tenant, id);

-- Events that are not delivered, though the endpoint's position is past them. What they say is in the log.
CREATE TABLE webhook_delivery (
    endpoint TEXT   NOT NULL REFERENCES webhook_endpoint (id),
    seq      BIGINT NOT NULL,
    event    TEXT   NOT NULL, -- its id
    type     TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    at       BIGINT NOT NULL, -- when it happened
    dead     BIGINT NOT NULL, -- 1: given up
    since    BIGINT NOT NULL, -- when it began to wait
    failed   BIGINT NOT NULL, -- when it first failed, 0 if it has not
    tries    BIGINT NOT NULL,
    due      BIGINT NOT NULL, -- when it is tried again
    error    TEXT   NOT NULL, -- of the last try
    PRIMARY KEY (endpoint, seq)
);
CREATE INDEX webhook_delivery__dead ON webhook_delivery (endpoint, dead, seq);
