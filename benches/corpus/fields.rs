//! feedparser's own expectations: what one field of a feed or an entry says.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    Result,
    corpus::Corpus,
    given::{Given, Subject},
    read::{BASE, Reader},
    report::{Report, percent, progress, share, short},
};

const SECTION: &str = "fields";

#[derive(Deserialize)]
struct Row {
    path: String,
    #[serde(default = "no_group")]
    group: String,
    is_feed_or_entry: Option<String>,
    entry_index: Option<usize>,
    field: String,
    #[serde(default)]
    expected: Value,
    http_headers: Option<Map<String, Value>>,
    base_url: Option<String>,
    #[serde(default)]
    class: String,
}

fn no_group() -> String {
    "no group".to_owned()
}

#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    right: usize,
}

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(rows) = corpus.rows::<Row>("feedparser_expect.jsonl")? else {
        report.absent("fields");
        return Ok(());
    };
    let mut groups = BTreeMap::<(bool, String), Count>::new();
    for row in rows {
        let (must, group, outcome) = match row {
            Ok(row) => {
                progress(&row.path);
                let outcome = judge(corpus, reader, &row);
                (row.class != "optional", row.group, outcome)
            }
            Err(why) => (true, "odd rows".to_owned(), Err(why)),
        };
        if let Err(why) = &outcome {
            let class = if must { "must" } else { "optional" };
            report.detail(SECTION, format!("{class} {why}"));
        }
        let count = groups.entry((must, group)).or_default();
        count.all += 1;
        count.right += usize::from(outcome.is_ok());
    }
    for must in [true, false] {
        let class = groups.iter().filter(|((its, _), _)| *its == must);
        let (all, right) = class.clone().fold((0, 0), |(all, right), (_, count)| {
            (all + count.all, right + count.right)
        });
        if must {
            let ok = percent(right, all) >= 99.5;
            report.judged("fields (must)", ">= 99.5 %", share(right, all), ok);
        } else {
            report.told("fields (optional)", "", share(right, all));
        }
        for ((_, group), count) in class {
            report.told(format!("  {group}"), "", share(count.right, count.all));
        }
    }
    Ok(())
}

/// `Err` says what is given in place of what is expected.
fn judge(corpus: &Corpus, reader: &Reader, row: &Row) -> std::result::Result<(), String> {
    let header = |name: &str| {
        let headers = row.http_headers.iter().flatten();
        let mut named = headers.filter(|(its, _)| its.eq_ignore_ascii_case(name));
        named.next().and_then(|(_, value)| value.as_str())
    };
    let base = base(row.base_url.as_deref(), header("content-location"));
    let place = format!("{}: {}", row.path, row.field);
    let read = corpus.bytes(&row.path).map_err(|error| error.to_string());
    let feed = read
        .and_then(|bytes| reader.parse(&bytes, header("content-type"), &base))
        .map_err(|why| format!("{place}: {why}"))?;
    let of_entry = row.is_feed_or_entry.as_deref() == Some("entry");
    let entry = of_entry
        .then(|| feed.entries.get(row.entry_index.unwrap_or(0)))
        .flatten();
    let subject = Subject {
        feed: &feed,
        entry,
        article: entry.and_then(|entry| reader.article(&feed, entry, &base)),
        site: reader
            .normalize(&feed, &base)
            .ok()
            .and_then(|it| it.site_url),
        base: &base,
    };
    let given = Given::of(&subject, &row.field, of_entry);
    if given.satisfies(&row.expected) {
        return Ok(());
    }
    let given = if of_entry && entry.is_none() {
        "no such entry".to_owned()
    } else {
        given.shown()
    };
    let expected = short(&row.expected.to_string());
    Err(format!(
        "{place}: expected {expected}, given {}",
        short(&given)
    ))
}

/// Where a document came from: `Content-Location` if that is on the web, else its address.
fn base(address: Option<&str>, location: Option<&str>) -> String {
    let address = address
        .filter(|address| !address.is_empty())
        .unwrap_or(BASE);
    let located = location.and_then(|location| match Url::parse(address) {
        Ok(address) => address.join(location).ok(),
        Err(_) => Url::parse(location).ok(),
    });
    located
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map_or_else(|| address.to_owned(), String::from)
}
