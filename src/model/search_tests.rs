//! Queries as people type them, and as nobody should.

use super::*;

/// The tree in brackets: `(a b)` all, `(a|b)` any, `-a` not, `t:` in titles, `a*` a beginning.
fn shown(text: &str) -> String {
    match text.parse::<Query>() {
        Ok(query) => node(query.root()),
        Err(error) => format!("{error:?}"),
    }
}

fn node(of: &Node) -> String {
    let list = |nodes: &[Node]| nodes.iter().map(node).collect::<Vec<_>>();
    match of {
        Node::Term(term) => {
            let title = if term.in_title { "t:" } else { "" };
            let star = if term.is_prefix { "*" } else { "" };
            format!("{title}[{}]{star}", term.text)
        }
        Node::Any(any) => format!("({})", list(any).join("|")),
        Node::All { of, but } => {
            let but = list(but).into_iter().map(|node| format!("-{node}"));
            format!(
                "({})",
                list(of)
                    .into_iter()
                    .chain(but)
                    .collect::<Vec<_>>()
                    .join(" ")
            )
        }
    }
}

#[test]
fn what_is_typed_is_read_as_people_mean_it() {
    for (typed, read) in [
        ("rust", "[rust]"),
        ("  rust   async ", "([rust] [async])"),
        ("rust AND async", "([rust] [async])"),
        ("\"async rust\" tokio", "([async rust] [tokio])"),
        ("„async rust“ x", "([async rust] [x])"),
        ("rust -java", "([rust] -[java])"),
        ("rust NOT java", "([rust] -[java])"),
        ("-java rust -\"c sharp\"", "([rust] -[java] -[c sharp])"),
        ("a b OR c", "(([a] [b])|[c])"),
        ("a | b", "([a]|[b])"),
        ("a (b OR c) -d", "([a] ([b]|[c]) -[d])"),
        ("a -(b c)", "([a] -([b] [c]))"),
        ("climat*", "[climat]*"),
        ("\"climate chan\"*", "[climate chan]*"),
        ("title:rust x", "(t:[rust] [x])"),
        ("TITLE:\"a b\" x", "(t:[a b] [x])"),
        ("title:(a OR b*) x", "((t:[a]|t:[b]*) [x])"),
        ("x -title:y", "([x] -t:[y])"),
        ("title: x", "([title:] [x])"),
        ("wi-fi", "[wi-fi]"),
        ("C++ 50% foo:bar", "([C++] [50%] [foo:bar])"),
        ("or and not", "([or] [and] [not])"),
        ("東京 \"市議会\"", "([東京] [市議会])"),
    ] {
        assert_eq!(shown(typed), read, "{typed}");
    }
}

#[test]
fn what_is_not_balanced_or_says_nothing_is_read_all_the_same() {
    for (typed, read) in [
        ("\"to the end", "[to the end]"),
        ("a \"b", "([a] [b])"),
        ("a\"b\"c", "([a] [b] [c])"),
        ("a\"", "[a]"),
        ("\"\" a", "[a]"),
        ("(a", "[a]"),
        ("a) b", "([a] [b])"),
        (")))a(((", "[a]"),
        ("a OR", "[a]"),
        ("OR a", "[a]"),
        ("a OR OR b", "([a]|[b])"),
        ("a -", "[a]"),
        ("a - b", "([a] [b])"),
        ("a --b", "([a] -[b])"),
        ("a* * **", "[a]*"),
        ("a ()", "[a]"),
        ("!!! a ???", "[a]"),
        ("a NOT", "[a]"),
        ("", "Empty"),
        ("\"", "Empty"),
        ("()-*", "Empty"),
        ("🎉", "Empty"),
        ("-a", "OnlyExclusions"),
        ("a OR -b", "OnlyExclusions"),
        ("a -(-b)", "OnlyExclusions"),
    ] {
        assert_eq!(shown(typed), read, "{typed}");
    }
}

#[test]
fn queries_of_any_depth_and_length_are_read_or_refused() {
    let deep = format!("{}a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(shown(&deep), "[a]");
    assert_eq!(shown(&"-(".repeat(100_000)), "Empty");
    let words = |count: usize| "w ".repeat(count);
    assert!(words(Query::MOST_TERMS).parse::<Query>().is_ok());
    assert_eq!(shown(&words(Query::MOST_TERMS + 1)), "TooLong");
}

#[test]
fn the_wanted_terms_are_those_that_are_not_excluded() {
    let query: Query = "a (b OR \"c d\") -e title:f*".parse().unwrap();
    let texts: Vec<&str> = query
        .wanted()
        .iter()
        .map(|term| term.text.as_str())
        .collect();
    assert_eq!(texts, ["a", "b", "c d", "f"]);
}

#[test]
fn only_what_has_no_spaces_is_parted() {
    assert_eq!(folded("東京 2024年"), " 東  京  2024 年 ");
    assert_eq!(folded("서울은"), " 서  울  은 ");
    assert_eq!(folded("a ไทย"), "a  ไ  ท  ย ");
    for text in ["", "naïve “café” — Жуков", "हिन्दी Ελλάδα 🎉"] {
        assert!(matches!(folded(text), Cow::Borrowed(same) if same == text));
    }
}
