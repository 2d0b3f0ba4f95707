-- Work that is handed to agents. What a row says in full is its record; what only the agent needs is its body.

CREATE TABLE tasks (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- NULL until it is over.
    ended_at   INTEGER,
    -- Grows with every writing.
    revision   INTEGER NOT NULL,
    record     TEXT NOT NULL,
    body       TEXT NOT NULL,
    -- What its last run that left a result left.
    result     TEXT,
    receipt    TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE task_events (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL,
    at      INTEGER NOT NULL,
    what    TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
CREATE INDEX task_events_of_a_task ON task_events (task_id, number);

-- Every question of an agent, and what it was answered.
CREATE TABLE task_approvals (
    task_id     TEXT NOT NULL,
    question_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    question    TEXT NOT NULL,
    -- NULL while it is open.
    decided_at  INTEGER,
    decided_by  TEXT,
    answer      TEXT,
    PRIMARY KEY (task_id, question_id)
) STRICT, WITHOUT ROWID;
