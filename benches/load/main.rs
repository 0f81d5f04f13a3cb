//! Measures a build of Tidings against bare floors on loopback.

fn main() {}
