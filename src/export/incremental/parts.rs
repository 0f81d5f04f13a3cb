//! A folder of part files, each with the changes of one range: `changes-<from>-<to>.jsonl`.
//!
//! A part is written aside and summed; then the cursor says that it is coming, then it gets its name,
//! then the cursor moves. A part that has its name is never written again, so that a consumer that took
//! it has it once.

use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{CursorError, Run};
use crate::{
    export::{
        ExportError, Format, Tally,
        manifest::{self, CursorRange, FileEntry, Manifest},
        targets::{
            directory, file,
            packing::{Sum, Summing},
        },
    },
    model::{ChangePosition, PendingPart, PendingRange},
};

pub(super) fn run(run: &mut Run<'_>, root: &Path) -> Result<(), ExportError> {
    directory::create(root)?;
    let manifest = manifest::in_folder(root);
    // Another program's file is not replaced.
    manifest::read(&manifest)?;
    let former = swept(root, run.options.format)?;
    if run.is_new && !former.is_empty() {
        let name = run.cursor.name.clone();
        let path = root.to_owned();
        return Err(CursorError::Occupied { path, name }.into());
    }
    if run.cursor.is_restarted() {
        for part in former {
            fs::remove_file(&part).map_err(|error| ExportError::file("remove", &part, error))?;
        }
        file::sync_folder(root).map_err(|error| ExportError::file("write", root, error))?;
        run.cursor.pending = None;
        run.keeper.save(&run.cursor)?;
    }
    while run.cursor.position.seq < run.last {
        one(run, root)?;
    }
    Ok(())
}

/// The parts that are there; what killed runs left is swept.
fn swept(root: &Path, format: Format) -> Result<Vec<PathBuf>, ExportError> {
    let failed = |error| ExportError::file("read", root, error);
    let mut parts = Vec::new();
    for entry in fs::read_dir(root).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if name.starts_with(file::TEMP.0) && name.ends_with(file::TEMP.1) {
            fs::remove_file(&path).map_err(|error| ExportError::file("remove", &path, error))?;
        } else if name.starts_with("changes-") && name.ends_with(format.extension()) {
            parts.push(path);
        }
    }
    parts.sort();
    Ok(parts)
}

/// The part's name. Zeros in front, so that names sort as the ranges do.
fn name(from: i64, to: i64, format: Format) -> String {
    format!("changes-{from:012}-{to:012}.{}", format.extension())
}

/// One range: finishes the pending one, else takes all up to the present.
fn one(run: &mut Run<'_>, root: &Path) -> Result<(), ExportError> {
    let from = run.cursor.position.seq;
    let pending = run.cursor.pending.clone();
    let until = pending.as_ref().map_or(run.last, |range| range.until);
    let name = name(from, until, run.options.format);
    let path = root.join(&name);
    let failed = |error| ExportError::file("write", &path, error);
    let announced = pending.and_then(|range| range.part);
    if path.symlink_metadata().is_ok() {
        let found = Sum::of_file(&path).map_err(failed)?;
        let Some(part) = announced.filter(|part| part.sha256 == found.sha256) else {
            let what = format!("it is not what cursor {} wrote", run.cursor.name);
            return Err(CursorError::Edited { path, what }.into());
        };
        // It may have got its name a moment before the machine went down.
        file::sync_folder(root).map_err(failed)?;
        return appeared(run, root, name, &part, until);
    }
    let (temp, part) = write(run, root, until, &failed)?;
    if part.records == 0 {
        run.cursor.pending = None;
        return run.acknowledge(until);
    }
    run.cursor.pending = Some(PendingRange {
        until,
        part: Some(part.clone()),
    });
    run.keeper.save(&run.cursor)?;
    file::replace(temp, &path).map_err(failed)?;
    run.done.files.written += 1;
    appeared(run, root, name, &part, until)
}

/// Writes the range aside.
fn write(
    run: &mut Run<'_>,
    root: &Path,
    until: i64,
    failed: &dyn Fn(io::Error) -> ExportError,
) -> Result<(NamedTempFile, PendingPart), ExportError> {
    let options = run.options.clone();
    let mut writer = options.writer();
    let mut temp = file::temporary(root).map_err(failed)?;
    let mut out = BufWriter::with_capacity(64 << 10, Summing::new(&mut temp));
    writer.begin(&mut out).map_err(failed)?;
    let (mut seq, mut records) = (run.cursor.position.seq, 0);
    while seq < until {
        let page = run.page(seq, until)?;
        seq = page.through;
        for change in &page.changes {
            run.write(writer.as_mut(), &mut out, change)
                .map_err(failed)?;
        }
        records += page.changes.len() as u64;
    }
    writer.finish(&mut out).map_err(failed)?;
    out.flush().map_err(failed)?;
    let summing = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    let Sum { bytes, sha256 } = summing.sum();
    // Durable before it is announced, so that what was announced can be finished.
    temp.as_file().sync_all().map_err(failed)?;
    let part = PendingPart {
        bytes,
        sha256,
        records,
    };
    Ok((temp, part))
}

/// The part has its name: the manifest lists it, and the cursor moves.
fn appeared(
    run: &mut Run<'_>,
    root: &Path,
    name: String,
    part: &PendingPart,
    until: i64,
) -> Result<(), ExportError> {
    let sum = Sum {
        bytes: part.bytes,
        sha256: part.sha256.clone(),
    };
    let store = run.cursor.position.store;
    let manifest = manifest::in_folder(root);
    let former = manifest::read(&manifest)?;
    let from = run.cursor.position.seq;
    // The range that all parts together cover, which begins where the first part does.
    let begun = former.as_ref().and_then(|former: &Manifest| {
        let range = former.cursor.as_ref()?;
        (range.from.store == store && range.to.seq <= until).then_some(range.from)
    });
    let range = CursorRange {
        name: run.cursor.name.clone(),
        from: begun.unwrap_or(ChangePosition { store, seq: from }),
        to: ChangePosition { store, seq: until },
    };
    let tally = Tally {
        articles: part.records,
        first_seq: Some(from + 1),
        last_seq: Some(until),
    };
    let files = vec![FileEntry::new(name, sum, part.records)];
    manifest::write_range(&manifest, &run.options, tally, files, former, Some(range))?;
    run.cursor.pending = None;
    run.acknowledge(until)
}
