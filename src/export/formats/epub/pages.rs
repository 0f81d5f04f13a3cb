//! The pages of a book: title, contents, articles, and the package that lists them (EPUB 3.2).

use std::{collections::BTreeMap, fmt::Write as _};

use super::{Book, Chapter, xhtml};
use crate::{
    export::{formats::xml, record::Moment},
    model::{StoredArticle, Time},
};

pub(super) const CONTAINER: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">
<rootfiles><rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles>
</container>
";

pub(super) const STYLE: &str = "\
body { margin: 1em; line-height: 1.4; }
h1 { font-size: 1.4em; text-align: left; }
.about { font-size: 0.85em; color: #555; }
pre { white-space: pre-wrap; }
blockquote { margin: 1em; padding-left: 0.7em; border-left: 0.2em solid #999; }
nav ol { list-style-type: none; padding-left: 1em; }
";

/// The file of an article's page, by its place in the book.
pub(super) fn file_name(at: usize) -> String {
    format!("a{:06}.xhtml", at + 1)
}

/// An article.
pub(super) fn article(stored: &StoredArticle, chapter: &Chapter, body: &str) -> String {
    let article = &stored.article;
    let mut about: Vec<String> = Vec::new();
    if let Some(date) = article.published_at {
        about.push(date.format("%Y-%m-%d %H:%M UTC").to_string());
    }
    about.extend(article.authors.iter().map(|name| xml::text(name)));
    let source = match article.source.trim() {
        "" => article.url.as_deref().unwrap_or_default(),
        source => source,
    };
    about.push(match article.url.as_deref().and_then(xhtml::uri) {
        Some(url) => format!("<a href=\"{url}\">{}</a>", xml::text(source)),
        None => xml::text(source),
    });
    about.retain(|part| !part.is_empty());
    let mut content = format!("<h1>{}</h1>\n", xml::text(&chapter.title));
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(content, "<p class=\"about\">{}</p>", about.join(" · "));
    content.push_str(body);
    page(&chapter.title, chapter.language.as_deref(), &content)
}

/// The first page.
pub(super) fn title(title: &str, book: &Book) -> String {
    let days: Vec<&str> = book
        .chapters
        .iter()
        .map(|chapter| &*chapter.day)
        .filter(|day| !day.is_empty())
        .collect();
    let mut content = format!("<h1>{}</h1>\n", xml::text(title));
    let span = match (days.iter().min(), days.iter().max()) {
        (Some(first), Some(last)) if first == last => format!(" of {first}"),
        (Some(first), Some(last)) => format!(" from {first} to {last}"),
        _ => String::new(),
    };
    let articles = match book.chapters.len() {
        1 => "1 article".to_owned(),
        number => format!("{number} articles"),
    };
    let _ = writeln!(content, "<p class=\"about\">{articles}{span}</p>");
    page(title, None, &content)
}

/// The table of contents: days, and in each its articles.
pub(super) fn contents(title: &str, book: &Book) -> String {
    let mut list = String::from("<li><a href=\"title.xhtml\">Title page</a></li>\n");
    let mut at = 0;
    for day in book.chapters.chunk_by(|one, next| one.day == next.day) {
        let name = match day[0].day.as_str() {
            "" => "Without a date",
            day => day,
        };
        let _ = writeln!(list, "<li><span>{name}</span>\n<ol>");
        for chapter in day {
            let (file, title) = (file_name(at), xml::text(&chapter.title));
            let _ = writeln!(list, "<li><a href=\"{file}\">{title}</a></li>");
            at += 1;
        }
        list.push_str("</ol></li>\n");
    }
    let content = format!(
        "<nav epub:type=\"toc\" id=\"toc\">\n<h1>Contents</h1>\n<ol>\n{list}</ol>\n</nav>\n"
    );
    page(title, None, &content)
}

/// The package document.
pub(super) fn package(title: &str, id: &str, book: &Book) -> String {
    let mut languages = BTreeMap::new();
    for language in book.chapters.iter().filter_map(|one| one.language.as_ref()) {
        *languages.entry(language.as_str()).or_insert(0_usize) += 1;
    }
    let language = languages
        .iter()
        .max_by_key(|(tag, count)| (**count, std::cmp::Reverse(**tag)))
        .map_or("und", |(tag, _)| tag);
    let modified = Moment(book.newest.unwrap_or(Time::UNIX_EPOCH));
    let (mut manifest, mut spine) = (String::new(), String::new());
    for at in 0..book.chapters.len() {
        let file = file_name(at);
        let _ = writeln!(
            manifest,
            "<item id=\"a{at}\" href=\"{file}\" media-type=\"application/xhtml+xml\"/>"
        );
        let _ = writeln!(spine, "<itemref idref=\"a{at}\"/>");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\">
<metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">
<dc:identifier id=\"id\">urn:tidings:digest:{id}</dc:identifier>
<dc:title>{}</dc:title>
<dc:language>{language}</dc:language>
<meta property=\"dcterms:modified\">{modified}</meta>
</metadata>
<manifest>
<item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>
<item id=\"title\" href=\"title.xhtml\" media-type=\"application/xhtml+xml\"/>
<item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>
{manifest}</manifest>
<spine>
<itemref idref=\"title\"/>
<itemref idref=\"nav\"/>
{spine}</spine>
</package>
",
        xml::text(title)
    )
}

fn page(title: &str, language: Option<&str>, content: &str) -> String {
    let language = language.map_or_else(String::new, |tag| {
        format!(" lang=\"{tag}\" xml:lang=\"{tag}\"")
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>
<!DOCTYPE html>
<html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\"{language}>
<head>
<title>{}</title>
<link rel=\"stylesheet\" type=\"text/css\" href=\"style.css\"/>
</head>
<body>
{content}</body>
</html>
",
        xml::text(title)
    )
}
