-- Documents that were read, as they came: `tidings replay` reads them once more.
CREATE TABLE raw_documents (
    row          INTEGER PRIMARY KEY,
    feed         INTEGER NOT NULL REFERENCES feeds (row),
    at           INTEGER NOT NULL,              -- when what it brought was stored
    url          TEXT    NOT NULL,              -- that answered
    content_type TEXT,
    status       INTEGER NOT NULL,
    size         INTEGER NOT NULL,              -- of the compressed body
    body         BLOB    NOT NULL               -- compressed with zstd
) STRICT;
CREATE INDEX raw_documents_feed ON raw_documents (feed, at, size);

-- The sum of their sizes.
INSERT INTO counters (name, value) VALUES ('raw_bytes', 0);

-- Feeds whose guids or links change from document to document, and count no longer.
CREATE TABLE doubted (
    feed  INTEGER PRIMARY KEY REFERENCES feeds (row),
    since INTEGER NOT NULL
) STRICT;

-- When the document that a version is from said it, where that is not when the version was stored: after a replay.
ALTER TABLE articles ADD COLUMN said_at INTEGER;
