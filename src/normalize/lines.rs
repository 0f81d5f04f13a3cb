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
    /// HTML's own white space; NBSP and the rest of Unicode's is text.
    Space,
    /// A control character, dropped.
    Control,
    /// May start a C1 control (C2) or a line separator (E2): the next bytes tell.
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
    classes
};

fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// The text so far. Bytes, because a tokenizer may split a character between two pieces.
pub(super) struct Lines {
    out: Vec<u8>,
    /// Where the current line starts in `out`.
    start: usize,
    gap: Gap,
}

impl Lines {
    /// Empty, with room for `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            start: 0,
            gap: Gap::None,
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

    /// Adds text, keeping its line breaks and inner blanks.
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
        while end < text.len() {
            match class(text[end]) {
                Class::Plain => end += 1,
                Class::Space if text[end] == b' ' => match text.get(end + 1) {
                    Some(&next) if class(next) == Class::Plain => end += 2,
                    _ => break,
                },
                Class::Lead if !is_odd(&text[end..]) => end += 1,
                _ => break,
            }
        }
        self.out.extend_from_slice(&text[..end]);
        end
    }

    /// A piece that starts with a `Lead` byte. Returns how much was taken.
    fn lead(&mut self, text: &[u8]) -> usize {
        match text {
            [0xc2, 0x80..=0x9f, ..] => 2,
            [0xe2, 0x80, 0xa8 | 0xa9, ..] => {
                self.line_break();
                3
            }
            _ => self.run(text),
        }
    }

    fn kept_blanks(&mut self, line: &[u8]) {
        for piece in line.split_inclusive(|&byte| class(byte) == Class::Space) {
            let (word, blank) = match piece.split_last() {
                Some((&last, word)) if class(last) == Class::Space => (word, Some(last)),
                _ => (piece, None),
            };
            self.text(word);
            let inside = self.gap != Gap::Line && self.out.len() > self.start;
            match blank {
                Some(b'\t') if inside => self.out.push(b'\t'),
                Some(_) if inside => self.out.push(b' '),
                _ => {}
            }
        }
    }

    fn fill_gap(&mut self) {
        let separator = match std::mem::replace(&mut self.gap, Gap::None) {
            Gap::None => return,
            Gap::Line => return self.end_line(),
            Gap::Space => b' ',
            Gap::Cell => b'\t',
        };
        if self.out.len() > self.start {
            self.out.push(separator);
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
            let blank = line.len() - line.trim_start_matches(is_blank).len();
            self.out.truncate(kept_to);
            self.out
                .drain(self.start..(self.start + blank).min(kept_to).max(self.start));
        }
        if self.out.len() > self.start {
            self.out.push(b'\n');
        }
        self.start = self.out.len();
    }
}

/// True for a C1 control, or a line or paragraph separator, at the start of `text`.
fn is_odd(text: &[u8]) -> bool {
    matches!(
        text,
        [0xc2, 0x80..=0x9f, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..]
    )
}

/// Blank to a reader's eye: Unicode's white space and its characters without width.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}
