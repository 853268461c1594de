-- What strategies have learnt, and what people said of answers.

CREATE TABLE strategy_states (
  slot         TEXT    NOT NULL,  -- of the configuration: 'strategy', 'route:demo'
  plugin       TEXT    NOT NULL,
  version      TEXT    NOT NULL,  -- of the plugin that wrote it
  time_unix_ms INTEGER NOT NULL,
  state        BLOB    NOT NULL,
  PRIMARY KEY (slot, plugin)
) STRICT, WITHOUT ROWID;

CREATE TABLE ratings (
  request_id   INTEGER NOT NULL REFERENCES requests (id),
  key_id       TEXT    NOT NULL,
  time_unix_ms INTEGER NOT NULL,
  permille     INTEGER NOT NULL CHECK (permille BETWEEN 0 AND 1000),  -- 1000: as good as can be
  label        TEXT    NOT NULL,
  PRIMARY KEY (request_id, key_id)
) STRICT, WITHOUT ROWID;
