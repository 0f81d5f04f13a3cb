-- Deliveries of hubs that were not taken in: how many, the last time that was told, and why then.
ALTER TABLE subscriptions ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE subscriptions ADD COLUMN refused_at INTEGER;
ALTER TABLE subscriptions ADD COLUMN refused_why TEXT;
