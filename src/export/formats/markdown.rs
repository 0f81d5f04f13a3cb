//! The article schema as Markdown: a heading, three optional fields, the body line by line.
//!
//! Unknown fields are left out, never filled. Title, author, source and URL are escaped; the body
//! is plain text and is not, but for a first line that a reader would take for the header's.
//! Files put one after the other are a stream that `import` reads as several articles.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use super::{
    escape::{Place, destination, escape},
    front_matter::{self, FENCE},
};
use crate::{
    export::ArticleWriter,
    model::{Article, StoredArticle},
};

/// The names of the fields, in the order in which they stand.
pub(in crate::export) const FIELDS: [&str; 3] = ["Published at", "Author", "Original"];

/// See the file's head.
pub(in crate::export) struct Markdown {
    /// With the fields as YAML before the heading.
    has_front_matter: bool,
    /// Nothing was written yet.
    is_first: bool,
}

impl Markdown {
    pub(in crate::export) fn new(has_front_matter: bool) -> Self {
        Self {
            has_front_matter,
            is_first: true,
        }
    }
}

impl ArticleWriter for Markdown {
    fn begin(&mut self, _: &mut dyn Write) -> io::Result<()> {
        self.is_first = true;
        Ok(())
    }

    fn article(&mut self, out: &mut dyn Write, stored: &StoredArticle) -> io::Result<()> {
        let is_first = std::mem::replace(&mut self.is_first, false);
        if self.has_front_matter {
            // Programs look for it in the first line only; here a blank line keeps it from the body.
            if !is_first {
                writeln!(out)?;
            }
            front_matter::write(out, stored)?;
        }
        write_article(out, &stored.article)
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn write_article(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    let title = escape(&article.title, Place::Heading);
    writeln!(out, "\n#{}{title}", if title.is_empty() { "" } else { " " })?;
    let fields = [published(article), author(article), original(article)];
    for (name, value) in FIELDS.iter().zip(&fields) {
        if let Some(value) = value {
            writeln!(out, "\n{name}: {value}")?;
        }
    }
    // A field can follow only those before it.
    let next = fields
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last + 1);
    let mut lines = article
        .body
        .split('\n')
        .filter(|line| !line.trim().is_empty());
    if let Some(first) = lines.next() {
        writeln!(out, "\n{}", protect(first, next))?;
    }
    lines.try_for_each(|line| writeln!(out, "{line}"))
}

fn published(article: &Article) -> Option<String> {
    let date = article.published_at?;
    Some(format!("**{}**", date.format("%Y-%m-%dT%H:%M:%S+00:00")))
}

fn author(article: &Article) -> Option<String> {
    let names: Vec<_> = article
        .authors
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| escape(name, Place::BoldList))
        .collect();
    (!names.is_empty()).then(|| format!("**{}**", names.join(", ")))
}

fn original(article: &Article) -> Option<String> {
    match &article.url {
        Some(url) => {
            let source = escape(&article.source, Place::Label);
            Some(format!("[{source}]({})", destination(url)))
        }
        None if article.source.is_empty() => None,
        None => Some(format!("**{}**", escape(&article.source, Place::Bold))),
    }
}

/// A first body line, with a backslash where it would be read as a title or as one of the fields
/// from `next` on. Lines that hold such a backslash already get one more, so that taking one away
/// always gives the line.
fn protect(line: &str, next: usize) -> Cow<'_, str> {
    match guarded(line, next) {
        Some(at) => Cow::Owned(format!("{}\\{}", &line[..at], &line[at..])),
        None => Cow::Borrowed(line),
    }
}

/// The line that [`protect`] was given.
pub(in crate::export) fn unprotect(line: &str, next: usize) -> Cow<'_, str> {
    match guarded(line, next) {
        Some(at) if line[at..].starts_with('\\') => {
            Cow::Owned(format!("{}{}", &line[..at], &line[at + 1..]))
        }
        _ => Cow::Borrowed(line),
    }
}

/// Where the backslash stands, or would, in a line that is a title, a field or the beginning of front
/// matter but for backslashes.
fn guarded(line: &str, next: usize) -> Option<usize> {
    let bare = line.trim_start_matches('\\');
    if is_title(bare) || bare.trim_end() == FENCE {
        return Some(0);
    }
    let is_field = |name: &&&str| {
        line.strip_prefix(**name)
            .is_some_and(|rest| rest.trim_start_matches('\\').starts_with(": "))
    };
    FIELDS[next..].iter().find(is_field).map(|name| name.len())
}

/// True for a line that starts an article.
pub(in crate::export) fn is_title(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}
