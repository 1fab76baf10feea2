-- +goose Up
-- What the merchant's own gateway for text messages knows it by; NULL: nothing.
ALTER TABLE merchants ADD COLUMN sms_sealed BLOB;

-- +goose Down
ALTER TABLE merchants DROP COLUMN sms_sealed;
