-- API keys. The clear text exists nowhere: `hash` is HMAC-SHA-256 of it under the pepper, which is in
-- a file of its own, so that a stolen database verifies nothing.

CREATE TABLE api_keys (
  id                      TEXT PRIMARY KEY,
  hash                    BLOB    NOT NULL UNIQUE,
  name                    TEXT    NOT NULL,
  prefix                  TEXT    NOT NULL,
  role                    TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
  monthly_budget_nano_usd INTEGER CHECK (monthly_budget_nano_usd >= 0),
  created_unix_ms         INTEGER NOT NULL,
  expires_unix_ms         INTEGER,
  revoked_unix_ms         INTEGER
) STRICT, WITHOUT ROWID;

-- Rises with every change of a key: other processes read the keys again when it has.
INSERT INTO meta VALUES ('keys_generation', 0);
