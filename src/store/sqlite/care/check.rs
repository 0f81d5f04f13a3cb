//! Is a store as it was written? The file's structure, the store's own rules, every article's hash.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, Row};

use super::{Sql, Sqlite, is_damage, look, scan};
use crate::{
    model::ArticleId,
    store::{
        StoreError,
        care::{CheckReport, DamagedArticle, Finding, Progress, Told},
        sqlite::{hash, open::known_version},
    },
};

/// Faults of the structure that are told.
const MOST_FAULTS: usize = 100;
/// Articles between two words on how far it is.
const TELL: u64 = 100;

/// What must not be, and a query that counts it.
const RULES: &[(&str, &str)] = &[
    (
        "articles whose number is beyond the end of the change sequence",
        "SELECT count(*) FROM articles WHERE seq > (SELECT value FROM counters WHERE name = 'seq')",
    ),
    (
        "deletions whose number is beyond the end of the change sequence",
        "SELECT count(*) FROM tombstones WHERE seq > (SELECT value FROM counters WHERE name = 'seq')",
    ),
    (
        "counters that are missing",
        "SELECT 1 - count(*) FROM counters WHERE name = 'seq'",
    ),
    (
        "numbers of the change sequence that were given to an article and a deletion",
        "SELECT count(*) FROM tombstones t CROSS JOIN articles a ON a.seq = t.seq",
    ),
    (
        "articles that were deleted and are there",
        "SELECT count(*) FROM tombstones t CROSS JOIN articles a ON a.id = t.id",
    ),
    (
        "replaced versions that are not older than the version in force",
        "SELECT count(*) FROM revisions r JOIN articles a ON a.row = r.article WHERE r.revision >= a.revision",
    ),
];

/// The same of the full-text index, which earlier schemas have not.
const INDEX_RULES: &[(&str, &str)] = &[
    (
        "articles that searches do not find",
        "SELECT count(*) FROM articles a WHERE NOT EXISTS (SELECT 1 FROM search_docsize d WHERE d.id = a.row)",
    ),
    (
        "rows of the full-text index whose article is not there",
        "SELECT count(*) FROM search_docsize d WHERE NOT EXISTS (SELECT 1 FROM articles a WHERE a.row = d.id)",
    ),
];

/// Looks for damage. The store may be in use: only its structure is checked in one long read.
///
/// # Errors
/// Why it cannot be checked at all; damage is in the report.
pub fn check(path: &Path, is_deep: bool, told: Told<'_>) -> Result<CheckReport, StoreError> {
    let store = look(path)?;
    examine(&store, is_deep, told)
}

/// [`check`] of an open file.
pub(super) fn examine(
    store: &Sqlite,
    is_deep: bool,
    told: Told<'_>,
) -> Result<CheckReport, StoreError> {
    let mut check = Check {
        db: &store.connection,
        told,
        report: CheckReport {
            is_older: store.version()? < known_version(),
            ..CheckReport::default()
        },
    };
    let done = check.run(is_deep);
    done.map_err(|error| store.explain("check the store", error))?;
    Ok(check.report)
}

struct Check<'a> {
    db: &'a Connection,
    told: Told<'a>,
    report: CheckReport,
}

impl Check<'_> {
    fn run(&mut self, is_deep: bool) -> Sql<()> {
        (self.told)(Progress::Begins("pages of the file", 0));
        self.part(|check| check.structure(is_deep))?;
        let index = match self.report.is_older {
            true => &[],
            false => INDEX_RULES,
        };
        let rules = RULES.len() + index.len();
        (self.told)(Progress::Begins("rules", rules as u64 + 1));
        self.part(Self::references)?;
        for (at, (what, sql)) in RULES.iter().chain(index).enumerate() {
            (self.told)(Progress::Done(at as u64 + 1));
            self.part(|check| {
                let rows: u64 = check.db.query_row(sql, [], |row| row.get(0))?;
                if rows > 0 {
                    check.report.findings.push(Finding::Rule { what, rows });
                }
                Ok(())
            })?;
        }
        self.part(|check| {
            let count = "SELECT count(*) FROM articles";
            check.report.articles = check.db.query_row(count, [], |row| row.get(0))?;
            Ok(())
        })?;
        // What an earlier version hashed is not what is hashed today.
        if is_deep && !self.report.is_older {
            self.part(Self::articles)?;
        }
        Ok(())
    }

    /// A part that damage ends is a finding, and the others go on.
    fn part(&mut self, part: impl FnOnce(&mut Self) -> Sql<()>) -> Sql<()> {
        match part(self) {
            Err(error) if is_damage(&error) => {
                let fault = Finding::Structure(error.to_string());
                if !self.report.findings.contains(&fault) {
                    self.report.findings.push(fault);
                }
                Ok(())
            }
            done => done,
        }
    }

    fn structure(&mut self, is_deep: bool) -> Sql<()> {
        let pragma = if is_deep {
            "integrity_check"
        } else {
            "quick_check"
        };
        let mut statement = self
            .db
            .prepare(&format!("PRAGMA {pragma}({MOST_FAULTS})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let fault = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
            if fault != "ok" {
                self.report.findings.push(Finding::Structure(fault));
            }
        }
        Ok(())
    }

    fn references(&mut self) -> Sql<()> {
        let mut dangling = BTreeMap::<String, u64>::new();
        let mut statement = self.db.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            *dangling.entry(row.get(0)?).or_default() += 1;
        }
        let found = dangling.into_iter();
        let found = found.map(|(table, rows)| Finding::Dangling { table, rows });
        self.report.findings.extend(found);
        Ok(())
    }

    /// Every article against its hash, some at a time.
    fn articles(&mut self) -> Sql<()> {
        (self.told)(Progress::Begins("articles", self.report.articles));
        let columns = format!("a.hash, {}", hash::COLUMNS);
        let table = scan::Table {
            name: "articles",
            row: "row",
            columns: &columns,
            last: scan::last_article(self.db),
        };
        let (mut hashed, mut damaged) = (0, Vec::new());
        let told = &mut self.told;
        let lost = scan::rows(self.db, &table, &mut |row| {
            if !is_sound(row) {
                damaged.push(legible(row)?);
            }
            hashed += 1;
            if hashed % TELL == 0 {
                told(Progress::Done(hashed));
            }
            Ok(())
        })?;
        self.report.hashed = Some(hashed);
        damaged.extend(named(self.db, &lost));
        damaged.sort_by_key(|article| article.row);
        let found = damaged.into_iter().map(Finding::Article);
        self.report.findings.extend(found);
        Ok(())
    }
}

/// True if a row of number, hash and [`hash::COLUMNS`] is as it was written.
pub(super) fn is_sound(row: &Row<'_>) -> bool {
    let Ok(Some(hash)) = hash::of_row(row, 2) else {
        return false;
    };
    let stored = row.get_ref(1);
    stored.is_ok_and(|stored| stored.as_blob() == Ok(&hash[..]))
}

/// What can be told of a damaged row of number, hash and [`hash::COLUMNS`].
pub(super) fn legible(row: &Row<'_>) -> Sql<DamagedArticle> {
    let bytes = |column| {
        row.get_ref(column)
            .ok()
            .and_then(|value| value.as_bytes().ok())
    };
    let id = bytes(2).and_then(|id| id.try_into().ok()).map(ArticleId);
    let title = bytes(7).map(|title| String::from_utf8_lossy(title).into_owned());
    Ok(DamagedArticle {
        row: row.get(0)?,
        id,
        title,
        is_lost: false,
    })
}

/// Articles of which nothing can be read, with their ids as far as the index has them.
pub(super) fn named(db: &Connection, lost: &[i64]) -> Vec<DamagedArticle> {
    let mut ids = BTreeMap::new();
    let mut look = || -> Sql<()> {
        // The index on ids has all that is asked for; the table is not read.
        let mut statement = db.prepare("SELECT row, id FROM articles ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if lost.binary_search(&number).is_ok() {
                ids.insert(number, ArticleId(row.get(1)?));
            }
        }
        Ok(())
    };
    if !lost.is_empty() {
        // An id that cannot be read is not told; the number is.
        let _ = look();
    }
    let article = |row: &i64| DamagedArticle {
        row: *row,
        id: ids.get(row).copied(),
        title: None,
        is_lost: true,
    };
    lost.iter().map(article).collect()
}
