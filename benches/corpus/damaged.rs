//! Damaged copies of real feeds: all entries are there, in order, with the titles of the original.

use std::collections::BTreeMap;

use serde::Deserialize;
use tidings::model::RawFeed;

use crate::{
    Result, compare,
    corpus::Corpus,
    read::{BASE, Reader},
    report::{Report, percent, progress, share, short},
};

const SECTION: &str = "damaged";

#[derive(Deserialize)]
struct Row {
    path: String,
    #[serde(default)]
    mutation: String,
    #[serde(default)]
    min_entries: usize,
    #[serde(default)]
    entries: Vec<Original>,
}

#[derive(Deserialize)]
struct Original {
    title: Option<String>,
}

#[derive(Clone, Copy, Default)]
struct Count {
    files: usize,
    whole: usize,
    titles: usize,
    right: usize,
}

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(rows) = corpus.rows::<Row>("mutated_expect.jsonl")? else {
        report.absent("damaged copies");
        return Ok(());
    };
    let mut kinds = BTreeMap::<String, Count>::new();
    for row in rows {
        match row {
            Ok(row) => {
                progress(&row.path);
                let count = kinds.entry(row.mutation.clone()).or_default();
                file(corpus, reader, &row, count, report);
            }
            Err(why) => {
                kinds.entry("odd rows".to_owned()).or_default().files += 1;
                report.detail(SECTION, why);
            }
        }
    }
    let mut all = Count::default();
    for count in kinds.values() {
        all.files += count.files;
        all.whole += count.whole;
        all.titles += count.titles;
        all.right += count.right;
    }
    report.judged(
        "damaged: all entries",
        "100 %",
        share(all.whole, all.files),
        all.whole == all.files,
    );
    report.judged(
        "damaged: titles right",
        ">= 98 %",
        share(all.right, all.titles),
        percent(all.right, all.titles) >= 98.0,
    );
    for (kind, count) in kinds {
        if count.whole < count.files || count.right < count.titles {
            let files = share(count.whole, count.files);
            let titles = share(count.right, count.titles);
            report.told(format!("  {kind}"), "", format!("{files}, titles {titles}"));
        }
    }
    Ok(())
}

fn file(corpus: &Corpus, reader: &Reader, row: &Row, count: &mut Count, report: &mut Report) {
    let read = corpus.bytes(&row.path).map_err(|error| error.to_string());
    let feed = read
        .and_then(|bytes| reader.parse(&bytes, None, BASE))
        .unwrap_or_else(|why| {
            report.detail(SECTION, format!("{}: {why}", row.path));
            RawFeed::default()
        });
    count.files += 1;
    let found = feed.entries.len();
    if found >= row.min_entries {
        count.whole += 1;
    } else {
        let wanted = row.min_entries;
        report.detail(
            SECTION,
            format!("{}: {found} of {wanted} entries", row.path),
        );
    }
    for (at, original) in row.entries.iter().enumerate() {
        let Some(expected) = &original.title else {
            continue;
        };
        count.titles += 1;
        let title = feed.entries.get(at).and_then(|entry| entry.title.as_ref());
        let right = title.map_or_else(
            || at < found && compare::text(expected).is_empty(),
            |title| compare::is_text(title, expected),
        );
        count.right += usize::from(right);
        if !right && at < found {
            let title = short(title.map_or("", |title| &title.text));
            let expected = short(expected);
            report.detail(
                SECTION,
                format!(
                    "{}: title {at}: expected {expected:?}, given {title:?}",
                    row.path
                ),
            );
        }
    }
}
