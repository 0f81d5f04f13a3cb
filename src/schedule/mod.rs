//! When feeds are polled.
