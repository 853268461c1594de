-- The ledger. Rows are only ever added: a request and its attempts are written in one transaction
-- once the request has ended, and a correction is a new entry. Requests that are under way are in
-- the hold journal beside this file, and become rows of state 'unsettled' if the process dies.
-- Keys rise with time, so that every table grows at its end.

CREATE TABLE requests (
  id                INTEGER PRIMARY KEY,  -- RequestId: 42 bits of unix milliseconds, 21 of sequence
  client_request_id TEXT    NOT NULL,
  key_id            TEXT    NOT NULL,
  route             TEXT    NOT NULL,
  task              TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  tier              INTEGER NOT NULL,
  http_status       INTEGER NOT NULL,
  error             TEXT    NOT NULL,
  cost_nano_usd     INTEGER NOT NULL CHECK (cost_nano_usd >= 0),
  stream            INTEGER NOT NULL,
  aborted           INTEGER NOT NULL,
  simulated         INTEGER NOT NULL,
  time_unix_ms      INTEGER NOT NULL,
  total_ms          INTEGER NOT NULL
) STRICT;

CREATE TABLE attempts (
  request_id         INTEGER NOT NULL REFERENCES requests (id),
  attempt            INTEGER NOT NULL,
  state              TEXT    NOT NULL CHECK (state IN ('settled', 'void', 'unsettled')),
  model              TEXT    NOT NULL,
  provider           TEXT    NOT NULL,
  upstream_model     TEXT    NOT NULL,
  tier               INTEGER NOT NULL,
  held_nano_usd      INTEGER NOT NULL CHECK (held_nano_usd >= 0),
  cost_nano_usd      INTEGER NOT NULL CHECK (cost_nano_usd >= 0),
  cost_basis         TEXT    NOT NULL,
  overage            INTEGER NOT NULL,
  prompt_tokens      INTEGER,  -- NULL: the provider did not say
  completion_tokens  INTEGER,
  cache_read_tokens  INTEGER,
  cache_write_tokens INTEGER,
  reasoning_tokens   INTEGER,
  failure            TEXT    NOT NULL,
  http_status        INTEGER NOT NULL,
  first_byte_ms      INTEGER,
  total_ms           INTEGER NOT NULL,
  PRIMARY KEY (request_id, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
  request_id INTEGER PRIMARY KEY REFERENCES requests (id),
  json       TEXT NOT NULL
) STRICT;

-- What was spent in a month (202611) of UTC, of scope 'all', 'tier=N' or 'key=ID', without simulated
-- requests: kept in the transactions that add the rows, so that a start reads no rows.
CREATE TABLE balances (
  month          INTEGER NOT NULL,
  scope          TEXT    NOT NULL,
  spent_nano_usd INTEGER NOT NULL CHECK (spent_nano_usd >= 0),
  PRIMARY KEY (month, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  epoch INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  label TEXT    NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (epoch, name, label)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('counter_epoch', 1);

-- For people and auditors: one line per attempt, with the request id as headers and logs show it.
CREATE VIEW ledger AS
SELECT 'req_' || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 60 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 55 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 50 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 45 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 40 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 35 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 30 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 25 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 20 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 15 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 10 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id >> 5 & 31) + 1, 1)
              || substr('0123456789abcdefghjkmnpqrstvwxyz', (r.id & 31) + 1, 1) AS request,
       r.client_request_id, r.key_id, r.route, r.task, a.attempt, a.state, a.tier, a.model, a.provider,
       a.held_nano_usd, a.cost_nano_usd, a.cost_basis, a.failure, r.error, r.simulated, r.time_unix_ms
FROM requests r JOIN attempts a ON a.request_id = r.id;
