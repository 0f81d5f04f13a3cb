//! Cuts a date into numbers, words and marks. Knows no notation and no language.

/// One token, and whether it follows the one before without a space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) glued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// ASCII digits.
    Number(&'a str),
    /// Letters.
    Word(&'a str),
    /// Any other character that is no space.
    Mark(char),
}

/// The characters that end a number in Chinese, Japanese and Korean; further words may follow
/// without a space.
const COUNTERS: [char; 17] = [
    '年', '月', '日', '号', '號', '時', '时', '點', '点', '分', '秒', '년', '월', '일', '시', '분',
    '초',
];

pub(super) fn cut(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(24);
    let mut rest = text;
    let mut glued = false;
    while let Some(first) = rest.chars().next() {
        let is_digit = |c: char| c.is_ascii_digit();
        let after_number = matches!(
            tokens.last(),
            Some(Token {
                kind: Kind::Number(_),
                ..
            })
        );
        let length = if first.is_ascii_digit() {
            run(rest, is_digit)
        } else if is_letter(first) && !(glued && after_number && COUNTERS.contains(&first)) {
            run(rest, is_letter)
        } else {
            first.len_utf8()
        };
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        if first.is_whitespace() {
            glued = false;
            continue;
        }
        let kind = if first.is_ascii_digit() {
            Kind::Number(part)
        } else if is_letter(first) {
            Kind::Word(part)
        } else {
            Kind::Mark(first)
        };
        tokens.push(Token { kind, glued });
        glued = true;
    }
    tokens
}

/// Bytes of the longest beginning made of such characters.
fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// Letters and the accents that may be written apart from them.
fn is_letter(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '\u{300}'..='\u{36f}')
}
