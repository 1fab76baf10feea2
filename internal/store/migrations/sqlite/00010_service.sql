-- +goose Up
-- Sessions: whether they are for trying out, the revision of the settings that
-- they began with, a keyed hash of relay_state to find them by, and when their
-- personal data was erased.
ALTER TABLE sessions ADD COLUMN test BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE sessions SET test = TRUE WHERE merchant_id = 'development';
ALTER TABLE sessions ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN relay_index TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN erased_at TIMESTAMP;
CREATE INDEX sessions_relay ON sessions (merchant_id, relay_index);
CREATE INDEX sessions_finished ON sessions (merchant_id, finished_at);
CREATE INDEX deliveries_merchant ON deliveries (merchant_id, created_at);

-- Who did it: the id of a key, a name of the command line; no personal data.
ALTER TABLE events ADD COLUMN who TEXT NOT NULL DEFAULT '';

-- A merchant has many keys; merchants.key_hash is no longer read.
CREATE TABLE keys (
    id          TEXT PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    test        BOOLEAN NOT NULL,
    hash        TEXT NOT NULL UNIQUE,
    hint        TEXT NOT NULL,
    label       TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    ends_at     TIMESTAMP
);
CREATE INDEX keys_merchant ON keys (merchant_id, created_at);
INSERT INTO keys (id, merchant_id, kind, test, hash, hint, label, created_at)
    SELECT id, id, 'secret', id = 'development', key_hash, '', '', created_at FROM merchants;

-- Settings as they were; merchants.settings is the newest of them.
ALTER TABLE merchants ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
CREATE TABLE revisions (
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    revision    BIGINT NOT NULL,
    settings    TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (merchant_id, revision)
);
INSERT INTO revisions (merchant_id, revision, settings, created_at) SELECT id, 1, settings, created_at FROM merchants;

-- Who changed what of a merchant; no personal data and no secrets.
CREATE TABLE audit (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    at          TIMESTAMP NOT NULL,
    who         TEXT NOT NULL,
    action      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    detail      TEXT NOT NULL
);
CREATE INDEX audit_merchant ON audit (merchant_id, id);

-- Receivers of webhooks that fail, by their origin; paused when they are dead.
CREATE TABLE endpoints (
    merchant_id   TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    origin        TEXT NOT NULL,
    failures      INTEGER NOT NULL,
    failing_since TIMESTAMP,
    paused_at     TIMESTAMP,
    PRIMARY KEY (merchant_id, origin)
);

-- +goose Down
DROP TABLE endpoints;
DROP TABLE audit;
DROP TABLE revisions;
ALTER TABLE merchants DROP COLUMN revision;
DROP TABLE keys;
ALTER TABLE events DROP COLUMN who;
DROP INDEX deliveries_merchant;
DROP INDEX sessions_finished;
DROP INDEX sessions_relay;
ALTER TABLE sessions DROP COLUMN erased_at;
ALTER TABLE sessions DROP COLUMN relay_index;
ALTER TABLE sessions DROP COLUMN revision;
ALTER TABLE sessions DROP COLUMN test;
