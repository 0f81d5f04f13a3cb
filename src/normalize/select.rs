//! What a feed's selectors choose is taken out of a body, before anything else is done with it.
//!
//! CSS is `dom_query`'s. The body is written anew first, which bounds what its HTML parser has to do;
//! then the work of matching is estimated from the tree. A body beyond the bounds keeps what the
//! selectors would remove, and whoever asked is told. Without selectors there is no tree.

use std::{borrow::Cow, fmt};

use dom_query::{Document, Matcher, NodeRef, Selection};

use super::{
    scan::{self, Sink},
    writer::{Choice, Writer},
};
use crate::model::{Cleanup, RuleGroup};

/// Larger bodies are not looked at.
const MAX_SIZE: usize = 2 << 20;
/// Nor are those that are nested deeper.
const MAX_DEPTH: usize = 128;
/// Most comparisons of an element with a part of a selector, as estimated; one takes up to 5 ns.
const MAX_WORK: u64 = 100_000_000;
/// Bytes of markup whose text is read in the time of a comparison.
const TEXT: u64 = 32;

/// A feed's selectors, read.
pub(super) struct Selectors<'a>(Vec<Selector<'a>>);

struct Selector<'a> {
    text: &'a str,
    matcher: Matcher,
    cost: Cost,
}

/// Why the selectors were not applied to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Size,
    Depth,
    Work,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the selectors of `remove` were not applied: the body ")?;
        match self {
            Self::Size => write!(f, "is longer than {MAX_SIZE} bytes"),
            Self::Depth => write!(f, "is nested more than {MAX_DEPTH} elements deep"),
            Self::Work => f.write_str("has too many elements for them"),
        }
    }
}

impl<'a> Selectors<'a> {
    /// Texts that are no selectors choose nothing; the configuration refuses them.
    pub(super) fn new(texts: &'a [String]) -> Self {
        let read = |text: &'a String| {
            Some(Selector {
                text,
                matcher: Matcher::new(text).ok()?,
                cost: Cost::of(text),
            })
        };
        Self(texts.iter().filter_map(read).collect())
    }

    /// The body without what the selectors choose; as it was if they choose nothing. `told` takes
    /// what each of them removed.
    pub(super) fn without_chosen<'h>(
        &self,
        html: &'h str,
        told: Option<&mut Vec<String>>,
    ) -> Result<Cow<'h, str>, Unfit> {
        if self.0.is_empty() {
            return Ok(Cow::Borrowed(html));
        }
        if html.len() > MAX_SIZE {
            return Err(Unfit::Size);
        }
        let mut hidden = Vec::new();
        let document = Document::fragment(balanced(html, &mut hidden)?);
        // The parser's own element around the body is nobody's choice.
        let Some(root) = document.root().first_element_child() else {
            return Ok(Cow::Borrowed(html));
        };
        if self.work(&root, html.len()) > MAX_WORK {
            return Err(Unfit::Work);
        }
        let around = Selection::from(root);
        let mut removed = Vec::new();
        for selector in &self.0 {
            let chosen = around.select_matcher(&selector.matcher);
            if !chosen.is_empty() {
                removed.push(selector.told(chosen.length()));
                chosen.remove();
            }
        }
        if removed.is_empty() {
            return Ok(Cow::Borrowed(html));
        }
        if let Some(told) = told {
            told.append(&mut hidden);
            told.append(&mut removed);
        }
        Ok(Cow::Owned(root.inner_html().to_string()))
    }

    /// How many comparisons the selectors need at most, about.
    fn work(&self, root: &NodeRef<'_>, size: usize) -> u64 {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        let mut work = 0_u64;
        // Elements yet to be visited, with their depth and their place among their siblings.
        let mut next = vec![(*root, 0, 0)];
        while let Some((node, depth, place)) = next.pop() {
            for selector in &self.0 {
                work = work.saturating_add(selector.cost.at(depth, place, size));
            }
            if work > MAX_WORK {
                break;
            }
            let mut at = 0;
            let mut child = node.first_element_child();
            while let Some(found) = child {
                next.push((found, depth + 1, at));
                at += 1;
                child = found.next_element_sibling();
            }
        }
        work
    }
}

impl Selector<'_> {
    fn told(&self, count: usize) -> String {
        let elements = if count == 1 { "element" } else { "elements" };
        format!("{count} {elements} left out: selector {}", self.text)
    }
}

/// What the time of a selector grows with, read off its text: too much rather than too little.
struct Cost {
    /// Parts that are compared.
    parts: u64,
    /// It may look at all siblings of an element, and not only at its ancestors.
    siblings: bool,
    /// It looks at text.
    text: bool,
    /// How deep selectors stand in selectors, as in `:not(:has(b))`.
    levels: u32,
}

impl Cost {
    fn of(selector: &str) -> Self {
        let selector = selector.to_ascii_lowercase();
        let nests = [":not", ":is", ":where", ":has"];
        let mut open = Vec::new();
        let mut levels = 0;
        for (at, c) in selector.char_indices() {
            match c {
                '(' => open.push(nests.iter().any(|name| selector[..at].ends_with(name))),
                ')' => drop(open.pop()),
                _ => {}
            }
            levels = levels.max(open.iter().filter(|nests| **nests).count());
        }
        let parts = selector.split([' ', '>', '+', '~', ',', '(']).count();
        let has = |names: &[&str]| names.iter().any(|name| selector.contains(name));
        Self {
            parts: u64::try_from(parts).unwrap_or(u64::MAX),
            siblings: has(&["~", "of-type"]),
            text: has(&["text", "contains"]),
            levels: u32::try_from(levels).unwrap_or(u32::MAX),
        }
    }

    /// Comparisons for one element.
    fn at(&self, depth: u64, place: u64, size: u64) -> u64 {
        let around = 1 + depth + if self.siblings { place } else { 0 };
        let text = if self.text { 1 + size / TEXT } else { 1 };
        let parts = self.parts.saturating_mul(text);
        parts.saturating_mul(around.saturating_pow(1 + self.levels))
    }
}

/// The body as an HTML parser reads it without a guess. `hidden` takes what the publisher hid.
fn balanced(html: &str, hidden: &mut Vec<String>) -> Result<String, Unfit> {
    let no_rules = Cleanup {
        keep: RuleGroup::ALL.to_vec(),
        remove: Vec::new(),
    };
    let mut writer = Writer::new(Choice::All, MAX_DEPTH, html.len());
    scan::scan(html, &mut writer, &no_rules, Some(hidden));
    if writer.is_too_deep() {
        Err(Unfit::Depth)
    } else if writer.is_full() {
        Err(Unfit::Size)
    } else {
        Ok(writer.finish())
    }
}
