-- Politeness by scope: a host, or the registrable domain of a site whose hosts count as one.
ALTER TABLE feeds RENAME COLUMN host TO scope;
-- new, ok, failing or gone: what `state` says of the feed's health, so that feeds can be counted
-- without being read.
ALTER TABLE feeds ADD COLUMN standing TEXT NOT NULL DEFAULT 'new';
-- When next_at was decided: what was decided under a clock that turns out wrong is moved with it.
ALTER TABLE feeds ADD COLUMN planned_at INTEGER NOT NULL DEFAULT 0;
UPDATE feeds SET planned_at = coalesce(claimed_at, 0);
UPDATE feeds SET standing = CASE
    WHEN gone THEN 'gone'
    WHEN json_extract(state, '$.failure') IS NOT NULL THEN 'failing'
    WHEN json_extract(state, '$.last_ok') IS NOT NULL THEN 'ok'
    ELSE 'new' END
    WHERE json_valid(state);

CREATE TABLE hosts (
    scope        TEXT    PRIMARY KEY,
    gate_at      INTEGER NOT NULL DEFAULT 0, -- no request starts before: the spacing
    paused_at    INTEGER NOT NULL DEFAULT 0, -- when a server asked for the latest pause
    paused_until INTEGER NOT NULL DEFAULT 0, -- no request starts before: that pause
    ready_at     INTEGER                     -- when a feed of it may be claimed; NULL if it has none
) STRICT, WITHOUT ROWID;
CREATE INDEX hosts_ready ON hosts (ready_at) WHERE ready_at IS NOT NULL;

-- These cover what claims and counts ask, the conditions included: no feed is read for them. (A
-- column that a partial index takes for granted is not covered by it unless it is in it.)
DROP INDEX feeds_due;
DROP INDEX feeds_leased;
CREATE INDEX feeds_due ON feeds (scope, next_at, standing, lease_until, paused, retired, gone)
    WHERE paused = 0 AND retired = 0 AND gone = 0 AND lease_until = 0;
CREATE INDEX feeds_leased ON feeds (scope, lease_until, next_at, standing, paused, retired, gone)
    WHERE lease_until > 0;
CREATE INDEX feeds_idle ON feeds (retired, paused, gone) WHERE paused = 1 OR retired = 1 OR gone = 1;

INSERT INTO hosts (scope, ready_at)
    SELECT scope, min(max(next_at, lease_until)) FROM feeds
    WHERE paused = 0 AND retired = 0 AND gone = 0 GROUP BY scope;
INSERT OR IGNORE INTO hosts (scope) SELECT scope FROM feeds;
