//! What became of one entry, field by field: the value, where it is from, what was done to it.
//!
//! The entry is normalized once more with somebody listening: the rules tell what they do, and
//! nothing is worked out twice.

use super::{
    Context, Shared,
    log::{Log, Told},
    site_url,
};
use crate::model::{Article, RawEntry, RawFeed};

/// Longest value that is shown, in characters.
const SHOWN: usize = 200;

/// One field of an article, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The field's name, as JSON Lines exports have it.
    pub field: &'static str,
    /// Its value as one line, shortened; empty if it has none.
    pub value: String,
    /// The element of the document that gave it, e.g. `dc:creator`, where that is known.
    pub from: Option<String>,
    /// What was done to it, in words and in order.
    pub steps: Vec<String>,
}

/// Explains the entry at this place of the document; empty if there is none.
///
/// Every field has its row, in the order in which articles show them; a field without a value is
/// there too, because its steps may say why. Texts are the publisher's: whoever prints them makes
/// them printable.
#[must_use]
pub fn explain(feed: &RawFeed, at: usize, context: &Context<'_>) -> Vec<Explained> {
    let Some(entry) = feed.entries.get(at) else {
        return Vec::new();
    };
    let site = site_url(feed, context);
    let title = feed.title.as_ref().map(super::text::line);
    let shared = Shared::new(
        feed,
        context,
        site.as_deref(),
        title.as_deref().filter(|title| !title.is_empty()),
    );
    let mut steps = Vec::new();
    let mut problem = |_| {}; // problems are steps here
    let article = shared.article(entry, &mut Log::with_steps(&mut problem, &mut steps));
    values(&article)
        .into_iter()
        .map(|(field, value)| {
            let told = steps.iter().filter(|(of, _)| *of == field);
            let mut explained = Explained {
                field,
                value: shortened(&value),
                from: None,
                steps: Vec::new(),
            };
            for (_, told) in told {
                match told {
                    Told::Step(step) => explained.steps.push(step.clone()),
                    Told::From(origin) => explained.from = Some(element(entry, origin)),
                }
            }
            if value.is_empty() {
                explained.from = None;
            } else if explained.from.is_none() {
                explained.from = same_name(field).and_then(|origin| given(entry, origin));
            }
            explained
        })
        .collect()
}

/// The name under which the parser notes where a field is from.
fn same_name(field: &str) -> Option<&'static str> {
    Some(match field {
        "guid" => "guid",
        "published_at" => "published",
        "updated_at" => "updated",
        "language" => "language",
        "tags" | "categories" => "category",
        "enclosures" => "enclosure",
        "contributors" => "contributor",
        "taken_from" => "source",
        _ => return None,
    })
}

/// The element that gave what the parser calls `origin`, if it noted that.
fn given(entry: &RawEntry, origin: &str) -> Option<String> {
    let found = entry.origins.iter().find(|(field, _)| *field == origin);
    found.map(|(_, element)| (*element).to_owned())
}

/// The same, or the parser's name for it.
fn element(entry: &RawEntry, origin: &str) -> String {
    given(entry, origin).unwrap_or_else(|| origin.to_owned())
}

/// The fields of an article with their values in words.
fn values(article: &Article) -> Vec<(&'static str, String)> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let details = &article.details;
    let people = details
        .contributors
        .iter()
        .map(|person| format!("{} ({})", person.name, person.role));
    let categories = details
        .categories
        .iter()
        .map(|category| format!("{} ({})", category.term, category.scheme));
    let files = article.enclosures.iter().map(|file| file.url.clone());
    let date = |date: Option<crate::model::Time>| date.map(|date| date.to_rfc3339());
    let taken_from = details.taken_from.as_ref().map(|source| {
        [&source.title, &source.url]
            .into_iter()
            .flatten()
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    });
    let html = article.html.as_ref().map(|html| match &html.base {
        Some(base) => format!("{} bytes, relative to {base}", html.text.len()),
        None => format!("{} bytes", html.text.len()),
    });
    vec![
        ("title", article.title.clone()),
        ("authors", article.authors.join(" + ")),
        ("source", article.source.clone()),
        ("url", text(&article.url)),
        ("canonical_url", text(&article.canonical_url)),
        ("guid", text(&article.guid)),
        (
            "published_at",
            date(article.published_at).unwrap_or_default(),
        ),
        ("updated_at", date(article.updated_at).unwrap_or_default()),
        ("language", text(&article.language)),
        ("tags", article.tags.join(" + ")),
        ("enclosures", files.collect::<Vec<_>>().join(" + ")),
        ("summary", text(&article.summary)),
        ("body", article.body.clone()),
        ("html", html.unwrap_or_default()),
        ("contributors", people.collect::<Vec<_>>().join(" + ")),
        ("categories", categories.collect::<Vec<_>>().join(" + ")),
        ("image", text(&details.image)),
        ("comments_url", text(&details.comments_url)),
        ("rights", text(&details.rights)),
        ("taken_from", taken_from.unwrap_or_default()),
    ]
}

/// One line of at most [`SHOWN`] characters.
fn shortened(value: &str) -> String {
    let line = value.replace('\n', " ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cleanup, Markup, MarkupKind};

    fn html(text: &str) -> Option<Markup> {
        Some(Markup {
            text: text.to_owned(),
            kind: MarkupKind::Html,
        })
    }

    #[test]
    fn an_explanation_tells_where_each_field_is_from_and_what_was_done() {
        let entry = RawEntry {
            title: html("A <b>B</b> &amp; C"),
            guid: Some("/a?utm_source=rss&id=1#top".into()),
            guid_is_link: true,
            authors: vec!["by Ann Lee and Bo Park".into()],
            content: html("<p>Text</p><div class=feedflare>x</div>Read more"),
            origins: vec![("author", "dc:creator"), ("content", "content:encoded")],
            published: Some("1970-01-01T00:00:00Z".parse().unwrap()),
            ..RawEntry::default()
        };
        let feed = RawFeed {
            entries: vec![entry],
            ..RawFeed::default()
        };
        let context = Context {
            feed_id: &"feed".parse().unwrap(),
            source_name: None,
            feed_url: "https://feeds.example/rss",
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
            cleanup: &Cleanup::default(),
            trust: Default::default(),
        };
        let rows = explain(&feed, 0, &context);
        let row = |field: &str| {
            let row = rows.iter().find(|row| row.field == field).unwrap();
            format!(
                "{} < {} | {}",
                row.value,
                row.from.as_deref().unwrap_or("-"),
                row.steps.join("; ")
            )
        };
        assert_eq!(
            row("title"),
            "A B & C < title | markup dropped; character references decoded"
        );
        assert_eq!(
            row("authors"),
            "Ann Lee + Bo Park < dc:creator | \"by\" dropped; split into 2 names"
        );
        assert_eq!(
            row("url"),
            "https://feeds.example/a?utm_source=rss&id=1#top < guid | the guid stands in for the \
         link; made absolute with https://feeds.example/rss"
        );
        assert_eq!(
            row("canonical_url"),
            "https://feeds.example/a?id=1 < - | fragment removed; 1 tracking parameter removed"
        );
        assert_eq!(
            row("body"),
            "Text < content:encoded | <div> left out: FeedBurner: links to share and comment (rule \
         share); last line \"Read more\" left out: link to the whole article (rule more)"
        );
        assert_eq!(
            row("published_at"),
            " < - | the publication date 1970-01-01 cannot be right"
        );
        assert_eq!(explain(&feed, 1, &context), []);
        let plain = crate::normalize::normalize(&feed, &context);
        let plain = &plain.entries[0].article;
        assert_eq!(plain.body, "Text");
    }
}
