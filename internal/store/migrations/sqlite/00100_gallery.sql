-- +goose Up
-- Faces by which people are known again; see package gallery. The key of a
-- gallery is sealed with the master key, templates and notes with the gallery's.
CREATE TABLE galleries (
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    test        BOOLEAN NOT NULL,
    data_key    BLOB NOT NULL,
    PRIMARY KEY (merchant_id, test)
);
CREATE TABLE faces (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    test        BOOLEAN NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    session_id  TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    model       TEXT NOT NULL,
    sealed      BLOB NOT NULL,
    note_sealed BLOB NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    UNIQUE (merchant_id, test, kind, id)
);
CREATE INDEX faces_read ON faces (merchant_id, test, kind, model, number);
CREATE INDEX faces_session ON faces (session_id);

-- +goose Down
DROP TABLE faces;
DROP TABLE galleries;
