//! Rust source read as text: which paths it names, and how many lines of it are code.
//!
//! Comments and strings are blanked, the rest is cut into words, and every `use` tree and inline
//! path is followed. Macros that build paths are out of sight; `tests/layers.rs` has the rules.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of Rust: its path below the root folder without `.rs`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The top-level module the file belongs to.
    pub(crate) fn module(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// How many modules deep the file's own items are: `fetch/mod` is 1, `fetch/body` is 2.
    fn depth(&self) -> usize {
        self.path.trim_end_matches("/mod").split('/').count()
    }

    pub(crate) fn is_below(&self, place: &str) -> bool {
        self.path == place
            || self
                .path
                .strip_prefix(place)
                .is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Every Rust file below a folder of the project, in a fixed order.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(&root).unwrap().with_extension("");
        Source {
            path: path.to_str().unwrap().to_owned(),
            text: fs::read_to_string(file).unwrap(),
        }
    };
    files.iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Lines that are neither blank nor comment nor inside an inline `#[cfg(test)] mod … { … }`.
pub(crate) fn code_lines(text: &str) -> usize {
    let code = blank_comments_and_strings(text);
    let tokens = tokens(&code);
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut is_test = vec![false; code.lines().count() + 1];
    for at in 0..words.len() {
        let ["#", "[", "cfg", "(", "test", ")", "]", "mod", _, "{", ..] = words[at..] else {
            continue;
        };
        let end = closing(&words, at + 9);
        is_test[tokens[at].line..=tokens[end].line].fill(true);
    }
    let is_code = |(line, text): (usize, &str)| !text.trim().is_empty() && !is_test[line + 1];
    code.lines()
        .enumerate()
        .filter(|&numbered| is_code(numbered))
        .count()
}

/// The index of the brace that closes the one at `open`.
fn closing(words: &[&str], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, word) in words.iter().enumerate().skip(open) {
        match *word {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    words.len() - 1
}

/// A path as far as it is written out, `use` groups multiplied out.
pub(crate) struct UsedPath {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// How many modules deep it stands, inline `mod … { … }` included.
    pub(crate) depth: usize,
}

/// Every path of at least two segments, and every root named by `use`.
pub(crate) fn paths(source: &Source) -> Vec<UsedPath> {
    let code = blank_comments_and_strings(&source.text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    // Where inline modules end, innermost last.
    let mut open_modules: Vec<usize> = Vec::new();
    let words: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    let mut at = 0;
    while at < words.len() {
        open_modules.retain(|&end| at <= end);
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        if let ["mod", _, "{", ..] = words[at..] {
            open_modules.push(closing(&words, at + 2));
        }
        let starts_path = is_word(words[at]) && before != "::" && words.get(at + 1) == Some(&"::");
        if before == "use" || starts_path {
            let (line, depth) = (tokens[at].line, source.depth() + open_modules.len());
            let mut trees = Vec::new();
            // At least one on: `use<'a>` among bounds is no tree.
            at = read_tree(&words, at, &[], &mut trees).max(at + 1);
            found.extend(trees.into_iter().map(|segments| UsedPath {
                segments,
                line,
                depth,
            }));
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path or `use` tree from `at` and returns where it ends.
fn read_tree(
    words: &[&str],
    mut at: usize,
    prefix: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    // Only the first word and what follows `::` belong to the path: `match a::B { …` is no group.
    let mut goes_on = true;
    while goes_on {
        match words.get(at) {
            Some(&"{") => {
                at += 1;
                while words.get(at).is_some_and(|word| *word != "}") {
                    // At least one on: `,` and `*` are no tree.
                    at = read_tree(words, at, &path, found).max(at + 1);
                }
                return at + 1;
            }
            Some(word) if is_word(word) => {
                path.push((*word).to_owned());
                at += 1;
            }
            // `::x` names the crate x.
            Some(&"::") => {}
            _ => break,
        }
        goes_on = words.get(at) == Some(&"::");
        at += usize::from(goes_on);
    }
    if path.len() > prefix.len() {
        found.push(path);
    }
    // The new name of `x as y` is no path.
    if words.get(at) == Some(&"as") {
        at + 2
    } else {
        at
    }
}

struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// Words, `::`, and single characters of anything else.
fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if is_word_char(first) => rest.find(|c| !is_word_char(c)).unwrap_or(rest.len()),
                ':' if rest.starts_with("::") => 2,
                other => other.len_utf8(),
            };
            tokens.push(Token {
                text: &rest[..length],
                line: number + 1,
            });
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_word(token: &str) -> bool {
    token.starts_with(is_word_char)
}

/// The text with every comment as spaces and every string and character literal as quotes; line
/// breaks stay.
fn blank_comments_and_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let last_is_word = out.ends_with(is_word_char);
        let (length, filler) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), ' ')
        } else if rest.starts_with("/*") {
            (block_comment(rest), ' ')
        } else {
            (literal(rest, last_is_word), '"')
        };
        let (literal, after) = rest.split_at(if length == 0 {
            first.len_utf8()
        } else {
            length
        });
        if length == 0 {
            out.push(first);
        } else {
            out.extend(
                literal
                    .chars()
                    .map(|c| if c.is_whitespace() { c } else { filler }),
            );
        }
        rest = after;
    }
    out
}

/// The length of the block comment that begins here; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    loop {
        match text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            [_, ..] => at += 1,
            [] => return at,
        }
        if depth == 0 {
            return at;
        }
    }
}

/// The length of the string or character literal that begins here, 0 if none does.
fn literal(text: &str, after_word: bool) -> usize {
    let prefix = text.find(|c| !"bcr".contains(c)).unwrap_or(0);
    let body = &text[prefix..];
    let hashes = body.find(|c| c != '#').unwrap_or(0);
    if prefix > 2 || (prefix > 0 && after_word) {
        0
    } else if text[..prefix].ends_with('r') && body[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let inside = prefix + hashes + 1;
        text[inside..]
            .find(&end)
            .map_or(text.len(), |at| inside + at + end.len())
    } else if body.starts_with('"') {
        prefix + quoted(body, '"')
    } else if body.starts_with("'\\")
        || (body.starts_with('\'') && body.chars().nth(2) == Some('\''))
    {
        prefix + quoted(body, '\'')
    } else {
        0
    }
}

/// The length of a literal with backslash escapes, both quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}
