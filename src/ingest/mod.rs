//! The conductor: one feed from due to committed.
