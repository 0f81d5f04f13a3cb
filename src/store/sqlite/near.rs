//! Near copies: finding the article that another is a copy of, and writing down what it can itself
//! be found by.
//!
//! Articles that agree in a band of their sketches are candidates; the texts decide. Labels only ever
//! point at articles that were stored before, so that labelling one changes no other. What the numbers
//! mean is `model::near`'s; here is what keeps the index small: periods, and few candidates.

use std::cmp::Reverse;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{
    Sql,
    rows::{self, millis},
};
use crate::model::{
    Time,
    near::{self, ALIKE, ALIKE_WITHIN, BAND_BITS, BANDS, Shingles, Sketch},
};

/// Milliseconds of a period. Copies are found among what was stored in this one and the one before.
const PERIOD: i64 = 30 * 24 * 3600 * 1000;
/// Articles looked at in a band, the latest first: boilerplate makes long ones.
const MOST_OF_BAND: i64 = 32;
/// Candidates whose texts are compared.
const MOST_COMPARED: usize = 8;
/// Copies that are this much alike and were found in this period stand for each other: the later one
/// is not written down, so that what is published a thousand times makes no long bands.
const SAME: f64 = 0.9;
/// Rows that [`prune`] drops at once.
const PRUNED_AT_ONCE: i64 = 20_000;

/// An article that is to be labelled.
pub(super) struct Subject<'a> {
    /// Its row, if it is stored already: only older ones are candidates.
    pub(super) row: Option<i64>,
    pub(super) owner: Option<i64>,
    pub(super) source: &'a str,
    pub(super) body: &'a str,
    pub(super) words: usize,
    pub(super) sketch: Option<&'a Sketch>,
    pub(super) now: Time,
}

/// What an article is a copy of, as its row says it.
#[derive(Clone, Copy, Default)]
pub(super) struct Label {
    pub(super) cluster: Option<[u8; 16]>,
    pub(super) duplicate_of: Option<[u8; 16]>,
}

/// What was found, and what is to be written down.
#[derive(Default)]
pub(super) struct Found {
    pub(super) label: Label,
    /// Keys of the bands, if others are to find it by them.
    keys: Option<[i64; BANDS]>,
}

/// Looks for the article that this one is a copy of.
pub(super) fn find(db: &Connection, subject: &Subject<'_>) -> Sql<Found> {
    let Some(sketch) = subject.sketch else {
        return Ok(Found::default());
    };
    let period = period_of(subject.now);
    let keys = keys(sketch, period);
    let mut candidates = candidates(db, &keys, true)?;
    // Nothing is asked of a period that has nothing.
    let oldest: Option<i64> = db
        .prepare_cached("SELECT min(band) FROM bands")?
        .query_row([], |row| row.get(0))?;
    if oldest.is_some_and(|oldest| oldest < first_key(period)) {
        candidates.extend(self::candidates(
            db,
            &self::keys(sketch, period - 1),
            false,
        )?);
    }
    if let Some(row) = subject.row {
        candidates.extend(present(db, row)?);
        candidates.retain(|candidate| candidate.row < row);
    }
    candidates.sort_unstable_by_key(|candidate| (Reverse(candidate.bands), candidate.row));
    let best = best(db, subject, &candidates)?;
    let stands_for_it = |best: &Best| best.is_current && best.alike >= SAME;
    Ok(Found {
        keys: (!best.as_ref().is_some_and(stands_for_it)).then_some(keys),
        label: best.map_or_else(Label::default, |best| best.label),
    })
}

/// Makes an article findable.
pub(super) fn keep(tx: &Transaction<'_>, row: i64, found: &Found) -> Sql<()> {
    let Some(keys) = &found.keys else {
        return Ok(());
    };
    let mut statement =
        tx.prepare_cached("INSERT OR IGNORE INTO bands (band, article) VALUES (?1, ?2)")?;
    for key in keys {
        statement.execute([*key, row])?;
    }
    Ok(())
}

/// Drops what is too old to be found, and what a wrong clock wrote ahead of time. Returns how many
/// rows there were, some thousands at most.
pub(super) fn prune(tx: &Transaction<'_>, now: Time) -> Sql<u64> {
    let period = period_of(now);
    let (from, to) = (first_key(period - 1), first_key(period + 2));
    let dropped = tx
        .prepare_cached(
            "DELETE FROM bands WHERE (band, article) IN (SELECT band, article FROM bands
                WHERE band < ?1 OR band >= ?2 LIMIT ?3)",
        )?
        .execute([from, to, PRUNED_AT_ONCE])?;
    Ok(dropped as u64)
}

fn period_of(now: Time) -> i64 {
    // The upper bits of a key: twelve, which end with the year 2306.
    millis(now).div_euclid(PERIOD).clamp(0, (1 << 12) - 1)
}

fn first_key(period: i64) -> i64 {
    period << BAND_BITS
}

fn keys(sketch: &Sketch, period: i64) -> [i64; BANDS] {
    sketch.0.map(|band| first_key(period) | band.cast_signed())
}

struct Candidate {
    row: i64,
    /// That it has in common.
    bands: usize,
    is_current: bool,
}

fn candidates(db: &Connection, keys: &[i64; BANDS], is_current: bool) -> Sql<Vec<Candidate>> {
    let mut statement = db.prepare_cached(
        "SELECT article FROM bands WHERE band = ?1 ORDER BY article DESC LIMIT ?2",
    )?;
    let mut rows: Vec<i64> = Vec::new();
    for key in keys {
        let mut found = statement.query([*key, MOST_OF_BAND])?;
        while let Some(row) = found.next()? {
            rows.push(row.get(0)?);
        }
    }
    rows.sort_unstable();
    let candidate = |rows: &[i64]| {
        rows.first().map(|row| Candidate {
            row: *row,
            bands: rows.len(),
            is_current,
        })
    };
    Ok(rows.chunk_by(|a, b| a == b).filter_map(candidate).collect())
}

/// What a stored article is a copy of at present: its bands may be too old to be found.
fn present(db: &Connection, row: i64) -> Sql<Option<Candidate>> {
    let found = db
        .prepare_cached(
            "SELECT o.row FROM articles a JOIN articles o ON o.id = a.duplicate_of WHERE a.row = ?1",
        )?
        .query_row([row], |row| row.get(0))
        .optional()?;
    Ok(found.map(|row| Candidate {
        row,
        bands: BANDS,
        is_current: false,
    }))
}

struct Best {
    label: Label,
    alike: f64,
    is_current: bool,
}

/// The candidate that is most alike, the oldest of equals; `None` if none is alike enough.
fn best(db: &Connection, subject: &Subject<'_>, candidates: &[Candidate]) -> Sql<Option<Best>> {
    // Made when there is something to compare with: mostly there is nothing.
    let mut own: Option<Shingles> = None;
    let (mut best, mut compared): (Option<Best>, usize) = (None, 0);
    for candidate in candidates {
        let Some((label, is_within)) = may_be(db, subject, candidate)? else {
            continue;
        };
        compared += 1;
        let body = db
            .prepare_cached("SELECT body FROM articles WHERE row = ?1")?
            .query_row([candidate.row], |row| rows::lossy(row, 0))?;
        let own = own.get_or_insert_with(|| Shingles::of(subject.body));
        let alike = own.alike(&Shingles::of(&body));
        let enough = if is_within { ALIKE_WITHIN } else { ALIKE };
        if alike >= enough && best.as_ref().is_none_or(|best| alike > best.alike) {
            best = Some(Best {
                label,
                alike,
                is_current: candidate.is_current,
            });
        }
        if compared == MOST_COMPARED {
            break;
        }
    }
    Ok(best)
}

/// The label that a candidate would give, and whether it is of the same feed; `None` if it cannot be
/// alike enough, which is seen without its text.
fn may_be(
    db: &Connection,
    subject: &Subject<'_>,
    candidate: &Candidate,
) -> Sql<Option<(Label, bool)>> {
    // Who brought an import is not known; its source's name has to do.
    let found = db
        .prepare_cached(
            "SELECT id, coalesce(cluster, id), words,
                CASE WHEN ?2 IS NULL THEN source = ?3
                ELSE EXISTS (SELECT 1 FROM sightings WHERE article = ?1 AND feed = ?2) END
             FROM articles WHERE row = ?1",
        )?
        .query_row(
            params![candidate.row, subject.owner, subject.source],
            |row| {
                let label = Label {
                    duplicate_of: Some(row.get(0)?),
                    cluster: Some(row.get(1)?),
                };
                Ok((label, rows::words(row, 2)?, row.get::<_, bool>(3)?))
            },
        )
        .optional()?;
    let Some((label, words, is_within)) = found else {
        return Ok(None);
    };
    // Nine of ten bands agree where a feed repeats itself.
    let may = words >= near::FEWEST_WORDS
        && are_long_alike(subject.words, words)
        && (!is_within || candidate.bands * 3 >= BANDS * 2);
    Ok(may.then_some((label, is_within)))
}

/// False if one text is so much longer that the other cannot be most of it. Words are counted otherwise
/// than shingles are, and some repeat, hence the room.
#[expect(
    clippy::cast_precision_loss,
    reason = "a text has less than 2^52 words"
)]
fn are_long_alike(a: usize, b: usize) -> bool {
    a.min(b) as f64 >= a.max(b) as f64 * ALIKE * 0.7
}
