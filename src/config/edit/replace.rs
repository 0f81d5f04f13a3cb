//! Replaces a file in one step: whoever reads it sees the old text or the new, also after a crash.
//!
//! Knows nothing of feeds.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown},
    path::Path,
};

/// Writes beside the file, syncs, renames over it and syncs the folder. Permissions and owner
/// stay; a symbolic link stays a link.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        found => found?,
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let old = writable_metadata(&path)?;
    // The mode of a new file is subject to the umask, as for any editor.
    let mode = old
        .as_ref()
        .map_or(0o644, |old| old.permissions().mode() & 0o7777);
    let mut file = tempfile::Builder::new()
        .prefix(".tidings-")
        .permissions(fs::Permissions::from_mode(mode))
        .tempfile_in(folder)?;
    if let Some(old) = old {
        let new = file.as_file().metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// A rename would get round a file's write protection; the protection is meant.
fn writable_metadata(path: &Path) -> io::Result<Option<fs::Metadata>> {
    let old = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if old.permissions().readonly() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is read-only (`chmod u+w` lifts that)",
        ));
    }
    OpenOptions::new().write(true).open(path)?;
    Ok(Some(old))
}
