//! Articles out, and back in.
