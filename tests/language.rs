//! Detected languages against what real publishers declare. Left out unless `TIDINGS_CORPUS` names
//! the folder of feeds.
//!
//! Publishers are not always right (software declares "en" for everybody), so agreement is a lower
//! bound of what the detector gets right.

use std::{collections::BTreeMap, fs, time::Instant};

use tidings::{
    model::{Cleanup, RawFeed},
    normalize::{Context, Normalized, normalize},
    parse::{self, Limits},
};

use crate::util::corpus;

/// Agreement that was reached when this was last measured, in percent: raise it, never lower it.
const AGREE: f64 = 99.0;

fn normalized(feed: &RawFeed) -> Normalized {
    let context = Context {
        feed_id: &"feed".parse().unwrap(),
        source_name: None,
        feed_url: "https://feeds.example/rss",
        now: "2030-01-01T00:00:00Z".parse().unwrap(),
        cleanup: &Cleanup::default(),
        trust: Default::default(),
    };
    normalize(feed, &context)
}

fn primary(tag: &str) -> &str {
    match tag.split('-').next().unwrap_or_default() {
        "no" | "nn" => "nb",
        primary => primary,
    }
}

#[test]
fn a_detected_language_is_the_one_that_publishers_declare() {
    let Some(folder) = corpus() else { return };
    let folder = [folder.join("feeds"), folder]
        .into_iter()
        .find(|folder| folder.join("real.txt").exists())
        .expect("real.txt in TIDINGS_CORPUS or in its folder feeds");
    let limits = Limits {
        max_entries: 100,
        pages: false,
    };
    // By percent of confidence: entries, and those that agree.
    let mut counts: BTreeMap<u8, (usize, usize)> = BTreeMap::new();
    let (mut declared, mut contradicted, mut silent) = (0, 0, 0);
    let (mut seconds, mut entries) = ([0.0, 0.0], 0);
    for name in fs::read_to_string(folder.join("real.txt")).unwrap().lines() {
        let bytes = fs::read(folder.join(name)).unwrap();
        let Ok(mut feed) = parse::parse(&bytes, None, "https://feeds.example/rss", limits) else {
            continue;
        };
        let begun = Instant::now();
        let said = normalized(&feed);
        seconds[0] += begun.elapsed().as_secs_f64();
        feed.language = None;
        feed.entries
            .iter_mut()
            .for_each(|entry| entry.language = None);
        let begun = Instant::now();
        let found = normalized(&feed);
        seconds[1] += begun.elapsed().as_secs_f64();
        entries += u32::try_from(found.entries.len()).unwrap();
        for (said, found) in said.entries.iter().zip(&found.entries) {
            let Some(tag) = said.article.language.as_deref() else {
                continue;
            };
            if said.article.details.language_confidence.is_some() {
                if declares(&bytes) {
                    contradicted += 1;
                    let title: String = said.article.title.chars().take(60).collect();
                    println!("{name}: contradicted, detected {tag}: {title}");
                }
                continue;
            }
            declared += 1;
            let Some(detected) = found.article.language.as_deref() else {
                silent += 1;
                continue;
            };
            let agrees = primary(tag) == primary(detected);
            let percent = found
                .article
                .details
                .language_confidence
                .unwrap_or_default();
            let count = counts.entry(percent).or_default();
            *count = (count.0 + 1, count.1 + usize::from(agrees));
            if !agrees {
                let title: String = found.article.title.chars().take(60).collect();
                println!("{name}: {tag}, detected {detected} {percent} %: {title}");
            }
        }
    }
    let (mut all, mut agree) = (0, 0);
    for (percent, (entries, agreeing)) in counts.iter().rev() {
        all += entries;
        agree += agreeing;
        let share = agree as f64 * 100.0 / all as f64;
        eprintln!("language: from {percent} %: {all} entries, {share:.2} % agree");
    }
    eprintln!(
        "language: {declared} declared, {silent} of them not detected, {contradicted} contradicted"
    );
    let [declaring, detecting] = seconds.map(|seconds| seconds * 1e6 / f64::from(entries));
    eprintln!(
        "language: normalizing takes {declaring:.1} µs an entry, {detecting:.1} µs where nothing is declared"
    );
    assert!(
        agree as f64 * 100.0 >= AGREE * all as f64,
        "{agree} of {all} agree"
    );
}

/// True if the document says a language anywhere.
fn declares(document: &[u8]) -> bool {
    let text = String::from_utf8_lossy(document);
    text.contains("<language>") || text.contains("xml:lang") || text.contains("dc:language")
}
