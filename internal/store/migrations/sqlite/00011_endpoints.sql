-- +goose Up
-- Scheme and host of the receiver, so that what waits for it can be found.
ALTER TABLE deliveries ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE INDEX deliveries_origin ON deliveries (merchant_id, origin, state);

-- +goose Down
DROP INDEX deliveries_origin;
ALTER TABLE deliveries DROP COLUMN origin;
