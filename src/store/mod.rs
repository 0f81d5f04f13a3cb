//! The narrow interface to what is kept.
