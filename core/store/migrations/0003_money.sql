-- Days and teams, what a price was and what the provider reported, and corrections. Days and months
-- are those of the budget's time zone when the hold was taken, so that a change of the zone moves
-- nothing that was booked.

ALTER TABLE requests ADD COLUMN team TEXT NOT NULL DEFAULT '';

ALTER TABLE attempts ADD COLUMN day INTEGER NOT NULL DEFAULT 0;              -- 20261125
ALTER TABLE attempts ADD COLUMN price_book TEXT NOT NULL DEFAULT '';         -- source and day read
ALTER TABLE attempts ADD COLUMN reported_nano_usd INTEGER;                   -- what the provider's figures cost
ALTER TABLE attempts ADD COLUMN cache_write_1h_tokens INTEGER;
ALTER TABLE attempts ADD COLUMN searches INTEGER;
UPDATE attempts SET day = (SELECT CAST(strftime('%Y%m%d', r.time_unix_ms / 1000, 'unixepoch') AS INTEGER)
                           FROM requests r WHERE r.id = request_id);

-- A correction of what an attempt cost, later: a row of its own, on the day on which it was made.
CREATE TABLE corrections (
  id              INTEGER PRIMARY KEY,
  request_id      INTEGER NOT NULL REFERENCES requests (id),
  attempt         INTEGER NOT NULL,
  amount_nano_usd INTEGER NOT NULL CHECK (amount_nano_usd <> 0),  -- below 0: a credit
  reason          TEXT    NOT NULL CHECK (reason <> ''),
  day             INTEGER NOT NULL,
  time_unix_ms    INTEGER NOT NULL
) STRICT;

-- Spending never falls: what is given back is credited beside it.
ALTER TABLE balances ADD COLUMN credited_nano_usd INTEGER NOT NULL DEFAULT 0 CHECK (credited_nano_usd >= 0);

CREATE TABLE day_balances (
  day               INTEGER NOT NULL,
  scope             TEXT    NOT NULL,
  spent_nano_usd    INTEGER NOT NULL CHECK (spent_nano_usd >= 0),
  credited_nano_usd INTEGER NOT NULL DEFAULT 0 CHECK (credited_nano_usd >= 0),
  PRIMARY KEY (day, scope)
) STRICT, WITHOUT ROWID;

INSERT INTO day_balances (day, scope, spent_nano_usd)
WITH charged AS (
  SELECT a.day, 'tier=' || a.tier AS tier, 'key=' || r.key_id AS key, a.cost_nano_usd AS cost
  FROM attempts a JOIN requests r ON r.id = a.request_id
  WHERE r.simulated = 0 AND a.cost_nano_usd > 0)
SELECT day, 'all', sum(cost) FROM charged GROUP BY day
UNION ALL SELECT day, tier, sum(cost) FROM charged GROUP BY day, tier
UNION ALL SELECT day, key, sum(cost) FROM charged WHERE key <> 'key=' GROUP BY day, key;

ALTER TABLE api_keys ADD COLUMN daily_budget_nano_usd INTEGER CHECK (daily_budget_nano_usd >= 0);
ALTER TABLE api_keys ADD COLUMN total_budget_nano_usd INTEGER CHECK (total_budget_nano_usd >= 0);
ALTER TABLE api_keys ADD COLUMN team TEXT NOT NULL DEFAULT '';
