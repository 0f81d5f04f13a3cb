//! Collects text as lines: one paragraph a line, no blank lines, no blanks at either end.
//!
//! White space collapses as a browser's does (CSS Text, `white-space: normal`): separators are
//! remembered, and written only when more text follows. It knows nothing of HTML.

/// The separator owed before the next text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
}

/// How a byte is treated. Continuation bytes of UTF-8 are plain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    /// HTML's own white space. NBSP is one too, the rest of Unicode's is text.
    Space,
    /// A control character, dropped.
    Control,
    /// May start a character that is dropped, a blank or the end of a line: the next bytes tell.
    Lead,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        classes[byte] = Class::Control;
        byte += 1;
    }
    classes[0x7f] = Class::Control;
    classes[b' ' as usize] = Class::Space;
    classes[b'\t' as usize] = Class::Space;
    classes[b'\n' as usize] = Class::Space;
    classes[b'\r' as usize] = Class::Space;
    classes[0x0c] = Class::Space;
    classes[0xc2] = Class::Lead;
    classes[0xe2] = Class::Lead;
    classes[0xef] = Class::Lead;
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// Bytes that are looked at together.
const WINDOW: usize = 32;

/// True if none of these bytes but the last, which stands behind them, needs care: words with one
/// blank between two. Numbers and no branch, so that the compiler compares many bytes at once.
fn is_even(window: &[u8; WINDOW + 1]) -> bool {
    let mut odd = 0;
    for at in 0..WINDOW {
        let byte = window[at];
        odd |= u8::from(byte < b' ')
            | u8::from(byte == 0x7f)
            | u8::from(byte == 0xc2)
            | u8::from(byte == 0xe2)
            | u8::from(byte == 0xef)
            | (u8::from(byte == b' ') & u8::from(window[at + 1] == b' '));
    }
    // A blank is taken with what follows it.
    odd == 0 && (window[WINDOW - 1] != b' ' || class(window[WINDOW]) == Class::Plain)
}

/// The text so far. Bytes, because a tokenizer may split a character between two pieces.
pub(super) struct Lines {
    out: Vec<u8>,
    /// Where the current line starts in `out`.
    start: usize,
    gap: Gap,
    /// The current line starts with blanks that are kept.
    is_indented: bool,
    /// Written before the next text, which starts a line.
    marker: Option<String>,
}

impl Lines {
    /// Empty, with room for `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            start: 0,
            gap: Gap::None,
            is_indented: false,
            marker: None,
        }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// Adds text, collapsing its white space.
    pub(super) fn text(&mut self, mut text: &[u8]) {
        while let Some(&first) = text.first() {
            let taken = match class(first) {
                Class::Space => {
                    self.space();
                    1
                }
                Class::Control => 1,
                Class::Plain => self.run(text),
                Class::Lead => self.lead(text),
            };
            text = &text[taken..];
        }
    }

    /// The next text starts with this; it replaces a marker that no text followed.
    pub(super) fn marker(&mut self, marker: String) {
        self.marker = Some(marker);
    }

    /// No text came to the marker.
    pub(super) fn no_marker(&mut self) {
        self.marker = None;
    }

    /// Adds text, keeping its line breaks and blanks.
    pub(super) fn preformatted(&mut self, text: &[u8]) {
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if index > 0 {
                self.line_break();
            }
            self.kept_blanks(line);
        }
    }

    /// Ends the line before the next text. Between two table cells the cell's separator stays.
    pub(super) fn line_break(&mut self) {
        if self.gap != Gap::Cell {
            self.gap = Gap::Line;
        }
    }

    /// Ends the line now, so that no later cell can join it.
    pub(super) fn row_break(&mut self) {
        self.end_line();
        self.gap = Gap::None;
    }

    /// Starts a table cell: a tab follows what the row's earlier cells hold.
    pub(super) fn cell(&mut self) {
        self.gap = Gap::Cell;
    }

    /// The lines, joined by newlines.
    pub(super) fn finish(mut self) -> String {
        self.end_line();
        if self.out.last() == Some(&b'\n') {
            self.out.pop();
        }
        self.out.shrink_to_fit();
        String::from_utf8(self.out)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn space(&mut self) {
        if self.gap == Gap::None {
            self.gap = Gap::Space;
        }
    }

    /// Copies up to the next byte that needs care; a space between two words is part of the copy.
    /// Returns how much was taken.
    fn run(&mut self, text: &[u8]) -> usize {
        self.fill_gap();
        let mut end = 0;
        'run: while end < text.len() {
            if text[end..].first_chunk().is_some_and(is_even) {
                end += WINDOW;
                continue;
            }
            let stop = text.len().min(end + WINDOW);
            while end < stop {
                match class(text[end]) {
                    Class::Plain => end += 1,
                    Class::Space if text[end] == b' ' => match text.get(end + 1) {
                        Some(&next) if class(next) == Class::Plain => end += 2,
                        _ => break 'run,
                    },
                    Class::Lead if odd(&text[end..]).is_none() => end += 1,
                    _ => break 'run,
                }
            }
        }
        self.out.extend_from_slice(&text[..end]);
        end
    }

    /// A piece that starts with a `Lead` byte. Returns how much was taken.
    fn lead(&mut self, text: &[u8]) -> usize {
        match odd(text) {
            None => self.run(text),
            Some((Odd::Dropped, length)) => length,
            Some((Odd::Space, length)) => {
                self.space();
                length
            }
            Some((Odd::Line, length)) => {
                self.line_break();
                length
            }
        }
    }

    fn kept_blanks(&mut self, line: &[u8]) {
        for piece in line.split_inclusive(|&byte| class(byte) == Class::Space) {
            let (word, blank) = match piece.split_last() {
                Some((&last, word)) if class(last) == Class::Space => (word, Some(last)),
                _ => (piece, None),
            };
            self.text(word);
            let Some(blank) = blank.filter(|&blank| blank != b'\r') else {
                continue;
            };
            if self.gap == Gap::Line {
                self.fill_gap();
            }
            self.is_indented |= self.out.len() == self.start;
            self.out.push(if blank == b'\t' { b'\t' } else { b' ' });
        }
    }

    fn fill_gap(&mut self) {
        let separator = match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::None => None,
            Gap::Line => {
                self.end_line();
                None
            }
            Gap::Space => Some(b' '),
            Gap::Cell => Some(b'\t'),
        };
        if let Some(separator) = separator
            && self.out.len() > self.start
        {
            self.out.push(separator);
        }
        if let Some(marker) = self.marker.take() {
            self.out.extend_from_slice(marker.as_bytes());
        }
    }

    /// Trims the line; keeps it if anything to see is left.
    fn end_line(&mut self) {
        let line = &self.out[self.start..];
        let (Some(&first), Some(&last)) = (line.first(), line.last()) else {
            return;
        };
        if !(first.is_ascii_graphic() && last.is_ascii_graphic()) {
            let line = String::from_utf8_lossy(line);
            let kept_to = self.start + line.trim_end_matches(is_blank).len();
            let blank = if self.is_indented {
                0
            } else {
                line.len() - line.trim_start_matches(is_blank).len()
            };
            self.out.truncate(kept_to);
            self.out
                .drain(self.start..(self.start + blank).min(kept_to).max(self.start));
        }
        if self.out.len() > self.start {
            self.out.push(b'\n');
        }
        self.start = self.out.len();
        self.is_indented = false;
    }
}

/// A character that is not copied as it stands.
enum Odd {
    /// C1 controls, and characters without width that only hint at where to break: soft hyphen,
    /// zero-width space, word joiner, byte order mark. Joiners stay: scripts and emoji need them.
    Dropped,
    /// A no-break space, which looks like a space.
    Space,
    /// A line or paragraph separator.
    Line,
}

/// The odd character at the start of `text`, with its length.
fn odd(text: &[u8]) -> Option<(Odd, usize)> {
    match text {
        [0xc2, 0xa0, ..] => Some((Odd::Space, 2)),
        [0xc2, 0x80..=0x9f | 0xad, ..] => Some((Odd::Dropped, 2)),
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => Some((Odd::Line, 3)),
        [0xe2, 0x80, 0x8b, ..] | [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..] => {
            Some((Odd::Dropped, 3))
        }
        _ => None,
    }
}

/// Blank to a reader's eye: Unicode's white space and its characters without width.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200c}'..='\u{200f}')
}
