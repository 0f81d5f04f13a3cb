-- The last documents of a feed that could not be read, for people, and for a later version of the
-- program that may read them without asking the publisher again.
CREATE TABLE unread_documents (
    row          INTEGER PRIMARY KEY,
    feed         INTEGER NOT NULL REFERENCES feeds (row),
    at           INTEGER NOT NULL,
    url          TEXT    NOT NULL,              -- that answered
    content_type TEXT,
    status       INTEGER NOT NULL,
    body         BLOB    NOT NULL               -- compressed with zstd
) STRICT;
CREATE INDEX unread_documents_feed ON unread_documents (feed, at);

-- Documents that held none of the newest entries of the one before: entries may have been lost.
CREATE TABLE gaps (
    feed  INTEGER PRIMARY KEY REFERENCES feeds (row),
    count INTEGER NOT NULL,
    last  INTEGER NOT NULL
) STRICT;
