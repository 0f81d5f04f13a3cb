//! Bytes in, `RawFeed` out.
