//! HTTP: a request in, a `Fetched` out.
