-- +goose Up
CREATE TABLE terms ( -- of use; every text that a tenant has had, so that it can be known what was accepted
    tenant  TEXT   NOT NULL REFERENCES tenant (id),
    version BIGINT NOT NULL, -- 1 is not stored: there are none
    text    TEXT   NOT NULL, -- '': there are none any more
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, version)
);

CREATE TABLE terms_acceptance (
    user_id TEXT   NOT NULL REFERENCES user_account (id),
    version BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (user_id, version)
);
