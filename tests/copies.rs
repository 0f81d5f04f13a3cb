//! Near copies among real articles: what is labelled, against pairs that were labelled by hand, and
//! against copies made of real articles as agencies and editors make them. Left out unless
//! `TIDINGS_CORPUS` names the folder of feeds.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
};

use tidings::{
    model::{
        Action, Article, ArticleId, ArticleQuery, Batch, Cleanup, Decided, StoredArticle, near,
    },
    normalize::{self, Context},
    parse::{self, Limits},
    store::{Backend as _, Claim, FeedSet, sqlite::Sqlite},
};

use crate::{
    contract::{HOUR, LEASE, at, batch, id, key, spec},
    util::corpus,
};

/// Hundredths of the real copies that are labelled as such, and of the labels across feeds that are
/// right, less a margin.
const RECALL: usize = 90;
const PRECISION: usize = 95;
/// The same of copies that were made, all ways taken together.
const RECALL_MADE: usize = 95;

/// Pairs labelled by hand: those that say the same.
fn labelled() -> HashSet<(String, String)> {
    let lines = include_str!("fixtures/copies.txt").lines();
    let copies = lines.filter_map(|line| line.strip_prefix("copy "));
    let pair = |line: &str| {
        let (a, b) = line.split_once(' ').unwrap();
        (a.to_owned(), b.to_owned())
    };
    copies.map(pair).collect()
}

/// The articles of each real feed.
fn real() -> Option<Vec<Vec<Article>>> {
    let folder = corpus()?;
    let folder = [folder.join("feeds"), folder]
        .into_iter()
        .find(|folder| folder.join("real.txt").exists())
        .expect("real.txt in TIDINGS_CORPUS or in its folder feeds");
    let list = fs::read_to_string(folder.join("real.txt")).unwrap();
    let read = |name: &str| {
        let bytes = fs::read(folder.join(name)).unwrap();
        let limits = Limits {
            max_entries: 1_000_000,
            pages: false,
        };
        let feed = parse::parse(&bytes, None, "https://feeds.example/", limits).ok()?;
        let context = Context {
            feed_id: &id("preview"),
            source_name: None,
            feed_url: "https://feeds.example/",
            now: at(0),
            cleanup: &Cleanup::default(),
            trust: Default::default(),
        };
        let entries = normalize::normalize(&feed, &context).entries.into_iter();
        Some(entries.map(|entry| entry.article).collect())
    };
    Some(list.lines().filter_map(read).collect())
}

/// A store with a feed for each list of articles, polled one after the other.
fn stored(feeds: Vec<Vec<Article>>) -> HashMap<ArticleId, StoredArticle> {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Sqlite::open(&folder.path().join("tidings.db")).unwrap();
    let names: Vec<String> = (0..feeds.len()).map(|n| format!("feed-{n}")).collect();
    let set = FeedSet {
        specs: names.iter().map(|name| spec(name)).collect(),
        origins: None,
        default_interval: HOUR,
    };
    store.sync_feeds(&set, at(0)).unwrap();
    for (name, articles) in names.iter().zip(feeds) {
        let claim = Claim {
            now: at(0),
            lease: LEASE,
            limit: 1,
            per_host: 1,
            spacing: std::time::Duration::ZERO,
            asks: true,
        };
        let due = store
            .claim(&[id(name)], &claim)
            .unwrap()
            .feeds
            .remove(0)
            .feed;
        let entry = |article: Article| Decided {
            key: key(&article.id.to_string()),
            guid: None,
            fingerprint: article.fingerprint,
            action: Action::Insert(Box::new(article)),
        };
        let entries = articles.into_iter().map(entry).collect();
        let batch: Batch = batch(&due, 0, entries);
        store.commit(&[batch]).unwrap().remove(0).unwrap();
    }
    let (mut all, mut after) = (HashMap::new(), None);
    loop {
        let page = store
            .articles(&ArticleQuery::default(), after, 500)
            .unwrap();
        all.extend(page.articles.into_iter().map(|it| (it.article.id, it)));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn real_copies_are_labelled_and_nothing_else_is() {
    let Some(feeds) = real() else { return };
    let labelled = labelled();
    let all = stored(feeds);
    let by_name: HashMap<String, &StoredArticle> = all
        .values()
        .map(|it| (it.article.id.to_string(), it))
        .collect();
    let known: Vec<_> = labelled
        .iter()
        .filter_map(|(a, b)| Some((*by_name.get(a)?, *by_name.get(b)?)))
        .collect();
    assert!(
        known.len() * 10 >= labelled.len() * 9,
        "labelled pairs are of this corpus"
    );
    let hit = known.iter().filter(|(a, b)| a.cluster == b.cluster).count();
    let (mut right, mut wrong, mut within) = (0, 0, 0);
    for copy in all.values() {
        let Some(of) = copy.duplicate_of.and_then(|id| all.get(&id)) else {
            continue;
        };
        let (a, b) = (copy.article.id.to_string(), of.article.id.to_string());
        if copy.feeds.iter().any(|feed| of.feeds.contains(feed)) {
            within += 1;
        } else if labelled.contains(&(a.clone(), b.clone()))
            || labelled.contains(&(b.clone(), a.clone()))
        {
            right += 1;
        } else {
            wrong += 1;
            eprintln!(
                "copies: wrong: {a} {:?}, {b} {:?}",
                copy.article.title, of.article.title
            );
        }
    }
    for (a, b) in &known {
        if a.cluster != b.cluster {
            eprintln!(
                "copies: missed: {:?}, {:?}",
                a.article.title, b.article.title
            );
        }
    }
    eprintln!(
        "copies: {} real articles: {hit} of {} real copies found, {right} of {} labels across feeds right; \
         {within} articles say what another of their feed says",
        all.len(),
        known.len(),
        right + wrong,
    );
    assert!(
        hit * 100 >= known.len() * RECALL,
        "{hit} of {} found",
        known.len()
    );
    assert!(
        right * 100 >= (right + wrong) * PRECISION,
        "{wrong} of {} wrong",
        right + wrong
    );
}

/// A body and a number to a copy of it.
type Change = fn(&str, usize) -> String;

/// Ways in which a story is taken over, with a number that varies them.
const WAYS: [(&str, Change); 7] = [
    ("an agency's line before it", |body, _| {
        format!("BERLIN (Agency) - {body}\nRead more at the Example.")
    }),
    ("cut to 70 %", |body, _| {
        let words: Vec<&str> = body.split(' ').collect();
        words[..words.len() * 7 / 10].join(" ")
    }),
    ("a paragraph less", |body, seed| {
        let mut paragraphs: Vec<&str> = body.lines().collect();
        let bytes = body.len();
        // Not the one that is most of the story.
        let small: Vec<usize> = (0..paragraphs.len())
            .filter(|at| paragraphs[*at].len() * 3 < bytes)
            .collect();
        if let Some(at) = small.get(seed % small.len().max(1)) {
            paragraphs.remove(*at);
        }
        paragraphs.join("\n")
    }),
    ("5 % of the words others", |body, seed| {
        reworded(body, seed, 20)
    }),
    ("10 % of the words others", |body, seed| {
        reworded(body, seed, 10)
    }),
    ("sentences in another order", |body, seed| {
        let mut sentences: Vec<&str> = body.split_inclusive(". ").collect();
        let middle = seed % sentences.len();
        sentences.rotate_left(middle);
        sentences.concat()
    }),
    ("only another headline", |body, _| body.to_owned()),
];

/// Every n-th word, more or less, is another.
fn reworded(body: &str, seed: usize, nth: usize) -> String {
    let mut state = seed as u64 * 2_654_435_761 + 1;
    let mut other = |word: &str| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        match state % nth as u64 {
            0 => format!("other{}", state % 1000),
            _ => word.to_owned(),
        }
    };
    let line = |line: &str| {
        line.split(' ')
            .map(&mut other)
            .collect::<Vec<_>>()
            .join(" ")
    };
    body.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn copies_made_of_real_articles_are_found() {
    let Some(mut feeds) = real() else { return };
    let mut seen = HashSet::new();
    let mut made = Vec::new();
    let mut originals = HashMap::new();
    for article in feeds.iter().flatten() {
        // Room for cuts, and text that has words to be changed.
        let spaces = article.body.split(' ').count();
        if article.words() < 60 || spaces < 60 || !seen.insert(article.body.clone()) {
            continue;
        }
        let number = originals.len();
        let (way, change) = WAYS[number % WAYS.len()];
        let mut copy = Article {
            body: change(&article.body, number),
            title: format!("In other words: {}", article.title),
            ..article.clone()
        };
        copy.id.0[15] ^= 1;
        copy.fingerprint.0[15] ^= 1;
        if copy.words() >= near::FEWEST_WORDS {
            originals.insert(copy.id, (way, article.id));
            made.push(copy);
        }
    }
    feeds.push(made);
    let all = stored(feeds);
    let mut ways: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut wrong = 0;
    for (copy, (way, original)) in &originals {
        let (Some(copy), Some(original)) = (all.get(copy), all.get(original)) else {
            continue;
        };
        let counts = ways.entry(way).or_default();
        counts.1 += 1;
        if copy.cluster == original.cluster {
            counts.0 += 1;
        } else if copy.duplicate_of.is_some() {
            wrong += 1;
        }
    }
    let (mut found, mut of) = (0, 0);
    for (way, (hit, all)) in &ways {
        eprintln!("copies: {way}: {hit} of {all} found");
        (found, of) = (found + hit, of + all);
    }
    eprintln!(
        "copies: {found} of {of} made copies found, {wrong} taken for copies of another article"
    );
    assert!(found * 100 >= of * RECALL_MADE, "{found} of {of}");
}
