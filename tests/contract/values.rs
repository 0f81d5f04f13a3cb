//! Every field of an article comes back as it was given, whatever it holds.

use tidings::model::{
    Article, ArticleId, ArticleQuery, Category, Contributor, DateSource, Details, Enclosure,
    Extraction, Fingerprint, RawHtml, TakenFrom, Time,
};

use super::{Bench, at, contract, insert, replace, story, version};

contract! {
    every_field_comes_back
    absent_and_empty_fields_come_back_absent_and_empty
    any_text_comes_back
    every_combination_of_link_and_canonical_link_comes_back
    every_source_of_dates_and_bodies_comes_back
    times_come_back_to_the_millisecond_far_into_past_and_future
    every_byte_of_ids_and_fingerprints_comes_back
    details_of_every_kind_come_back
    markup_comes_back_when_it_is_asked_for_and_only_then
    markup_that_is_longer_than_is_kept_is_left_out
    a_new_version_replaces_details_and_markup
}

/// What the store gives back after one poll brought `article`.
fn stored(store: &mut Bench, article: &Article) -> Article {
    store.with_feeds(&["one"]);
    let mut entry = insert(article.clone());
    entry.guid.clone_from(&article.guid);
    entry.key.0 = article.id.0;
    let minute = 70 * (store.last_seq() + 1);
    store.poll("one", minute, vec![entry]);
    let last = store.last_seq();
    let mut changes = store.other.changes(last - 1, 1).unwrap();
    match changes.remove(0) {
        tidings::model::Change::Upsert(stored) => stored.article,
        tidings::model::Change::Delete { .. } => unreachable!("nothing was deleted"),
    }
}

fn assert_comes_back(store: &mut Bench, article: &Article) {
    assert_eq!(stored(store, article), *article);
}

/// A new story each time.
fn numbered(number: u8, article: Article) -> Article {
    Article {
        id: ArticleId([number; 16]),
        ..article
    }
}

fn every_field_comes_back(store: &mut Bench) {
    let full = Article {
        authors: vec!["Ada Lovelace".to_owned(), "Zoë, \"Z\"".to_owned()],
        updated_at: Some(at(17)),
        tags: vec!["a".to_owned(), "b, c".to_owned(), "[]".to_owned()],
        enclosures: vec![
            Enclosure {
                url: "https://example.org/a.mp3".to_owned(),
                mime: Some("audio/mpeg".to_owned()),
                bytes: Some(u64::MAX),
                seconds: Some(3723),
            },
            Enclosure {
                url: "https://example.org/b".to_owned(),
                mime: None,
                bytes: None,
                seconds: None,
            },
        ],
        summary: Some("A teaser".to_owned()),
        ..story("a")
    };
    assert_comes_back(store, &full);
}

fn absent_and_empty_fields_come_back_absent_and_empty(store: &mut Bench) {
    let empty = Article {
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
        body: String::new(),
        extraction: Extraction::None,
        html: None,
        details: Details::default(),
        ..story("a")
    };
    assert_comes_back(store, &empty);
    let blank = Article {
        guid: Some(String::new()),
        language: Some(String::new()),
        summary: Some(String::new()),
        authors: vec![String::new()],
        tags: vec![String::new(), String::new()],
        ..numbered(2, empty)
    };
    assert_comes_back(store, &blank);
}

fn any_text_comes_back(store: &mut Bench) {
    let texts = [
        "👩‍👩‍👧 é e\u{301} \u{202e}rtl\u{feff} 漢字".to_owned(),
        "'; DROP TABLE articles; -- \" ? :id $1 %s".to_owned(),
        "nul \0 inside, \u{1} \u{7f} \u{85} \u{2028}\r\n\ttabs".to_owned(),
        "\u{10ffff}".repeat(3),
        "long line ".repeat(300_000),
    ];
    for (number, text) in (1..).zip(texts) {
        let article = Article {
            title: text.clone(),
            authors: vec![text.clone(), text.clone()],
            source: text.clone(),
            guid: Some(text.clone()),
            tags: vec![text.clone()],
            summary: Some(text.clone()),
            body: text,
            ..numbered(number, story("a"))
        };
        assert_comes_back(store, &article);
    }
}

fn every_combination_of_link_and_canonical_link_comes_back(store: &mut Bench) {
    let link = || Some("https://example.org/a".to_owned());
    let other = || Some("https://example.org/b".to_owned());
    let pairs = [
        (None, None),
        (link(), None),
        (None, link()),
        (link(), link()),
        (link(), other()),
    ];
    for (number, (url, canonical_url)) in (1..).zip(pairs) {
        let article = Article {
            url,
            canonical_url,
            ..numbered(number, story("a"))
        };
        assert_comes_back(store, &article);
    }
}

fn every_source_of_dates_and_bodies_comes_back(store: &mut Bench) {
    let sources = [
        (DateSource::Feed, Extraction::Content),
        (DateSource::FeedUpdated, Extraction::Summary),
        (DateSource::Page, Extraction::Media),
        (DateSource::Import, Extraction::Import),
        (DateSource::None, Extraction::None),
    ];
    for (number, (published_from, extraction)) in (1..).zip(sources) {
        let article = Article {
            published_from,
            extraction,
            html: None,
            details: Details::default(),
            ..numbered(number, story("a"))
        };
        assert_comes_back(store, &article);
    }
}

fn times_come_back_to_the_millisecond_far_into_past_and_future(store: &mut Bench) {
    let times = [
        "1969-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00Z",
        "2026-03-02T10:00:00.001Z",
        "2026-02-28T23:59:60Z",
        "9999-12-31T23:59:59.999Z",
    ];
    for (number, time) in (1..).zip(times) {
        let time: Time = time.parse().unwrap();
        let time = Time::from_timestamp_millis(time.timestamp_millis()).unwrap();
        let article = Article {
            published_at: Some(time),
            updated_at: Some(time),
            ..numbered(number, story("a"))
        };
        assert_comes_back(store, &article);
    }
    let extreme = Article {
        published_at: Some(Time::MAX_UTC),
        updated_at: Some(Time::MIN_UTC),
        ..numbered(99, story("a"))
    };
    let back = stored(store, &extreme);
    let close = |a: Option<Time>, b: Time| (a.unwrap() - b).num_milliseconds() == 0;
    assert!(close(back.published_at, Time::MAX_UTC) && close(back.updated_at, Time::MIN_UTC));
}

fn every_byte_of_ids_and_fingerprints_comes_back(store: &mut Bench) {
    for first in [0_u8, 1, 127, 128, 255] {
        let bytes = std::array::from_fn(|place| first.wrapping_add(u8::try_from(place).unwrap()));
        let article = Article {
            id: ArticleId(bytes),
            fingerprint: Fingerprint(bytes),
            ..story("a")
        };
        assert_comes_back(store, &article);
    }
}

fn details() -> Details {
    Details {
        contributors: vec![Contributor {
            name: "Zoë \"Z\"".to_owned(),
            role: "editor".to_owned(),
        }],
        categories: vec![Category {
            term: "Food".to_owned(),
            scheme: "https://example.org/cats".to_owned(),
        }],
        image: Some("https://example.org/a.png".to_owned()),
        comments_url: Some("https://example.org/a#comments".to_owned()),
        rights: Some("© Ada".to_owned()),
        taken_from: Some(TakenFrom {
            title: Some("Other".to_owned()),
            url: None,
        }),
        language_confidence: Some(93),
    }
}

fn html(text: &str, base: Option<&str>) -> RawHtml {
    RawHtml {
        text: text.to_owned(),
        base: base.map(str::to_owned),
    }
}

/// The markup of the only article there is.
fn markup(store: &mut Bench) -> Option<RawHtml> {
    let query = ArticleQuery {
        with_html: true,
        ..ArticleQuery::default()
    };
    store.pages(&query, 10).remove(0).article.html
}

fn details_of_every_kind_come_back(store: &mut Bench) {
    let full = Article {
        details: details(),
        ..story("a")
    };
    assert_comes_back(store, &full);
    let details = Details {
        image: Some(String::new()),
        ..Details::default()
    };
    let sparse = Article {
        details,
        ..numbered(2, story("a"))
    };
    assert_comes_back(store, &sparse);
}

fn markup_comes_back_when_it_is_asked_for_and_only_then(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let texts = ["", "<b>é 漢\0</b>", &"<p>much</p>".repeat(90_000)];
    let bases = [None, Some("https://example.org/base/")];
    let all: Vec<RawHtml> = texts
        .iter()
        .flat_map(|text| bases.map(|base| html(text, base)))
        .collect();
    let entries = all.iter().enumerate().map(|(number, html)| {
        insert(Article {
            html: Some(html.clone()),
            ..story(&format!("n{number}"))
        })
    });
    store.poll("one", 0, entries.chain([insert(story("none"))]).collect());
    let query = ArticleQuery {
        with_html: true,
        ..ArticleQuery::default()
    };
    let mut found = store.pages(&query, 4);
    found.sort_by_key(|stored| stored.seq);
    let found: Vec<_> = found
        .into_iter()
        .map(|stored| stored.article.html)
        .collect();
    let expected: Vec<_> = all.into_iter().map(Some).chain([None]).collect();
    assert!(found == expected);
    assert!(
        store
            .all()
            .iter()
            .all(|stored| stored.article.html.is_none())
    );
}

fn markup_that_is_longer_than_is_kept_is_left_out(store: &mut Bench) {
    store.with_feeds(&["one"]);
    for (minute, (longer, is_kept)) in [(0, true), (1, false)].into_iter().enumerate() {
        let text = "x".repeat(RawHtml::MOST_BYTES + longer);
        let article = Article {
            html: Some(html(&text, Some("https://example.org/"))),
            ..version("a", &text)
        };
        let decided = match longer {
            0 => insert(article),
            _ => replace(article),
        };
        store.poll("one", 70 * i64::try_from(minute).unwrap(), vec![decided]);
        assert_eq!(markup(store).is_some(), is_kept);
    }
}

fn a_new_version_replaces_details_and_markup(store: &mut Bench) {
    store.with_feeds(&["one"]);
    let first = Article {
        details: details(),
        html: Some(html("<b>one</b>", Some("https://example.org/"))),
        ..story("a")
    };
    let second = Article {
        html: Some(html("<b>two</b>", None)),
        ..version("a", "second")
    };
    let third = version("a", "third");
    store.poll("one", 0, vec![insert(first)]);
    for (minute, next) in [(70, second), (140, third)] {
        store.poll("one", minute, vec![replace(next.clone())]);
        assert_eq!(store.all().remove(0).article.details, next.details);
        assert_eq!(markup(store), next.html);
    }
}
