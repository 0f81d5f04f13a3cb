//! Where exports go: one file, a folder, or a folder of parts; and how their bytes are packed and summed on the way.

pub(super) mod directory;
pub(super) mod file;
pub(super) mod name;
pub(super) mod packing;
pub(super) mod partitions;
