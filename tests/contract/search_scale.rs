//! What searching and labelling cost: bytes and time of the writer for real texts, times of searches
//! in a large store; run by hand, prints figures.
//!
//! `cargo test --release --test tidings search_scale -- --ignored --nocapture`

#![allow(clippy::print_stderr, reason = "printing figures is what it is for")]

use std::time::{Duration, Instant};

use tidings::{
    model::{ArticleQuery, Decided, search::Query},
    store::{Backend as _, Packed, sqlite::Sqlite},
};

use super::{at, batch, claim, id, insert, set, spec, version};

const FEEDS: usize = 50;
const POLLS: usize = 100;
const ARTICLES: usize = 20;

/// Texts whose words are as unlike in frequency as a language's (Zipf), 20,000 different ones.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn text(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            // Uniform in the logarithm: the n-th word has a share of 1/n.
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a random number of a few digits"
            )]
            let word = (20_000_f64).powf((self.next() >> 11) as f64 / (1_u64 << 53) as f64) as u64;
            text.push_str(&spelled(word));
            text.push(' ');
        }
        text
    }
}

/// A word of its own for each number, of two to eight letters.
fn spelled(mut word: u64) -> String {
    let mut out = String::new();
    loop {
        out.push(char::from(
            b"bdfgklmnprst"[usize::try_from(word % 12).unwrap()],
        ));
        out.push(char::from(
            b"aeiou"[usize::try_from(word / 12 % 5).unwrap()],
        ));
        word /= 60;
        if word == 0 {
            return out;
        }
    }
}

fn entries(words: &mut Words, first: usize) -> Vec<Decided> {
    let entry = |n: usize| {
        let body = words.text(150 + n % 7 * 40);
        let mut article = version(&format!("n{n}"), &body);
        article.title = words.text(8);
        article.id.0[..8].copy_from_slice(&n.to_be_bytes());
        let minute = i64::try_from(n * 31 % 400_000).unwrap();
        article.published_at = Some(at(-minute));
        let mut entry = insert(article);
        entry.key.0[..8].copy_from_slice(&n.to_be_bytes());
        entry
    };
    (first..first + ARTICLES).map(entry).collect()
}

#[test]
#[ignore = "takes minutes; prints figures"]
fn a_hundred_thousand_articles_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    let ids: Vec<String> = (0..FEEDS).map(|n| format!("feed-{n}")).collect();
    store
        .sync_feeds(&set(ids.iter().map(|id| spec(id)).collect()), at(0))
        .unwrap();
    let ids: Vec<_> = ids.iter().map(|name| id(name)).collect();
    let mut words = Words(88_172_645_463_325_252);
    let (mut packing, mut writing, mut stored) = (Duration::ZERO, Duration::ZERO, 0);
    for round in 0..POLLS {
        let minute = i64::try_from(round).unwrap() * 70;
        let claimed = store.claim(&ids, &claim(minute)).unwrap().feeds;
        assert_eq!(claimed.len(), FEEDS);
        let batches: Vec<_> = claimed
            .iter()
            .map(|claimed| {
                let batch = batch(&claimed.feed, minute, entries(&mut words, stored));
                stored += ARTICLES;
                batch
            })
            .collect();
        let begun = Instant::now();
        let packed: Vec<_> = batches
            .into_iter()
            .map(|it| Packed::new(it).unwrap())
            .collect();
        packing += begun.elapsed();
        let begun = Instant::now();
        store.commit_packed(&packed).unwrap();
        writing += begun.elapsed();
    }
    let each = |all: Duration| all / u32::try_from(stored).unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len() / stored as u64;
    eprintln!(
        "{stored} articles: {:?} packing, {:?} writing, {bytes} bytes each",
        each(packing),
        each(writing)
    );
    let word = spelled;
    for (what, query) in [
        ("the most common word", word(1)),
        ("a common word", word(30)),
        ("a rare word", word(15_000)),
        ("two words", format!("{} {}", word(5), word(300))),
        ("a phrase", format!("\"{} {}\"", word(2), word(9))),
        ("a beginning", format!("{}*", &word(700)[..3])),
        ("either of two", format!("{} OR {}", word(50), word(4000))),
        ("one without another", format!("{} -{}", word(40), word(3))),
    ] {
        ask(&mut store, what, &query);
    }
}

/// Prints how long a search takes, in both orders.
fn ask(store: &mut Sqlite, what: &str, typed: &str) {
    let query = ArticleQuery {
        search: Some(typed.parse::<Query>().unwrap()),
        newest_first: true,
        ..ArticleQuery::default()
    };
    let timed = |work: &mut dyn FnMut() -> usize| {
        let mut times: Vec<Duration> = (0..40)
            .map(|_| {
                let begun = Instant::now();
                work();
                begun.elapsed()
            })
            .collect();
        times.sort();
        (times[20], times[38])
    };
    let best = timed(&mut || store.best(&query, 20).unwrap().len());
    let newest = timed(&mut || store.articles(&query, None, 20).unwrap().articles.len());
    let count = timed(&mut || usize::try_from(store.count(&query).unwrap()).unwrap());
    let found = store.count(&query).unwrap();
    eprintln!("{what} ({found}): median, p95: best {best:?}, newest {newest:?}, count {count:?}");
}
