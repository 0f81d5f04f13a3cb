//! The inputs: documents of the corpus, damaged at random, the same for the same seed and number.

use std::{fs, path::PathBuf};

use crate::{Result, corpus::Corpus};

/// Larger documents are left out: many small inputs find more.
const MAX_SOURCE: u64 = 64 << 10;

/// Documents from this size on count as large.
const LARGE: u64 = 4 << 10;

/// What parsers stumble over.
const TOKENS: &[&[u8]] = &[
    b"<",
    b">",
    b"&",
    b"\"",
    b"'",
    b"=",
    b"/",
    b"]]>",
    b"<![CDATA[",
    b"<![CDATA[]]>",
    b"<!--",
    b"-->",
    b"<?",
    b"?>",
    b"<!DOCTYPE x [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;\">]>",
    b"&a;",
    b"&#",
    b"&#x",
    b"&#x110000;",
    b"&#xD800;",
    b"&#0;",
    b"&#99999999999999999999;",
    b"&nbsp;",
    b"&eacute",
    b"&nosuch;",
    b"\0",
    b"\x01",
    b"\x0b",
    b"\x80",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "\u{feff}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{202e}".as_bytes(),
    "<author>山田（a@example.com）</author>".as_bytes(),
    "<dc:creator>é@é</dc:creator>".as_bytes(),
    "@山".as_bytes(),
    "山@".as_bytes(),
    b"(@)",
    b"a@b (",
    b"<itunes:duration>99999999999999999999</itunes:duration>",
    b"<itunes:duration>1:2:3:4:5</itunes:duration>",
    b"<media:text start=\"99999999999999999999:00\">x</media:text>",
    b"<media:title/>",
    b"<media:description></media:description>",
    b"<ttl>-99999999999999999999</ttl>",
    b"<enclosure url=\"x\" length=\"99999999999999999999999\" type=\"/\"/>",
    b"<pubDate>Mon, 99 Foo 99999 99:99:99 +9999</pubDate>",
    "<pubDate>１２ мая 2020 г.</pubDate>".as_bytes(),
    b"<updated>0000-00-00T00:00:00Z</updated>",
    b"<updated>+262143-12-31T23:59:59Z</updated>",
    b"<link href=\"http://[::1\"/>",
    b"<link href=\"//\" rel=\"&#0;\"/>",
    b" xml:base=\"http://%%%/\"",
    b" xml:lang=\"\"",
    b" xmlns=\"\"",
    b" xmlns:a=\"http://purl.org/atom/ns#\"",
    b" type=\"xhtml\"",
    b" type=\"/\"",
    b" mode=\"base64\"",
    b"<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    b"<?xml version=\"1.0\" encoding=\"windows-1251\"?>",
    b"<?xml version='1.1' encoding='iso-2022-jp' standalone='no'?>",
    b"<rss>",
    b"</rss>",
    b"<channel>",
    b"</channel>",
    b"<item>",
    b"</item>",
    b"<item/>",
    b"<entry>",
    b"</entry>",
    b"<feed>",
    b"</feed>",
    b"<rdf:RDF>",
    b"<title>",
    b"</title>",
    b"<content type=\"xhtml\"><div>",
    b"<description>",
    b"<a:b c:d=e>",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"1e999",
    b"-0",
    b"\"\\ud800\"",
    b"\"items\":[{}]",
    b"\"version\":1",
];

/// What is nested deeply.
const OPENINGS: &[&str] = &[
    "<b>",
    "<div>",
    "<item>",
    "<entry>",
    "<channel>",
    "<a:b>",
    "<content type=\"xhtml\">",
    "&lt;div&gt;",
    "&amp;",
    "<!--",
    "<![CDATA[",
    "<",
    "[",
    "{\"a\":",
];

const LABELS: &[&str] = &[
    "utf-8",
    "UTF-16",
    "utf-16le",
    "utf-32",
    "iso-8859-1",
    "windows-1251",
    "shift_jis",
    "iso-2022-jp",
    "gb18030",
    "utf-7",
    "ebcdic-cp-us",
    "x-user-defined",
    "",
];

/// The documents that are mutated, with their sizes.
pub(super) fn sources(corpus: &Corpus) -> Result<Vec<(PathBuf, u64)>> {
    corpus.files(MAX_SOURCE)
}

/// Makes the inputs of one seed.
pub(super) struct Mutator {
    seed: u64,
    all: Vec<PathBuf>,
    large: Vec<PathBuf>,
    json: Vec<PathBuf>,
}

impl Mutator {
    pub(super) fn new(seed: u64, corpus: &Corpus) -> Result<Self> {
        let files = sources(corpus)?;
        let some = |wanted: &dyn Fn(&(PathBuf, u64)) -> bool| -> Vec<PathBuf> {
            let files = files.iter().filter(|file| wanted(file));
            files.map(|(path, _)| path.clone()).collect()
        };
        Ok(Self {
            seed,
            all: some(&|_| true),
            large: some(&|(_, bytes)| *bytes >= LARGE),
            json: some(&|(path, _)| path.extension().is_some_and(|kind| kind == "json")),
        })
    }

    /// The input of a number.
    pub(super) fn input(&mut self, number: u64) -> Result<Vec<u8>> {
        let mut rng = Rng(self.seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        let mut bytes = self.source(&mut rng)?;
        for _ in 0..=rng.below(4) {
            self.mutate(&mut bytes, &mut rng)?;
        }
        Ok(bytes)
    }

    /// A document; JSON and large ones more often than there are of them.
    fn source(&self, rng: &mut Rng) -> Result<Vec<u8>> {
        let list = match rng.below(8) {
            0 if !self.json.is_empty() => &self.json,
            1..=3 if !self.large.is_empty() => &self.large,
            _ => &self.all,
        };
        let path = list.get(rng.below(list.len())).ok_or("feeds/ is empty")?;
        Ok(fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    fn mutate(&self, bytes: &mut Vec<u8>, rng: &mut Rng) -> Result<()> {
        match rng.below(40) {
            0..=4 => flip_bits(bytes, rng),
            5..=8 => replace_bytes(bytes, rng),
            9..=12 => drop(bytes.drain(rng.range(bytes.len()))),
            13..=15 => {
                let copy = bytes[rng.range(bytes.len())].to_vec();
                insert(bytes, &copy, rng);
            }
            16..=27 => {
                for _ in 0..=rng.below(6) {
                    let token = *rng.one_of(TOKENS);
                    insert(bytes, token, rng);
                }
            }
            28..=30 => bytes.truncate(rng.below(bytes.len() + 1)),
            31..=34 => {
                let other = self.source(rng)?;
                bytes.truncate(rng.below(bytes.len() + 1));
                bytes.extend_from_slice(&other[rng.below(other.len() + 1)..]);
            }
            35 => nest(bytes, rng),
            _ => label(bytes, rng),
        }
        Ok(())
    }
}

fn flip_bits(bytes: &mut [u8], rng: &mut Rng) {
    for _ in 0..=rng.below(8) {
        let at = rng.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << rng.below(8);
        }
    }
}

fn replace_bytes(bytes: &mut [u8], rng: &mut Rng) {
    for _ in 0..=rng.below(8) {
        let at = rng.below(bytes.len());
        let new = rng.next().to_le_bytes()[0];
        if let Some(byte) = bytes.get_mut(at) {
            *byte = new;
        }
    }
}

fn insert(bytes: &mut Vec<u8>, piece: &[u8], rng: &mut Rng) {
    let at = rng.below(bytes.len() + 1);
    bytes.splice(at..at, piece.iter().copied());
}

/// Opens something many times, and closes it as often or not at all.
fn nest(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let opening = *rng.one_of(OPENINGS);
    let times = *rng.one_of(&[100, 2_000, 20_000]);
    let mut piece = opening.repeat(times);
    let name = opening
        .strip_prefix('<')
        .and_then(|tag| tag.split(['>', ' ']).next());
    if let Some(name) = name.filter(|_| rng.below(2) == 0) {
        piece.push('x');
        piece.push_str(&format!("</{name}>").repeat(times));
    }
    insert(bytes, piece.as_bytes(), rng);
}

/// Declares another encoding.
fn label(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let label = rng.one_of(LABELS).as_bytes();
    let declared = b"encoding=\"";
    let found = bytes.windows(declared.len()).position(|it| it == declared);
    if let Some(start) = found.map(|at| at + declared.len()) {
        let length = bytes[start..]
            .iter()
            .take(40)
            .position(|byte| *byte == b'"');
        bytes.splice(start..start + length.unwrap_or(0), label.iter().copied());
    } else {
        let declaration = [b"<?xml version=\"1.0\" encoding=\"", label, b"\"?>"].concat();
        bytes.splice(0..0, declaration);
    }
}

/// `SplitMix64`.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if there is none.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    /// A range of indices, mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 200 };
        start..(start + self.below(most + 1)).min(length)
    }

    fn one_of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
