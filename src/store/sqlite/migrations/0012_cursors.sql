-- How far incremental exports have come.
CREATE TABLE cursors (
    name       TEXT    PRIMARY KEY,
    position   TEXT    NOT NULL,               -- v1:<store-id>:<seq>: a restored store refuses those of its backup
    format     TEXT    NOT NULL,
    query      TEXT    NOT NULL,               -- JSON with sorted keys
    target     TEXT    NOT NULL,
    pending    TEXT,                           -- a range on its way to the target, as JSON
    bytes      INTEGER NOT NULL,
    tail       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
