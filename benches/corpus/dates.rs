//! Date strings, each as the `pubDate` of an RSS item.
//!
//! A number must be what the document gives. Where no date is expected, it is enough that the
//! article has none: normalizing drops dates that cannot be believed.

use serde::Deserialize;

use crate::{
    Result,
    corpus::Corpus,
    read::{BASE, Reader},
    report::{Report, share},
};

const SECTION: &str = "dates";

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    string: String,
    #[serde(alias = "expected")]
    expected_unix_utc: Option<i64>,
    #[serde(default, alias = "class")]
    cls: String,
}

#[derive(Default)]
struct Count {
    all: usize,
    right: usize,
    wrong: usize,
    missed: usize,
}

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(rows) = corpus.rows::<Row>("dates_expect.jsonl")? else {
        report.absent("dates");
        return Ok(());
    };
    let (mut must, mut optional) = (Count::default(), Count::default());
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(why) => {
                must.all += 1;
                must.missed += 1;
                report.detail(SECTION, why);
                continue;
            }
        };
        let is_must = row.cls != "optional";
        let count = if is_must { &mut must } else { &mut optional };
        count.all += 1;
        let (raw, kept) = read(reader, &row.string);
        let expected = row.expected_unix_utc;
        if raw == expected || expected.is_none() && kept.is_none() {
            count.right += 1;
            continue;
        }
        let verdict = if raw.is_some() { "wrong" } else { "missed" };
        *(if raw.is_some() {
            &mut count.wrong
        } else {
            &mut count.missed
        }) += 1;
        report.detail(
            SECTION,
            format!(
                "{} {verdict}: {:?}: expected {expected:?}, given {raw:?}",
                if is_must { "must" } else { "optional" },
                row.string
            ),
        );
    }
    report.judged(
        "dates (must) right",
        "all",
        share(must.right, must.all),
        must.right == must.all,
    );
    report.judged(
        "dates (must) wrong",
        "0",
        format!("{} wrong, {} missed", must.wrong, must.missed),
        must.wrong == 0,
    );
    let rest = format!(
        "{}, {} wrong, {} missed",
        share(optional.right, optional.all),
        optional.wrong,
        optional.missed
    );
    report.told("dates (optional) right", "", rest);
    Ok(())
}

/// The date as the document gives it and as the article keeps it.
fn read(reader: &Reader, date: &str) -> (Option<i64>, Option<i64>) {
    let document = format!(
        "<rss version=\"2.0\"><channel><title>t</title><link>https://feeds.example/</link>\
         <item><title>t</title><link>https://feeds.example/1</link><pubDate>{}</pubDate></item>\
         </channel></rss>",
        html_escape::encode_safe(date)
    );
    let feed = reader.parse(document.as_bytes(), None, BASE);
    let Some((feed, entry)) = feed
        .as_ref()
        .ok()
        .and_then(|feed| Some((feed, feed.entries.first()?)))
    else {
        return (None, None);
    };
    let kept = reader.article(feed, entry, BASE);
    (
        entry.published.map(|date| date.timestamp()),
        kept.and_then(|article| article.published_at)
            .map(|date| date.timestamp()),
    )
}
