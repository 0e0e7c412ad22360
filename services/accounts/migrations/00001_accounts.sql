-- +goose Up
CREATE TABLE tenant (
    id       TEXT   NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL,
    settings TEXT   NOT NULL, -- JSON, type Settings
    sso      TEXT   NOT NULL, -- JSON, type SSO; its secret is sealed
    active   BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    version  BIGINT NOT NULL
);

CREATE TABLE user_account (
    id              TEXT   NOT NULL PRIMARY KEY,
    tenant          TEXT   NOT NULL REFERENCES tenant (id),
    email           TEXT   NOT NULL,
    email_key       TEXT   NOT NULL, -- folded; '' never
    first_name      TEXT   NOT NULL,
    last_name       TEXT   NOT NULL,
    search_key      TEXT   NOT NULL, -- folded names and e-mail
    role            TEXT   NOT NULL,
    language        TEXT   NOT NULL,
    preferences     TEXT   NOT NULL, -- JSON, the web client's own
    avatar          TEXT   NOT NULL, -- version of the picture, '' for initials
    active          BIGINT NOT NULL,
    password        TEXT   NOT NULL, -- Argon2id in PHC form, '' for none
    totp_secret     TEXT   NOT NULL, -- sealed, '' for none
    totp_on         BIGINT NOT NULL,
    totp_step       BIGINT NOT NULL, -- the last one that was accepted
    sso_issuer      TEXT   NOT NULL,
    sso_subject     TEXT   NOT NULL, -- '' for none
    created         BIGINT NOT NULL,
    version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_account__email_key ON user_account (email_key);
CREATE UNIQUE INDEX user_account__tenant__sso_issuer__sso_subject ON user_account (tenant, sso_issuer, sso_subject) WHERE sso_subject <> '';
CREATE INDEX user_account__tenant ON user_account (tenant, search_key, id);

CREATE TABLE department (
    id       TEXT   NOT NULL PRIMARY KEY,
    tenant   TEXT   NOT NULL REFERENCES tenant (id),
    name     TEXT   NOT NULL,
    name_key TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    version  BIGINT NOT NULL
);
CREATE UNIQUE INDEX department__tenant__name_key ON department (tenant, name_key);

CREATE TABLE department_member (
    department TEXT NOT NULL REFERENCES department (id),
    user_id    TEXT NOT NULL REFERENCES user_account (id),
    PRIMARY KEY (department, user_id)
);
CREATE INDEX department_member__user_id ON department_member (user_id);

CREATE TABLE user_session (
    id            TEXT   NOT NULL PRIMARY KEY,
    secret_hash   TEXT   NOT NULL, -- SHA-256 of what the cookie holds
    user_id       TEXT   NOT NULL REFERENCES user_account (id),
    device        TEXT   NOT NULL, -- what it calls itself
    address       TEXT   NOT NULL, -- where it signed in from
    created       BIGINT NOT NULL,
    seen          BIGINT NOT NULL,
    authenticated BIGINT NOT NULL, -- when the user last proved who it is
    remembered    BIGINT NOT NULL
);
CREATE UNIQUE INDEX user_session__secret_hash ON user_session (secret_hash);
CREATE INDEX user_session__user_id ON user_session (user_id);

CREATE TABLE recovery_code (
    user_id   TEXT NOT NULL REFERENCES user_account (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE one_time_link (
    secret_hash TEXT   NOT NULL PRIMARY KEY,
    purpose     TEXT   NOT NULL, -- setup, password, email
    user_id     TEXT   NOT NULL, -- '' for setup
    detail      TEXT   NOT NULL, -- the new address, for email
    expires     BIGINT NOT NULL
);
CREATE INDEX one_time_link__user_id ON one_time_link (user_id);

CREATE TABLE api_key (
    id          TEXT   NOT NULL PRIMARY KEY,
    tenant      TEXT   NOT NULL REFERENCES tenant (id),
    name        TEXT   NOT NULL,
    secret_hash TEXT   NOT NULL,
    scopes      TEXT   NOT NULL, -- separated by spaces
    created_by  TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    expires     BIGINT NOT NULL, -- 0: never
    used        BIGINT NOT NULL
);
CREATE UNIQUE INDEX api_key__secret_hash ON api_key (secret_hash);
CREATE INDEX api_key__tenant ON api_key (tenant, id);

CREATE TABLE audit_entry (
    tenant  TEXT   NOT NULL,
    id      TEXT   NOT NULL, -- ULID
    at      BIGINT NOT NULL,
    actor   TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    address TEXT   NOT NULL,
    detail  TEXT   NOT NULL, -- JSON, never a secret
    PRIMARY KEY (tenant, id)
);

CREATE TABLE feature_flag (
    tenant  TEXT   NOT NULL REFERENCES tenant (id),
    name    TEXT   NOT NULL,
    user_id TEXT   NOT NULL, -- '' for the whole tenant
    enabled BIGINT NOT NULL,
    expires BIGINT NOT NULL, -- 0: never
    PRIMARY KEY (tenant, name, user_id)
);
