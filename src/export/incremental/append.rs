//! One file that grows: the cursor knows its size and its end.
//!
//! What is behind the cursor's size was written by a run that was cut off, and is cut off itself. A
//! packed file grows by whole gzip members or zstd frames.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Seek, SeekFrom},
    path::Path,
};

use super::{CursorError, Run};
use crate::{
    export::{
        ExportError,
        targets::{file, packing::Sum},
    },
    model::PendingRange,
};

/// Bytes at the file's end that the cursor knows by their sum.
const TAIL: u64 = 64 << 10;
/// Looks at the change sequence between two positions that are written down: a killed run repeats
/// so much at most.
const STEPS: usize = 20;

pub(super) fn run(run: &mut Run<'_>, path: &Path) -> Result<(), ExportError> {
    let failed = |error| ExportError::file("write", path, error);
    let is_made = !path.exists();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::ErrorKind::Unsupported.into()));
    }
    if run.is_new {
        if metadata.len() > 0 {
            return Err(CursorError::Occupied {
                path: path.to_owned(),
                name: run.cursor.name.clone(),
            }
            .into());
        }
        // From here on the file is the cursor's.
        run.keeper.save(&run.cursor)?;
    } else if let Some(what) = edited(run, &file, metadata.len()).map_err(failed)? {
        let path = path.to_owned();
        return Err(CursorError::Edited { path, what }.into());
    }
    if is_made {
        file::sync_folder(&file::folder_of(path)).map_err(failed)?;
    }
    cut(&file, run.cursor.bytes).map_err(failed)?;
    if run.cursor.is_restarted() {
        run.cursor.pending = None;
        run.keeper.save(&run.cursor)?;
    }
    while run.cursor.position.seq < run.last {
        if let Err(error) = step(run, &file, &failed) {
            // Readers should not see half of it. Where even that fails, the next run does it.
            let _ = cut(&file, run.cursor.bytes);
            return Err(error);
        }
    }
    Ok(())
}

/// Cuts the file back and goes to its end.
fn cut(mut file: &File, bytes: u64) -> io::Result<()> {
    if file.metadata()?.len() != bytes {
        file.set_len(bytes)?;
        file.sync_all()?;
    }
    file.seek(SeekFrom::Start(bytes)).map(drop)
}

/// What was done to the file since the cursor was written down, if anything.
fn edited(run: &Run<'_>, file: &File, found: u64) -> io::Result<Option<String>> {
    let known = run.cursor.bytes;
    if found < known {
        return Ok(Some(format!(
            "it was cut: {found} bytes where cursor {} left {known}",
            run.cursor.name
        )));
    }
    if tail(file, known)? != run.cursor.tail {
        return Ok(Some(format!(
            "it was edited: its end is not what cursor {} wrote",
            run.cursor.name
        )));
    }
    if found > known && run.cursor.pending.is_none() {
        return Ok(Some(format!(
            "something else wrote to it: {found} bytes where cursor {} left {known}",
            run.cursor.name
        )));
    }
    Ok(None)
}

/// The sum of the last bytes of a file that is `bytes` long.
fn tail(mut file: &File, bytes: u64) -> io::Result<String> {
    if bytes == 0 {
        return Ok(String::new());
    }
    let start = bytes.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(bytes - start).read_to_end(&mut end)?;
    Ok(Sum::of(&end).sha256)
}

/// Appends some pages, makes them durable, moves the cursor.
fn step(
    run: &mut Run<'_>,
    mut file: &File,
    failed: &dyn Fn(io::Error) -> ExportError,
) -> Result<(), ExportError> {
    let options = run.options.clone();
    let mut writer = options.writer();
    let mut seq = run.cursor.position.seq;
    let mut out = None;
    for _ in 0..STEPS {
        if seq >= run.last {
            break;
        }
        let page = run.page(seq, run.last)?;
        seq = page.through;
        if page.changes.is_empty() {
            continue;
        }
        if out.is_none() {
            announce(run)?;
            let packer = options.packing.packer(file).map_err(failed)?;
            let mut begun = BufWriter::with_capacity(64 << 10, packer);
            if run.cursor.bytes == 0 {
                writer.begin(&mut begun).map_err(failed)?;
            }
            out = Some(begun);
        }
        if let Some(out) = &mut out {
            for change in &page.changes {
                run.write(writer.as_mut(), out, change).map_err(failed)?;
            }
        }
    }
    if let Some(mut out) = out {
        writer.finish(&mut out).map_err(failed)?;
        let packer = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        packer.finish().map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let bytes = file.stream_position().map_err(failed)?;
        let end = tail(file, bytes).map_err(failed)?;
        file.seek(SeekFrom::Start(bytes)).map_err(failed)?;
        // Only now: an error must leave the size that it cuts the file back to.
        (run.cursor.bytes, run.cursor.tail) = (bytes, end);
    }
    if seq >= run.last {
        run.cursor.pending = None;
    }
    run.acknowledge(seq)
}

/// Writes down that the file is about to grow, so that a longer file is known to be ours.
fn announce(run: &mut Run<'_>) -> Result<(), ExportError> {
    if run.cursor.pending.is_some() {
        return Ok(());
    }
    run.cursor.pending = Some(PendingRange {
        until: run.last,
        part: None,
    });
    run.keeper.save(&run.cursor)
}
