-- Subscriptions at hubs (WebSub). The secrets lie here because the hubs share them.
CREATE TABLE subscriptions (
    row          INTEGER PRIMARY KEY,
    feed         INTEGER NOT NULL REFERENCES feeds (row),
    feed_url     TEXT    NOT NULL,              -- the feed's URL when it was wanted
    topic        TEXT    NOT NULL,
    hub          TEXT    NOT NULL,
    callbacks    TEXT    NOT NULL,              -- what the callback's URL begins with
    token        TEXT    NOT NULL UNIQUE,       -- its unguessable rest
    secret       TEXT,                          -- signs deliveries; NULL where it could be overheard
    state        TEXT    NOT NULL DEFAULT 'pending',
    awaiting     INTEGER NOT NULL DEFAULT 0,    -- a request was sent, its verification has not come
    due_at       INTEGER,                       -- the next request to the hub
    asked_at     INTEGER,
    active_since INTEGER,
    lease_until  INTEGER,
    failures     INTEGER NOT NULL DEFAULT 0,    -- in a row
    delivered_at INTEGER,
    pinged_at    INTEGER,
    proven       INTEGER NOT NULL DEFAULT 0,    -- has delivered, and nothing was missing since
    missed_at    INTEGER,
    why          TEXT
) STRICT;
-- One that a feed wants; those that it leaves beside it.
CREATE UNIQUE INDEX subscriptions_wanted ON subscriptions (feed) WHERE state NOT IN ('leaving', 'ended');
CREATE INDEX subscriptions_feed ON subscriptions (feed);
CREATE INDEX subscriptions_due ON subscriptions (hub, due_at) WHERE due_at IS NOT NULL;
