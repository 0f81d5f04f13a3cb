-- Times are milliseconds since 1970 UTC. Lists are JSON arrays, NULL when empty.
-- Migrations are append-only: never edit one that has been released.

-- One row for each feed that a feed file ever named.
CREATE TABLE feeds (
    row         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    origin      TEXT    NOT NULL,              -- the feed file
    url         TEXT    NOT NULL,
    host        TEXT    NOT NULL,              -- of url: what politeness is counted by
    name        TEXT,
    tags        TEXT,
    interval_ms INTEGER NOT NULL,              -- shortest time between two polls
    paused      INTEGER NOT NULL DEFAULT 0,
    retired     INTEGER NOT NULL DEFAULT 0,    -- no feed file names it any more
    gone        INTEGER NOT NULL DEFAULT 0,    -- the publisher ended it
    next_at     INTEGER NOT NULL,
    claimed_at  INTEGER,                       -- latest claim: a request may have been sent then
    claimed_before INTEGER,                    -- the claim before it, for a claim that is given back
    lease       INTEGER NOT NULL DEFAULT 0,    -- number of the latest claim (fencing token)
    lease_until INTEGER NOT NULL DEFAULT 0,
    state       TEXT    NOT NULL DEFAULT '{}'  -- everything polls have learnt, as JSON
) STRICT;
-- Covers the search for due feeds, the conditions included: a long queue is passed over without
-- reading the feeds. (A generated column in their place would never be covered.)
CREATE INDEX feeds_due ON feeds (next_at, lease_until, host, paused, retired, gone)
    WHERE paused = 0 AND retired = 0 AND gone = 0;
CREATE INDEX feeds_leased ON feeds (lease_until) WHERE lease_until > 0;

-- Poll history; pruned by age.
CREATE TABLE polls (
    row     INTEGER PRIMARY KEY,
    feed    INTEGER NOT NULL REFERENCES feeds (row),
    at      INTEGER NOT NULL,
    outcome TEXT    NOT NULL,
    status  INTEGER,
    bytes   INTEGER NOT NULL,
    ms      INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    new     INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    error   TEXT
) STRICT;
CREATE INDEX polls_feed ON polls (feed, at);
CREATE INDEX polls_at ON polls (at);

-- The current version of every article.
CREATE TABLE articles (
    row            INTEGER PRIMARY KEY,
    id             BLOB    NOT NULL UNIQUE,
    seq            INTEGER NOT NULL UNIQUE,    -- number in the one change sequence
    revision       INTEGER NOT NULL DEFAULT 0,
    fingerprint    BLOB    NOT NULL,
    owner          INTEGER REFERENCES feeds (row), -- whose version this is; NULL after an import
    source         TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    authors        TEXT,
    url            TEXT,
    canonical_url  TEXT,                       -- NULL when equal to url, '' when there is none
    published_at   INTEGER,
    published_from TEXT    NOT NULL,
    updated_at     INTEGER,
    first_seen     INTEGER NOT NULL,
    changed_at     INTEGER NOT NULL,
    sort_at        INTEGER NOT NULL,           -- published, else first seen; never more than a day ahead
    language       TEXT,
    tags           TEXT,
    enclosures     TEXT,
    summary        TEXT,
    extraction     TEXT    NOT NULL,
    words          INTEGER NOT NULL,
    body           TEXT    NOT NULL
) STRICT;
CREATE INDEX articles_sort ON articles (sort_at);
CREATE INDEX articles_first_seen ON articles (first_seen);

-- Which feed carried which article.
CREATE TABLE sightings (
    feed        INTEGER NOT NULL REFERENCES feeds (row),
    key         BLOB    NOT NULL,              -- identity of the entry in this feed
    article     INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    fingerprint BLOB    NOT NULL,              -- of what this feed last said
    guid        TEXT,
    first_seen  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_article ON sightings (article);

-- Versions that were replaced.
CREATE TABLE revisions (
    article      INTEGER NOT NULL REFERENCES articles (row) ON DELETE CASCADE,
    revision     INTEGER NOT NULL,
    replaced_at  INTEGER NOT NULL,
    owner        INTEGER REFERENCES feeds (row),
    fingerprint  BLOB    NOT NULL,
    title        TEXT    NOT NULL,
    authors      TEXT,
    url          TEXT,
    published_at INTEGER,
    updated_at   INTEGER,
    summary      TEXT,
    body         TEXT    NOT NULL,
    PRIMARY KEY (article, revision)
) STRICT, WITHOUT ROWID;

-- Deleted stays deleted.
CREATE TABLE tombstones (
    id         BLOB    PRIMARY KEY,
    seq        INTEGER NOT NULL UNIQUE,
    deleted_at INTEGER NOT NULL,
    reason     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The entries that a deleted article had: they stay deleted even when their links change.
CREATE TABLE deleted_entries (
    feed INTEGER NOT NULL REFERENCES feeds (row),
    key  BLOB    NOT NULL,
    PRIMARY KEY (feed, key)
) STRICT, WITHOUT ROWID;

-- The last number given out in the change sequence.
CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('seq', 0);
