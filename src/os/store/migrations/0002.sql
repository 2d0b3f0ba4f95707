-- What models were asked and what it came to: sums, one row for each day, session, agent and model. Times are sums of
-- milliseconds, money is thousandths of a millionth of a US dollar.

CREATE TABLE usage (
    -- UTC, as 2026-01-31.
    day                 TEXT NOT NULL,
    session_id          TEXT NOT NULL,
    agent               TEXT NOT NULL,
    model               TEXT NOT NULL,
    requests            INTEGER NOT NULL,
    errors_unauthorized INTEGER NOT NULL,
    errors_throttled    INTEGER NOT NULL,
    errors_invalid      INTEGER NOT NULL,
    errors_failed       INTEGER NOT NULL,
    errors_network      INTEGER NOT NULL,
    cancelled           INTEGER NOT NULL,
    tokens_input        INTEGER NOT NULL,
    tokens_cached       INTEGER NOT NULL,
    tokens_written      INTEGER NOT NULL,
    tokens_output       INTEGER NOT NULL,
    without_usage       INTEGER NOT NULL,
    without_price       INTEGER NOT NULL,
    cost_nano_usd       INTEGER NOT NULL,
    first_byte_ms       INTEGER NOT NULL,
    first_bytes         INTEGER NOT NULL,
    total_ms            INTEGER NOT NULL,
    PRIMARY KEY (day, session_id, agent, model)
) STRICT, WITHOUT ROWID;

-- The last batch that each life of the gateway had written: one that is asked for again is not added twice.
CREATE TABLE usage_batches (
    writer TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
