//! Near copies: how alike two texts are, and a sketch by which a store finds a text's likely copies.
//! Pure.
//!
//! A text is the set of its shingles (runs of a few words). How alike two texts are is the share of
//! shingles that they have in common (Jaccard). Sketches are one-permutation `MinHash`, cut into bands:
//! texts that agree in a band are worth comparing. The figures behind the numbers are in
//! ARCHITECTURE.md, "Near copies"; a change of any of them makes the sketches in a store useless.

/// Texts of fewer words say too little to be called copies.
pub const FEWEST_WORDS: usize = 40;
/// Texts of different feeds that are this much alike are copies.
pub const ALIKE: f64 = 0.4;
/// The same within one feed. Feeds repeat their boilerplate in everything they publish.
pub const ALIKE_WITHIN: f64 = 0.95;

/// Bands of a sketch.
pub const BANDS: usize = 12;
/// Bins whose smallest hashes make a band.
const ROWS: usize = 2;
const BINS: usize = BANDS * ROWS;
/// Bits of a band's hash, so that a store has room for more in one integer.
pub const BAND_BITS: u32 = 35;

/// Words in a shingle.
const WORDS: usize = 3;
/// Characters in a shingle of a script that is written without spaces: two or three words.
const CHARACTERS: usize = 5;

/// A text as the set of its shingles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// The shingles of a text; letters' case, punctuation and spacing do not count.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hashes = Vec::with_capacity(text.len() / 5);
        each_shingle(&words(text), |hash| hashes.push(hash));
        hashes.sort_unstable();
        hashes.dedup();
        Self(hashes)
    }

    /// The share of common shingles, from 0 to 1.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a text has less than 2^52 words"
    )]
    pub fn alike(&self, other: &Self) -> f64 {
        let (mut at, mut common) = (0, 0);
        for hash in &self.0 {
            while other.0.get(at).is_some_and(|there| there < hash) {
                at += 1;
            }
            common += usize::from(other.0.get(at) == Some(hash));
        }
        match self.0.len() + other.0.len() - common {
            0 => 0.0,
            all => common as f64 / all as f64,
        }
    }
}

/// What a store looks a text's likely copies up by: a hash of [`BAND_BITS`] for each band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch(pub [u64; BANDS]);

impl Sketch {
    /// The sketch of a text; one without any word has none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut bins = [None; BINS];
        each_shingle(&words(text), |hash| {
            let bin = &mut bins[bin_of(hash)];
            *bin = Some(bin.map_or(hash, |least: u64| least.min(hash)));
        });
        let filled = filled(&bins)?;
        let mut bands = [0; BANDS];
        for ((at, band), bins) in bands.iter_mut().enumerate().zip(filled.chunks_exact(ROWS)) {
            let seed = at as u64 + 1;
            let hash = finished(bins.iter().fold(seed, |hash, bin| mixed(hash, *bin)));
            *band = hash >> (64 - BAND_BITS);
        }
        Some(Self(bands))
    }
}

/// Short texts leave bins empty. Each takes another's value, found by a walk that depends on the bin
/// alone, so that two texts without it take the same (Shrivastava 2017).
fn filled(bins: &[Option<u64>; BINS]) -> Option<[u64; BINS]> {
    if bins.iter().all(Option::is_none) {
        return None;
    }
    let mut all = [0; BINS];
    for (at, value) in all.iter_mut().enumerate() {
        let mut walk = at as u64;
        let mut found = bins[at];
        while found.is_none() {
            walk = finished(mixed(walk, START));
            found = bins[bin_of(walk)];
        }
        *value = found?;
    }
    Some(all)
}

/// A hash's bin, by its upper bits; the lower ones are what is compared within it.
fn bin_of(hash: u64) -> usize {
    (((hash >> 32) * BINS as u64) >> 32) as usize
}

/// Calls with the hash of each shingle, repeated ones included.
fn each_shingle(words: &[u64], mut take: impl FnMut(u64)) {
    // What is shorter than a shingle is one.
    let last = words.len().saturating_sub(WORDS);
    for (at, first) in words.iter().enumerate().take(last + 1) {
        let length = match first & CHARACTER {
            0 => WORDS,
            _ => CHARACTERS,
        };
        let shingle = &words[at..words.len().min(at + length)];
        take(finished(
            shingle.iter().fold(0, |hash, word| mixed(hash, *word)),
        ));
    }
}

/// Set in the hash of a character of a script that is written without spaces, which is a word of its
/// own, and in no other.
const CHARACTER: u64 = 1;

/// The hashes of a text's words.
fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity(text.len() / 5);
    let mut hash = START;
    let end = |hash: &mut u64, words: &mut Vec<u64>| {
        if *hash != START {
            words.push(*hash & !CHARACTER);
            *hash = START;
        }
    };
    for (at, byte) in text.bytes().enumerate() {
        if byte.is_ascii() {
            match byte.is_ascii_alphanumeric() {
                true => hash = letter(hash, u32::from(byte.to_ascii_lowercase())),
                false => end(&mut hash, &mut words),
            }
            continue;
        }
        // Where a character begins; what continues one is passed over.
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            continue;
        };
        if is_unspaced(c) {
            end(&mut hash, &mut words);
            words.push(letter(START, u32::from(c)) | CHARACTER);
        } else if c.is_alphanumeric() {
            hash = c.to_lowercase().map(u32::from).fold(hash, letter);
        } else if !is_mark(c) {
            end(&mut hash, &mut words);
        }
    }
    end(&mut hash, &mut words);
    words
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a's step.
fn letter(hash: u64, letter: u32) -> u64 {
    (hash ^ u64::from(letter)).wrapping_mul(0x0000_0100_0000_01b3)
}

fn mixed(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A hash in which every bit depends on every other (the end of `SplitMix64`).
fn finished(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Combining accents: a letter with one is a letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Scripts that are written without spaces between words: kana and ideographs, Thai, Lao, Burmese,
/// Khmer.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3040}'..='\u{30ff}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9f}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

#[cfg(test)]
#[path = "near_tests.rs"]
mod tests;
