-- +goose Up
-- Faces by which people are known again; see package gallery. The key of a
-- gallery is sealed with the master key, templates and notes with the gallery's.
CREATE TABLE galleries (
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    test        BOOLEAN NOT NULL,
    data_key    BYTEA NOT NULL,
    PRIMARY KEY (merchant_id, test)
);
CREATE TABLE faces (
    number      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id TEXT NOT NULL REFERENCES merchants (id) ON DELETE CASCADE,
    test        BOOLEAN NOT NULL,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    session_id  TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    model       TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    note_sealed BYTEA NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (merchant_id, test, kind, id)
);
CREATE INDEX faces_read ON faces (merchant_id, test, kind, model, number);
CREATE INDEX faces_session ON faces (session_id);

-- +goose Down
DROP TABLE faces;
DROP TABLE galleries;
