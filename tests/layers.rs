//! Which module may use which, enforced.
