//! `RawFeed` in, `Article`s out; pure.
