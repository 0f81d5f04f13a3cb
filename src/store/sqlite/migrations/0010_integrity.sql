-- What tells a flipped bit from what was written, and this store from every other.
ALTER TABLE articles ADD COLUMN hash BLOB; -- over the row's values (store/sqlite/hash.rs); NULL until it is filled

CREATE TABLE identity (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO identity (name, value) VALUES ('store_id', randomblob(16));

-- Articles that the rules of retention have deleted.
INSERT INTO counters (name, value) VALUES ('pruned', 0);
