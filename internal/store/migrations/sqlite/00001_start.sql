-- +goose Up
-- Times are UTC. Columns named sealed, and every *_sealed, are encrypted with
-- the session's data key (or the master key, for merchants) and bound to their row.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE merchants (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    key_hash        TEXT NOT NULL UNIQUE,
    settings        TEXT NOT NULL,
    secrets_sealed  BLOB NOT NULL,
    created_at      TIMESTAMP NOT NULL
);

CREATE TABLE sessions (
    id             TEXT PRIMARY KEY,
    merchant_id    TEXT NOT NULL REFERENCES merchants (id),
    version        BIGINT NOT NULL,
    status         TEXT NOT NULL,
    locale         TEXT NOT NULL,
    analysis_types TEXT NOT NULL,
    document_type  TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    expires_at     TIMESTAMP NOT NULL,
    finished_at    TIMESTAMP,
    data_key       BLOB NOT NULL,
    sealed         BLOB NOT NULL
);
CREATE INDEX sessions_merchant ON sessions (merchant_id, created_at);
CREATE INDEX sessions_expiry ON sessions (status, expires_at);

CREATE TABLE tokens (
    hash       TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX tokens_session ON tokens (session_id);

CREATE TABLE idempotency (
    key_hash      TEXT PRIMARY KEY,
    request_hash  TEXT NOT NULL,
    session_id    TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    answer_sealed BLOB NOT NULL,
    created_at    TIMESTAMP NOT NULL
);

CREATE TABLE documents (
    id          TEXT PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq         INTEGER NOT NULL,
    in_force    BOOLEAN NOT NULL,
    type        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    size        BIGINT NOT NULL,
    sha256      TEXT NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    sealed      BLOB NOT NULL
);
CREATE INDEX documents_session ON documents (session_id, seq);

CREATE TABLE analyses (
    id             TEXT PRIMARY KEY,
    session_id     TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    seq            INTEGER NOT NULL,
    status         TEXT NOT NULL,
    analysis_types TEXT NOT NULL,
    requested_by   TEXT NOT NULL,
    document_ids   TEXT NOT NULL,
    requested_at   TIMESTAMP NOT NULL,
    started_at     TIMESTAMP,
    finished_at    TIMESTAMP,
    decision       TEXT
);
CREATE INDEX analyses_session ON analyses (session_id, seq);

-- A result is written once and never changed.
CREATE TABLE results (
    analysis_id TEXT PRIMARY KEY REFERENCES analyses (id) ON DELETE CASCADE,
    sealed      BLOB NOT NULL,
    created_at  TIMESTAMP NOT NULL
);

-- The audit trail: what happened, who did it, when; no personal data.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    subject    TEXT NOT NULL,
    at         TIMESTAMP NOT NULL
);
CREATE INDEX events_session ON events (session_id, id);

CREATE TABLE deliveries (
    id           TEXT PRIMARY KEY,
    session_id   TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    merchant_id  TEXT NOT NULL,
    event        TEXT NOT NULL,
    state        TEXT NOT NULL,
    generation   INTEGER NOT NULL,
    tries        INTEGER NOT NULL,
    sealed       BLOB NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    finished_at  TIMESTAMP
);
CREATE INDEX deliveries_session ON deliveries (session_id, created_at);

CREATE TABLE delivery_attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    at          TIMESTAMP NOT NULL,
    status      INTEGER NOT NULL,
    reason      TEXT NOT NULL,
    millis      BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

-- +goose Down
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE events;
DROP TABLE results;
DROP TABLE analyses;
DROP TABLE documents;
DROP TABLE idempotency;
DROP TABLE tokens;
DROP TABLE sessions;
DROP TABLE merchants;
DROP TABLE installation;
