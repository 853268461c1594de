-- What a key may do, how fast, and for how long; and a line for every change of one.

ALTER TABLE api_keys ADD COLUMN scopes INTEGER NOT NULL DEFAULT 15 CHECK (scopes BETWEEN 1 AND 15);
ALTER TABLE api_keys ADD COLUMN tiers INTEGER NOT NULL DEFAULT 31 CHECK (tiers BETWEEN 1 AND 31);
ALTER TABLE api_keys ADD COLUMN models TEXT NOT NULL DEFAULT '';  -- split at commas; empty: all
ALTER TABLE api_keys ADD COLUMN requests_per_minute INTEGER CHECK (requests_per_minute > 0);
ALTER TABLE api_keys ADD COLUMN tokens_per_minute INTEGER CHECK (tokens_per_minute > 0);
ALTER TABLE api_keys ADD COLUMN concurrent INTEGER CHECK (concurrent > 0);
ALTER TABLE api_keys ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1));
ALTER TABLE api_keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- The hash of the text before the last rotation, which is good until then.
ALTER TABLE api_keys ADD COLUMN former_hash BLOB;
ALTER TABLE api_keys ADD COLUMN former_until_unix_ms INTEGER;

CREATE TABLE audit (
  id           INTEGER PRIMARY KEY,
  time_unix_ms INTEGER NOT NULL,
  actor        TEXT    NOT NULL,
  action       TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  detail       TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_subject ON audit (subject, id);
