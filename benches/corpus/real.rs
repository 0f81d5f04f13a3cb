//! Real publishers' feeds: each gives at least the entries that another parser found.
//!
//! Where the manifest's count is blank or the file is not in it, one entry is enough; where it is
//! 0, a document that can be read is.

use std::collections::HashMap;

use crate::{
    Result,
    corpus::Corpus,
    read::{BASE, Reader},
    report::{Report, progress, share},
};

const SECTION: &str = "real";

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(paths) = corpus.real()? else {
        report.absent("real feeds complete");
        return Ok(());
    };
    let listed = corpus.manifest()?.unwrap_or_default();
    let wanted: HashMap<_, _> = listed
        .into_iter()
        .filter_map(|row| Some((row.path, row.entries?)))
        .collect();
    let (mut complete, mut some, mut entries) = (0, 0, 0);
    for path in &paths {
        progress(path);
        let wanted = wanted.get(path).copied().unwrap_or(1);
        let read = corpus.bytes(path).map_err(|error| error.to_string());
        match read.and_then(|bytes| reader.parse(&bytes, None, BASE)) {
            Ok(feed) => {
                let found = feed.entries.len();
                entries += found;
                some += usize::from(found > 0);
                complete += usize::from(found >= wanted);
                if found < wanted {
                    report.detail(SECTION, format!("{path}: {found} of {wanted} entries"));
                }
            }
            Err(why) => report.detail(SECTION, format!("{path}: {why}")),
        }
    }
    let all = paths.len();
    report.judged(
        "real feeds complete",
        "all",
        share(complete, all),
        complete == all,
    );
    report.told(
        "real feeds with entries",
        "",
        format!("{}, {entries} entries", share(some, all)),
    );
    Ok(())
}
