-- Times are microseconds since 1970, UTC. What a row says in full is JSON, so that a new field needs no migration.

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    -- NULL while it runs.
    ended_at   INTEGER,
    label      TEXT NOT NULL,
    -- Grows with every writing; the copy beside the journal carries the same number.
    revision   INTEGER NOT NULL,
    record     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL,
    back_at    INTEGER NOT NULL,
    receipt    TEXT NOT NULL,
    UNIQUE (session_id, back_at)
) STRICT;

CREATE TABLE audit (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    identity TEXT NOT NULL,
    act      TEXT NOT NULL,
    subject  TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    peer     TEXT NOT NULL,
    detail   TEXT NOT NULL,
    -- How often it happened, and when last: refusals of one kind within a minute share a row.
    count    INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
