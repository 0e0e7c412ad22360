-- +goose Up
CREATE TABLE meeting_person ( -- a copy of what accounts tells of users
    id       TEXT   NOT NULL PRIMARY KEY,
    tenant   TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    name_key TEXT   NOT NULL, -- folded
    email    TEXT   NOT NULL,
    language TEXT   NOT NULL,
    avatar   TEXT   NOT NULL,
    active   BIGINT NOT NULL
);
CREATE INDEX meeting_person__tenant ON meeting_person (tenant, name_key, id);

CREATE TABLE meeting_tenant ( -- a copy of a tenant's settings
    tenant          TEXT   NOT NULL PRIMARY KEY,
    language        TEXT   NOT NULL,
    public          BIGINT NOT NULL,
    lobby           BIGINT NOT NULL,
    mute_on_entry   BIGINT NOT NULL,
    record          BIGINT NOT NULL
);

CREATE TABLE meeting (
    id            TEXT   NOT NULL PRIMARY KEY,
    tenant        TEXT   NOT NULL,
    number        TEXT   NOT NULL,
    kind          TEXT   NOT NULL, -- instant, scheduled, personal
    subject       TEXT   NOT NULL, -- '' for a personal room: it is called after its host
    subject_key   TEXT   NOT NULL, -- folded
    description   TEXT   NOT NULL,
    organiser     TEXT   NOT NULL, -- '' if the account was deleted
    public        BIGINT NOT NULL,
    lobby         BIGINT NOT NULL,
    mute_on_entry BIGINT NOT NULL,
    record        BIGINT NOT NULL,
    host_code     TEXT   NOT NULL, -- sealed
    guest_code    TEXT   NOT NULL, -- sealed
    start_local   TEXT   NOT NULL, -- wall clock, '' for instant and personal
    zone          TEXT   NOT NULL, -- IANA
    duration      BIGINT NOT NULL, -- minutes
    recurrence    TEXT   NOT NULL, -- RRULE with UNTIL in wall clock, '' for none
    exceptions    TEXT   NOT NULL, -- JSON, []Exception
    sequence      BIGINT NOT NULL, -- of iTIP
    cancelled     BIGINT NOT NULL,
    created       BIGINT NOT NULL,
    version       BIGINT NOT NULL
);
CREATE INDEX meeting__organiser__id ON meeting (organiser, id);
CREATE INDEX meeting__tenant ON meeting (tenant, id);
CREATE UNIQUE INDEX meeting__organiser ON meeting (organiser) WHERE kind = 'personal' AND cancelled = 0;

CREATE TABLE meeting_number (
    number  TEXT   NOT NULL PRIMARY KEY,
    meeting TEXT   NOT NULL,
    freed   BIGINT NOT NULL -- 0: in use; given to nobody else for 400 days after
);
CREATE INDEX meeting_number__meeting ON meeting_number (meeting);

CREATE TABLE meeting_member (
    meeting  TEXT   NOT NULL REFERENCES meeting (id),
    user_id  TEXT   NOT NULL,
    host     BIGINT NOT NULL, -- a co-organiser
    position BIGINT NOT NULL, -- order of the invitation
    PRIMARY KEY (meeting, user_id)
);
CREATE INDEX meeting_member__user_id ON meeting_member (user_id, meeting);

CREATE TABLE meeting_guest (
    id        TEXT   NOT NULL PRIMARY KEY,
    meeting   TEXT   NOT NULL REFERENCES meeting (id),
    name      TEXT   NOT NULL,
    name_key  TEXT   NOT NULL, -- folded name and e-mail
    email     TEXT   NOT NULL,
    email_key TEXT   NOT NULL, -- folded
    language  TEXT   NOT NULL,
    link      BIGINT NOT NULL -- version of the personal link; others do not open
);
CREATE UNIQUE INDEX meeting_guest__meeting__email_key ON meeting_guest (meeting, email_key);

-- Instants of occurrences: a cache for lists, computed anew from the local times whenever they change and at start.
CREATE TABLE meeting_occurrence (
    meeting  TEXT   NOT NULL REFERENCES meeting (id),
    original TEXT   NOT NULL, -- RECURRENCE-ID, wall clock
    starts   BIGINT NOT NULL,
    ends     BIGINT NOT NULL,
    PRIMARY KEY (meeting, original)
);
CREATE INDEX meeting_occurrence__starts ON meeting_occurrence (starts);

CREATE TABLE meeting_instance ( -- one run of the room
    id      TEXT   NOT NULL PRIMARY KEY,
    meeting TEXT   NOT NULL REFERENCES meeting (id),
    tenant  TEXT   NOT NULL,
    started BIGINT NOT NULL,
    seen    BIGINT NOT NULL, -- when it was surely running
    ended   BIGINT NOT NULL  -- 0: it is running
);
CREATE INDEX meeting_instance__meeting ON meeting_instance (meeting, id);
CREATE INDEX meeting_instance__open ON meeting_instance (id) WHERE ended = 0;

CREATE TABLE meeting_attendance ( -- one stay of one participant
    id       TEXT   NOT NULL PRIMARY KEY,
    instance TEXT   NOT NULL REFERENCES meeting_instance (id),
    identity TEXT   NOT NULL,
    user_id  TEXT   NOT NULL, -- '' for guests
    name     TEXT   NOT NULL,
    kind     TEXT   NOT NULL, -- browser, phone …
    role     TEXT   NOT NULL,
    joined   BIGINT NOT NULL,
    departed BIGINT NOT NULL  -- 0: is there
);
CREATE INDEX meeting_attendance__instance ON meeting_attendance (instance, joined);
CREATE INDEX meeting_attendance__user_id ON meeting_attendance (user_id, joined);

CREATE TABLE meeting_feed (
    user_id     TEXT   NOT NULL PRIMARY KEY,
    tenant      TEXT   NOT NULL,
    secret_hash TEXT   NOT NULL, -- SHA-256
    created     BIGINT NOT NULL
);
CREATE UNIQUE INDEX meeting_feed__secret_hash ON meeting_feed (secret_hash);
