-- Titles and bodies for searching; the texts themselves stand in `articles`. Rows are those of
-- `articles`, kept in step in the transaction that changes these. Merges are rarer than by default,
-- which takes some of the work off a first round.
CREATE VIRTUAL TABLE search USING fts5 (
    title, body, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('automerge', 8);

-- Near copies: NULL where an article is a copy of none.
ALTER TABLE articles ADD COLUMN cluster      BLOB; -- id of the first article of its kind
ALTER TABLE articles ADD COLUMN duplicate_of BLOB; -- id of the article that it is a copy of
CREATE INDEX articles_cluster ON articles (cluster) WHERE cluster IS NOT NULL;

-- What likely copies are looked up by. A key is a period of time and a hash, so that what is written
-- lies together and what is too old is one range. It may name articles that changed or are gone.
CREATE TABLE bands (
    band    INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (band, article)
) STRICT, WITHOUT ROWID;

-- Exports show the labels, so they are hashed too.
UPDATE articles SET hash = NULL;
