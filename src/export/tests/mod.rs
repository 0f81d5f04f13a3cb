//! Export and import as a whole: bytes out, the same articles back, nothing left behind.

mod formats;
mod jsonl;
mod markdown;
mod partitions;
mod tables;
mod targets;

use std::{error::Error, path::Path};

use super::*;
use crate::model::{
    Article, ArticleId, DateSource, Details, Enclosure, Extraction, Fingerprint, StoredArticle,
    Time,
};

const SEED: &str = include_str!("../../../tests/fixtures/seed/expected_seed.md");

/// Identity for tests: any URL is canonical, and the title tells articles apart.
const IDENTIFY: Identify = Identify {
    canonical_url: |url| (!url.starts_with("javascript:")).then(|| url.to_owned()),
    article_id: |_, title, _| id_of(title),
    fingerprint: |_, _, _, _| Fingerprint([0; 16]),
};

fn id_of(text: &str) -> ArticleId {
    let mut id = *b"0123456789abcdef";
    for (at, byte) in text.bytes().enumerate() {
        id[at % 6] = id[at % 6].wrapping_mul(31).wrapping_add(byte);
    }
    ArticleId(id)
}

fn article(title: &str, body: &str) -> Article {
    Article {
        id: id_of(title),
        title: title.to_owned(),
        authors: Vec::new(),
        source: String::new(),
        url: None,
        canonical_url: None,
        guid: None,
        published_at: None,
        published_from: DateSource::None,
        updated_at: None,
        language: None,
        tags: Vec::new(),
        enclosures: Vec::new(),
        summary: None,
        body: body.to_owned(),
        extraction: Extraction::Import,
        html: None,
        details: Details::default(),
        fingerprint: Fingerprint([0; 16]),
    }
}

fn stored(article: Article) -> StoredArticle {
    let at = |text: &str| text.parse::<Time>().unwrap();
    StoredArticle {
        cluster: article.id,
        duplicate_of: None,
        article,
        seq: 7,
        first_seen: at("2020-01-02T03:04:05.678Z"),
        changed_at: at("2020-01-02T03:04:06Z"),
        revision: 1,
        feeds: vec!["a".parse().unwrap(), "b".parse().unwrap()],
    }
}

/// Pages of one article each.
struct Pages(Vec<Article>);

impl Pages {
    fn new(articles: &[Article]) -> Self {
        Self(articles.iter().rev().cloned().collect())
    }
}

impl ArticleSource for Pages {
    fn next_page(&mut self) -> Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        Ok(self.0.pop().map(stored).into_iter().collect())
    }
}

fn export(articles: &[Article], options: impl Into<Options>) -> String {
    String::from_utf8(export_bytes(articles, options)).unwrap()
}

fn export_bytes(articles: &[Article], options: impl Into<Options>) -> Vec<u8> {
    let mut out = Vec::new();
    let target = Target::Stream(&mut out);
    run(
        &mut Pages::new(articles),
        &options.into(),
        target,
        &mut |_| {},
    )
    .unwrap();
    out
}

fn import(text: &str) -> Result<Vec<Article>, ImportError> {
    read_markdown(text.as_bytes(), Path::new("a.md"), &IDENTIFY)
}
