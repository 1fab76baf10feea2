-- +goose Up
-- What analyses saw, to notice when it is seen again; see package history. What
-- was seen is sealed with the session's key; the tokens are keyed hashes.
CREATE TABLE traces (
    id          TEXT PRIMARY KEY,
    session_id  TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    analysis_id TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    sealed      BYTEA NOT NULL
);
CREATE INDEX traces_session ON traces (session_id);
CREATE TABLE trace_tokens (
    trace_id   TEXT NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    token      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (trace_id, token)
);
CREATE INDEX trace_tokens_token ON trace_tokens (token, created_at);

-- +goose Down
DROP TABLE trace_tokens;
DROP TABLE traces;
