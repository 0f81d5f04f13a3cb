//! How a store behaves as it grows: `cargo test --release --test tidings -- --ignored --nocapture a_growing_store`
//! prints the curve up to `TIDINGS_ARTICLES` (100,000) articles.

use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use tidings::{
    model::{ArticleId, EntryKey},
    store::{Backend as _, sqlite::Sqlite, sqlite::care},
};

use super::{add, long_story};
use crate::contract::{at, set, spec};

/// Articles of one commit.
const BATCH: usize = 50;
/// Look-ups that are measured.
const LOOKUPS: usize = 2000;

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

#[test]
#[ignore = "takes minutes; prints figures"]
fn a_growing_store_stays_as_fast_and_as_flat() {
    let most: usize = std::env::var("TIDINGS_ARTICLES").map_or(100_000, |n| n.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let mut store = Sqlite::open(&path).unwrap();
    store.sync_feeds(&set(vec![spec("one")]), at(0)).unwrap();
    let text = vec![b'x'; 4096];
    let start = Instant::now();
    for _ in 0..LOOKUPS {
        std::hint::black_box(Sha256::digest(&text));
    }
    let hash = start.elapsed() / u32::try_from(LOOKUPS).unwrap();
    eprintln!("hashing 4 kB takes {hash:?}");
    eprintln!("  articles  articles/s   look-ups/s  bytes/article");
    let (mut done, mut step, mut minute) = (0, 1000, 0);
    while done < most {
        let (mut written, mut count) = (Duration::ZERO, 0);
        while done < step {
            let slugs: Vec<String> = (done..done + BATCH).map(|n| format!("s{n}")).collect();
            minute += 70;
            let start = Instant::now();
            add(&mut store, minute, slugs.into_iter());
            written += start.elapsed();
            (done, count) = (done + BATCH, count + BATCH);
        }
        let mut asked = Vec::with_capacity(LOOKUPS);
        for n in 0..LOOKUPS {
            let article = long_story(&format!("s{}", n * (done / LOOKUPS.min(done))));
            asked.push((EntryKey([7; 16]), ArticleId(article.id.0)));
        }
        let start = Instant::now();
        let known = store.known(1, &asked).unwrap();
        let looked = start.elapsed();
        assert!(!known.articles.is_empty());
        let stats = care::stats(&path).unwrap();
        eprintln!(
            "{done:>10}  {:>10.0}  {:>11.0}  {:>13}",
            per_second(count, written),
            per_second(LOOKUPS, looked),
            stats.used() / stats.articles
        );
        step = (step * 10).min(most.max(step + 1));
    }
}
