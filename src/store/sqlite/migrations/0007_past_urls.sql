-- What polls had learnt of URLs that feeds have left, for whoever comes back to one: it is neither asked at once
-- nor as if for the first time. A few for each feed, as long as the history.
CREATE TABLE past_urls (
    url        TEXT    PRIMARY KEY,
    feed       INTEGER NOT NULL REFERENCES feeds (row), -- that left it
    left_at    INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,              -- a request may have been sent then
    next_at    INTEGER NOT NULL,
    state      TEXT    NOT NULL
) STRICT;
CREATE INDEX past_urls_feed ON past_urls (feed, left_at);
-- A feed that gets another name keeps its URL.
CREATE INDEX feeds_url ON feeds (url);
-- What other processes were told lately.
CREATE INDEX hosts_paused ON hosts (paused_at) WHERE paused_until > 0;
