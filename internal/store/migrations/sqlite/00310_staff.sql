-- +goose Up
-- People who work for merchants. The address is found by a keyed hash; it and
-- the hash of the password are sealed with the master key.
CREATE TABLE users (
    id           TEXT PRIMARY KEY,
    merchant_id  TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    role         TEXT NOT NULL,
    email_index  TEXT NOT NULL UNIQUE,
    sealed       BLOB NOT NULL,
    failures     INTEGER NOT NULL,
    paused_until TIMESTAMP,
    created_at   TIMESTAMP NOT NULL
);
CREATE INDEX users_merchant ON users (merchant_id, created_at);

-- Who is signed in, and links to set a password, by the hash of their secrets.
CREATE TABLE visits (
    hash       TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind       TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    seen_at    TIMESTAMP NOT NULL,
    ends_at    TIMESTAMP NOT NULL
);
CREATE INDEX visits_user ON visits (user_id);
CREATE INDEX visits_end ON visits (ends_at);

-- +goose Down
DROP TABLE visits;
DROP TABLE users;
