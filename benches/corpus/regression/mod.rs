//! Well-formed feeds that feed-rs reads by itself: no entry is lost, and a field that differs from
//! its own does so for one of the known reasons.

mod fields;
mod reasons;

use std::collections::BTreeMap;

use feed_rs::model::Feed;
use tidings::model::RawFeed;

use self::{
    fields::{Beside, FIELDS, Pair},
    reasons::Difference,
};
use crate::{
    Result,
    corpus::Corpus,
    read::{self, BASE, Reader},
    report::{Report, progress, short},
};

const SECTION: &str = "regression";

#[derive(Clone, Copy, Default)]
struct Count {
    same: usize,
    more: usize,
    better: usize,
    unexplained: usize,
}

/// What was found in all feeds.
#[derive(Default)]
struct Found {
    feeds: usize,
    /// Feeds of which we read more entries.
    more: usize,
    /// Entries of feed-rs's that we do not have.
    lost: usize,
    counts: [Count; FIELDS.len()],
    /// Fields that differ, by reason and field.
    reasons: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
}

pub(crate) fn run(corpus: &Corpus, reader: &Reader, report: &mut Report) -> Result<()> {
    let Some(listed) = corpus.manifest()? else {
        report.absent("well-formed feeds beside feed-rs");
        return Ok(());
    };
    let mut found = Found::default();
    for row in listed.iter().filter(|row| row.well_formed) {
        progress(&row.path);
        let Ok(bytes) = corpus.bytes(&row.path) else {
            report.detail(SECTION, format!("{}: cannot be read", row.path));
            continue;
        };
        let Some(bare) = read::bare(&bytes) else {
            continue;
        };
        let ours = reader.parse(&bytes, None, BASE).unwrap_or_else(|why| {
            report.detail(SECTION, format!("{}: {why}", row.path));
            RawFeed::default()
        });
        found.feeds += 1;
        found.more += usize::from(ours.entries.len() > bare.entries.len());
        found.feed(&row.path, reader, (ours, &bare), &bytes, report);
    }
    found.tell(report);
    Ok(())
}

impl Found {
    /// Compares all entries of one feed.
    fn feed(
        &mut self,
        path: &str,
        reader: &Reader,
        (mut ours, bare): (RawFeed, &Feed),
        document: &[u8],
        report: &mut Report,
    ) {
        let entries = std::mem::take(&mut ours.entries);
        let urls = entries
            .iter()
            .map(|entry| reader.article(&ours, entry, BASE)?.url);
        let urls: Vec<Option<String>> = urls.collect();
        let site = ours.site_url.as_deref();
        for (at, bare) in bare.entries.iter().enumerate() {
            let pairs = entries.iter().zip(&urls).map(|(ours, url)| Pair {
                ours,
                url: url.as_deref(),
                site,
                bare,
            });
            let Some(pair) = counterpart(pairs, at) else {
                self.lost += 1;
                let title = bare.title.as_ref().map_or("", |title| &title.content);
                let title = short(title);
                report.detail(SECTION, format!("{path}: entry {at} {title:?} is lost"));
                continue;
            };
            for (n, beside) in pair.fields().into_iter().enumerate() {
                if let Some(what) = self.field(n, beside, &pair, document) {
                    report.detail(SECTION, format!("{path}: entry {at} {what}"));
                }
            }
        }
    }

    /// Counts one field; what cannot be explained, in words.
    fn field(
        &mut self,
        n: usize,
        beside: Beside,
        pair: &Pair<'_>,
        document: &[u8],
    ) -> Option<String> {
        let count = &mut self.counts[n];
        match beside {
            Beside::Neither => {}
            Beside::Same => count.same += 1,
            Beside::More => count.more += 1,
            Beside::Differs(ours, bare) => {
                let difference = Difference {
                    field: FIELDS[n],
                    ours: &ours,
                    bare: &bare,
                    pair,
                    document,
                };
                if let Some(reason) = difference.reason() {
                    count.better += 1;
                    let fields = self.reasons.entry(reason).or_default();
                    *fields.entry(FIELDS[n]).or_default() += 1;
                } else {
                    count.unexplained += 1;
                    let (ours, bare) = (short(&ours), short(&bare));
                    let what = format!("{}: feed-rs {bare:?}, ours {ours:?}", FIELDS[n]);
                    return Some(what);
                }
            }
        }
        None
    }

    fn tell(self, report: &mut Report) {
        let Self {
            feeds, more, lost, ..
        } = self;
        report.judged(
            "well-formed: entries of feed-rs",
            "0 lost",
            format!("{lost} lost in {feeds} feeds; {more} give more"),
            lost == 0,
        );
        for (name, count) in FIELDS.iter().zip(self.counts) {
            let Count {
                same,
                more,
                better,
                unexplained,
            } = count;
            report.judged(
                format!("  {name}"),
                "0 unexplained",
                format!("{same} same, {more} more, {better} better, {unexplained} unexplained"),
                unexplained == 0,
            );
        }
        for (reason, fields) in self.reasons {
            let fields = fields.iter().map(|(name, count)| format!("{name} {count}"));
            let fields = fields.collect::<Vec<_>>().join(", ");
            report.told(format!("  better: {reason}"), "", fields);
        }
    }
}

/// Of feed-rs's entry with each of ours: the one at its place or another, with its id, link or
/// title; else the one at its place.
fn counterpart<'a>(pairs: impl Iterator<Item = Pair<'a>> + Clone, at: usize) -> Option<Pair<'a>> {
    let here = pairs.clone().nth(at);
    if here.as_ref().is_some_and(Pair::is_one_entry) {
        return here;
    }
    let mut pairs = pairs;
    pairs.find(Pair::is_one_entry).or(here)
}
