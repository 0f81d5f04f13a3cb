//! What an entry means for the store, rule by rule, and over several polls and imports.

use super::*;
use crate::model::{DateSource, Details, Extraction, Fingerprint, KnownSighting, RawHtml};

fn feed(name: &str) -> FeedId {
    name.parse().unwrap()
}

fn id(number: u8) -> ArticleId {
    ArticleId([number; 16])
}

fn key(number: u8) -> EntryKey {
    EntryKey([number; 16])
}

/// A version of story `number`; its content is so many words.
fn version(number: u8, words: usize) -> Article {
    let mut fingerprint = [number; 16];
    fingerprint[..8].copy_from_slice(&words.to_le_bytes());
    Article {
        id: id(number),
        title: String::new(),
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
        body: "word ".repeat(words),
        extraction: Extraction::Content,
        html: None,
        details: Details::default(),
        fingerprint: Fingerprint(fingerprint),
    }
}

fn candidate(number: u8, article: Article) -> Candidate {
    Candidate {
        key: key(number),
        guid: Some(format!("guid-{number}")),
        article,
        same_as: None,
    }
}

/// What a store would know: it does what was decided, and nothing else.
#[derive(Default)]
struct Memory {
    articles: Vec<(ArticleId, KnownArticle)>,
    sightings: Vec<(FeedId, EntryKey, KnownSighting)>,
}

impl Memory {
    fn known(&self, who: Speaker<'_>) -> Known {
        let own = |name: &FeedId| matches!(who, Speaker::Feed(feed) if feed == name);
        let sightings = self.sightings.iter().filter(|(name, ..)| own(name));
        Known {
            sightings: sightings
                .map(|(_, key, sighting)| (*key, *sighting))
                .collect(),
            articles: self.articles.iter().cloned().collect(),
            ..Known::default()
        }
    }

    /// Decides one candidate, does it, and tells what it was.
    fn hear(&mut self, who: Speaker<'_>, article: Article) -> Action {
        let number = article.id.0[0];
        let known = self.known(who);
        let decided = decide(vec![candidate(number, article)], &known, who).remove(0);
        let stored = match &decided.action {
            Action::Insert(article) => Some((article.id, article)),
            Action::Replace { id, article } => Some((*id, article)),
            Action::Link { .. } | Action::Touch => None,
        };
        if let Some((id, article)) = stored {
            let owner = match who {
                Speaker::Feed(feed) => Some(feed.clone()),
                Speaker::Backfill | Speaker::Import => None,
            };
            let current = KnownArticle {
                fingerprint: article.fingerprint,
                owner,
                words: article.words(),
            };
            self.articles.retain(|(known, _)| *known != id);
            self.articles.push((id, current));
        }
        if let Speaker::Feed(feed) = who {
            let old = known.sightings.get(&decided.key);
            let article = old.map_or(id(number), |sighting| sighting.article);
            let sighting = KnownSighting {
                article,
                fingerprint: decided.fingerprint,
            };
            self.sightings
                .retain(|(name, known, _)| (name, *known) != (feed, decided.key));
            self.sightings.push((feed.clone(), decided.key, sighting));
        }
        decided.action
    }
}

fn inserted(article: Article) -> Action {
    Action::Insert(Box::new(article))
}

fn replaced(article: Article) -> Action {
    let article = Box::new(article);
    Action::Replace {
        id: article.id,
        article,
    }
}

fn linked(number: u8) -> Action {
    Action::Link { id: id(number) }
}

#[test]
fn an_unknown_story_is_inserted_with_its_key_guid_and_fingerprint() {
    let one = feed("one");
    let decided = decide(
        vec![candidate(1, version(1, 5))],
        &Known::default(),
        Speaker::Feed(&one),
    );
    assert_eq!(decided.len(), 1);
    assert_eq!(
        (decided[0].key, decided[0].guid.as_deref()),
        (key(1), Some("guid-1"))
    );
    assert_eq!(decided[0].fingerprint, version(1, 5).fingerprint);
    assert_eq!(decided[0].action, inserted(version(1, 5)));
}

#[test]
fn decisions_keep_the_order_of_the_document() {
    let one = feed("one");
    let entries = [3, 1, 2].map(|number| candidate(number, version(number, 5)));
    let decided = decide(entries.into(), &Known::default(), Speaker::Feed(&one));
    let keys: Vec<_> = decided.iter().map(|decided| decided.key).collect();
    assert_eq!(keys, [3, 1, 2].map(key));
}

#[test]
fn an_unchanged_entry_is_touched_and_a_changed_one_replaces() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    let one = Speaker::Feed(&one);
    memory.hear(one, version(1, 5));
    assert_eq!(memory.hear(one, version(1, 5)), Action::Touch);
    assert_eq!(memory.hear(one, version(1, 3)), replaced(version(1, 3)));
    assert_eq!(memory.hear(one, version(1, 3)), Action::Touch);
}

#[test]
fn other_details_or_markup_alone_are_no_new_version() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    let one = Speaker::Feed(&one);
    memory.hear(one, version(1, 5));
    let mut other = version(1, 5);
    other.details.image = Some("https://example.org/other.png".to_owned());
    other.html = Some(RawHtml {
        text: "<b>word</b>".to_owned(),
        base: None,
    });
    assert_eq!(memory.hear(one, other.clone()), Action::Touch);
    let longer = Article {
        details: other.details,
        html: other.html,
        ..version(1, 6)
    };
    assert_eq!(memory.hear(one, longer.clone()), replaced(longer));
}

#[test]
fn a_second_feed_with_the_same_text_is_linked() {
    let (mut memory, one, two) = (Memory::default(), feed("one"), feed("two"));
    memory.hear(Speaker::Feed(&one), version(1, 5));
    assert_eq!(memory.hear(Speaker::Feed(&two), version(1, 5)), linked(1));
    assert_eq!(
        memory.hear(Speaker::Feed(&two), version(1, 5)),
        Action::Touch
    );
}

#[test]
fn a_second_feed_replaces_only_with_a_far_fuller_text() {
    for (words, replaces) in [
        (1, false),
        (99, false),
        (101, false),
        (150, false),
        (151, true),
    ] {
        let (mut memory, one, two) = (Memory::default(), feed("one"), feed("two"));
        memory.hear(Speaker::Feed(&one), version(1, 100));
        let action = memory.hear(Speaker::Feed(&two), version(1, words));
        let expected = if replaces {
            replaced(version(1, words))
        } else {
            linked(1)
        };
        assert_eq!(action, expected, "{words} words");
    }
}

#[test]
fn any_text_is_fuller_than_none() {
    let (mut memory, one, two) = (Memory::default(), feed("one"), feed("two"));
    memory.hear(Speaker::Feed(&one), version(1, 0));
    assert_eq!(
        memory.hear(Speaker::Feed(&two), version(1, 1)),
        replaced(version(1, 1))
    );
}

#[test]
fn two_feeds_never_replace_each_other_back_and_forth() {
    let (mut memory, one, two) = (Memory::default(), feed("one"), feed("two"));
    memory.hear(Speaker::Feed(&one), version(1, 10));
    memory.hear(Speaker::Feed(&two), version(1, 100));
    for _ in 0..5 {
        assert_eq!(
            memory.hear(Speaker::Feed(&one), version(1, 10)),
            Action::Touch
        );
        assert_eq!(
            memory.hear(Speaker::Feed(&two), version(1, 100)),
            Action::Touch
        );
    }
    // An edit of the teaser is no reason to give up the full text, said once.
    assert_eq!(memory.hear(Speaker::Feed(&one), version(1, 11)), linked(1));
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 11)),
        Action::Touch
    );
}

#[test]
fn a_feed_replaces_what_was_imported_with_its_own_version_once() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    assert_eq!(
        memory.hear(Speaker::Import, version(1, 100)),
        inserted(version(1, 100))
    );
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 4)),
        replaced(version(1, 4))
    );
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 4)),
        Action::Touch
    );
}

#[test]
fn an_import_replaces_what_was_polled_and_the_unchanged_feed_leaves_it() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    memory.hear(Speaker::Feed(&one), version(1, 100));
    assert_eq!(
        memory.hear(Speaker::Import, version(1, 4)),
        replaced(version(1, 4))
    );
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 100)),
        Action::Touch
    );
    assert_eq!(memory.hear(Speaker::Import, version(1, 4)), linked(1));
    // Only an edit by the publisher speaks again.
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 90)),
        replaced(version(1, 90))
    );
}

#[test]
fn importing_what_is_stored_changes_nothing() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    memory.hear(Speaker::Feed(&one), version(1, 100));
    assert_eq!(memory.hear(Speaker::Import, version(1, 100)), linked(1));
    assert_eq!(
        memory.hear(Speaker::Feed(&one), version(1, 90)),
        replaced(version(1, 90))
    );
}

#[test]
fn a_sighted_entry_whose_link_changed_keeps_its_article() {
    let (mut memory, one) = (Memory::default(), feed("one"));
    memory.hear(Speaker::Feed(&one), version(1, 5));
    let known = memory.known(Speaker::Feed(&one));
    let moved = version(2, 6);
    let decided = decide(
        vec![candidate(1, moved.clone())],
        &known,
        Speaker::Feed(&one),
    );
    let expected = Action::Replace {
        id: id(1),
        article: Box::new(moved),
    };
    assert_eq!(decided[0].action, expected);
}

#[test]
fn a_deleted_story_is_passed_over_and_the_others_are_not() {
    let one = feed("one");
    let known = Known {
        tombstones: [id(2)].into(),
        ..Known::default()
    };
    for who in [Speaker::Feed(&one), Speaker::Import] {
        let entries = [1, 2, 3].map(|number| candidate(number, version(number, 5)));
        let decided = decide(entries.into(), &known, who);
        let keys: Vec<_> = decided.iter().map(|decided| decided.key).collect();
        assert_eq!(keys, [1, 3].map(key));
    }
}

#[test]
fn a_link_without_text_gives_way_to_any_text_and_takes_no_others_place() {
    let (sitemap, full, other) = (feed("sitemap"), feed("full"), feed("other"));
    let (sitemap, full) = (Speaker::Feed(&sitemap), Speaker::Feed(&full));
    let headline = |wording: u8| Article {
        fingerprint: Fingerprint([wording; 16]),
        ..version(1, 0)
    };
    let mut memory = Memory::default();
    assert_eq!(memory.hear(sitemap, headline(7)), inserted(headline(7)));
    // Its own headline it may change.
    assert_eq!(memory.hear(sitemap, headline(8)), replaced(headline(8)));
    // Another headline alone is no more than it has.
    let speaker = Speaker::Feed(&other);
    assert_eq!(memory.hear(speaker, headline(9)), linked(1));
    assert_eq!(memory.hear(full, version(1, 1)), replaced(version(1, 1)));
    assert_eq!(memory.hear(sitemap, headline(10)), linked(1));

    let mut memory = Memory::default();
    memory.hear(full, version(1, 50));
    assert_eq!(memory.hear(sitemap, headline(7)), linked(1));

    let mut memory = Memory::default();
    memory.hear(Speaker::Import, version(1, 50));
    assert_eq!(memory.hear(sitemap, headline(7)), linked(1));
    assert_eq!(memory.hear(full, version(1, 20)), replaced(version(1, 20)));
    // An import without a text is taken over as any import.
    let mut memory = Memory::default();
    memory.hear(Speaker::Import, headline(6));
    assert_eq!(memory.hear(sitemap, headline(7)), replaced(headline(7)));
}

#[test]
fn a_backfill_adds_what_is_missing_and_leaves_what_is_known_as_it_is() {
    let (mut memory, one, two) = (Memory::default(), feed("one"), feed("two"));
    memory.hear(Speaker::Feed(&one), version(1, 5));
    memory.hear(Speaker::Feed(&two), version(2, 1));
    memory.hear(Speaker::Import, version(3, 1));
    let mut known = memory.known(Speaker::Feed(&one));
    known.tombstones.insert(id(5));
    // Longer than what is stored: an older version all the same.
    let page = [1, 2, 3, 4, 5].map(|number| candidate(number, version(number, 100)));
    let decided = decide(page.into(), &known, Speaker::Backfill);
    let actions: Vec<_> = decided
        .into_iter()
        .map(|decided| (decided.key, decided.action))
        .collect();
    assert_eq!(
        actions,
        [
            (key(2), linked(2)),
            (key(3), linked(3)),
            (key(4), inserted(version(4, 100)))
        ]
    );
}
