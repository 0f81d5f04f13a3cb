//! The corpus's rules of comparison, which know nothing of any parser.
//!
//! Expected texts are HTML as another parser cleaned it, so both sides are brought to the text
//! that a reader would see, and that is compared exactly.

use html5gum::{State, StringReader, Token, Tokenizer};
use tidings::model::{Markup, MarkupKind};

/// Elements whose content is no text of the article's.
const DROPPED: [&str; 6] = ["script", "style", "object", "applet", "embed", "noscript"];

/// What a reader sees of a piece of HTML: no tags, entities decoded twice, white space collapsed.
pub(crate) fn text(html: &str) -> String {
    let once = without_markup(html);
    let twice = decoded(&once);
    // White space includes the no-break space.
    twice.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True if a text says what is expected of it. Plain characters may be meant by an expectation as
/// they stand or as the HTML that shows them.
pub(crate) fn is_text(given: &Markup, expected: &str) -> bool {
    let expected = text(expected);
    text(&given.text) == expected
        || given.kind == MarkupKind::Text
            && text(&html_escape::encode_text(&given.text)) == expected
}

/// True if two texts name the same person: one holds the other.
pub(crate) fn is_person(given: &str, expected: &str) -> bool {
    let (given, expected) = (text(given), text(expected));
    !given.is_empty()
        && !expected.is_empty()
        && (given.contains(&expected) || expected.contains(&given))
}

/// True if two links or ids are the same but for outer white space and one trailing slash.
pub(crate) fn is_link(given: &str, expected: &str) -> bool {
    fn bare(link: &str) -> &str {
        let link = link.trim();
        link.strip_suffix('/').unwrap_or(link)
    }
    bare(given) == bare(expected)
}

/// Drops tags and what [`end_of_dropped`] finds, and decodes entities once.
fn without_markup(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut kept = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(open) = lower[at..].find('<').map(|found| at + found) {
        kept.push_str(&html[at..open]);
        at = end_of_dropped(&lower, open).unwrap_or(open + 1);
        if at == open + 1 {
            kept.push('<');
        }
    }
    kept.push_str(&html[at..]);
    // A comment without its end ends like a tag, or with the text; a tag without one is text.
    let (tags, rest) = kept.split_at(kept.rfind('>').map_or(0, |end| end + 1));
    let rest = rest.split("<!--").next().unwrap_or(rest);
    let html = tags.replace("<!--", "<!") + &rest.replace('<', "&lt;");
    text_of(Tokenizer::new(&html))
}

/// Where the comment or dropped element ends that begins at a `<`; an element without an end tag
/// drops nothing, so that a lone `<embed>` costs no text.
fn end_of_dropped(lower: &str, open: usize) -> Option<usize> {
    let rest = &lower[open..];
    if rest.starts_with("<!--") {
        return rest.find("-->").map(|end| open + end + "-->".len());
    }
    let name = DROPPED.iter().find(|name| {
        let after = rest[1..].strip_prefix(**name);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })?;
    let content = rest.find('>')?;
    if rest[..content].ends_with('/') {
        return None;
    }
    let close = content + rest[content..].find(&format!("</{name}"))?;
    let end = close + rest[close..].find('>')?;
    Some(open + end + 1)
}

/// Decodes entities and leaves tags as they stand.
fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut tokens = Tokenizer::new(text);
    tokens.set_state(State::RcData);
    text_of(tokens)
}

fn text_of(tokens: Tokenizer<StringReader<'_>>) -> String {
    let pieces = tokens.filter_map(|token| match token {
        Ok(Token::String(piece)) => Some(piece.value.0),
        _ => None,
    });
    String::from_utf8_lossy(&pieces.collect::<Vec<_>>().concat()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_reader_sees() {
        for (html, seen) in [
            (" a <b>b</b><br/>c\u{a0}\n d", "a bc d"),
            ("a<script>if (x<y) '<b>'</script><!-- c -->b", "ab"),
            ("a<embed src=x> b<object><b>c</b></object>", "a b"),
            ("AT&amp;amp;T &notit; &alpha;&nbsp;&#x41;", "AT&T ¬it; α A"),
            ("a<!-- b -->c<!-- -- d >e<!-- f", "ace"),
            ("<![CDATA[<script></script>]]&gt;", "<![CDATA[]]>"),
            ("<p title='a>b'>c<SCRIPT\n>x</SCRIPT >", "c"),
            ("1 < 2 &lt;b&gt;", "1 < 2 <b>"),
            ("", ""),
        ] {
            assert_eq!(text(html), seen, "{html:?}");
        }
    }

    #[test]
    fn plain_characters_match_as_such_and_as_html() {
        let plain = Markup {
            text: "a <b> & c".to_owned(),
            kind: MarkupKind::Text,
        };
        assert!(is_text(&plain, "a &lt;b&gt; &amp; c"));
        assert!(is_text(&plain, "a <b> & c"));
        let html = Markup {
            kind: MarkupKind::Html,
            ..plain
        };
        assert!(!is_text(&html, "a &lt;b&gt; &amp; c"));
    }

    #[test]
    fn links_and_people_have_their_own_rules() {
        assert!(is_link(" http://a/b/ ", "http://a/b"));
        assert!(!is_link("http://a/b//", "http://a/b"));
        assert!(is_person("Ann", "Ann (ann@example.com)"));
        assert!(is_person("By Ann &amp; Bob", "Ann & Bob"));
        assert!(!is_person("", "Ann"));
    }
}
