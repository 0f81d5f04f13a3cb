-- Where the collecting of older entries stands, for each feed that it was begun for.
CREATE TABLE backfills (
    feed       INTEGER PRIMARY KEY REFERENCES feeds (row),
    cursor     TEXT,                       -- JSON; NULL when nothing is begun
    turn       INTEGER NOT NULL DEFAULT 0, -- number of the latest reservation (fencing token)
    asked_at   INTEGER,                    -- when that was: a request may have been sent then
    not_before INTEGER                     -- Retry-After: nothing is asked before this
) STRICT;

-- The pages read: archives are never asked for again, others with their validators.
CREATE TABLE backfill_pages (
    feed INTEGER NOT NULL REFERENCES feeds (row),
    url  TEXT    NOT NULL,
    page TEXT    NOT NULL,                 -- JSON
    PRIMARY KEY (feed, url)
) STRICT, WITHOUT ROWID;
