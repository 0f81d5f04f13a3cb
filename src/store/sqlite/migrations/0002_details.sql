-- What only some publishers give, and bodies as they wrote them. The markup comes last: what stands
-- behind it would be read through it.
ALTER TABLE articles ADD COLUMN details   TEXT; -- contributors, picture, rights, ... as JSON; NULL when there is none
ALTER TABLE articles ADD COLUMN html_base TEXT; -- what html's links are relative to; NULL when that is url
ALTER TABLE articles ADD COLUMN html      BLOB; -- markup of the body, compressed with zstd; NULL when not kept
