//! Exports as tables beside bare loops: the same columns, already taken apart, written by the
//! libraries alone. Both are measured in turns in one process, by its CPU time; the least counts.

use std::{error::Error, fs, path::Path};

use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use parquet::{
    basic::{Compression, ZstdLevel},
    column::{reader::ColumnReader, writer::ColumnWriter},
    data_type::ByteArray,
    file::{
        properties::WriterProperties, reader::FileReader as _,
        serialized_reader::SerializedFileReader, writer::SerializedFileWriter,
    },
};
use rusqlite::{Connection, params_from_iter, types::Value};
use tidings::{
    export::{self, ArticleSource, Format, Options, Target},
    model::{
        Article, ArticleId, DateSource, Details, Extraction, Fingerprint, StoredArticle, Time,
    },
};

use crate::Result;

#[derive(Args)]
pub(crate) struct ExportsArgs {
    #[arg(long, default_value_t = 40_000)]
    articles: usize,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Articles a page, as `tidings export` reads them.
const PAGE: usize = 500;

pub(crate) fn run(args: &ExportsArgs) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let pages: Vec<Vec<StoredArticle>> = (0..args.articles.div_ceil(PAGE))
        .map(|page| {
            let end = args.articles.min((page + 1) * PAGE);
            (page * PAGE..end).map(article).collect()
        })
        .collect();
    let mut ours = [f64::MAX; 2];
    let mut bare = [f64::MAX; 2];
    for _ in 0..args.rounds {
        for (at, format) in [Format::Parquet, Format::Sqlite].into_iter().enumerate() {
            let path = folder.path().join(format!("ours.{}", format.name()));
            let _ = fs::remove_file(&path);
            let mut source = Pages(pages.clone().into_iter());
            let seconds = timed(|| {
                let target = Target::File(&path);
                export::run(&mut source, &Options::from(format), target, &mut |_| {})?;
                Ok(())
            })?;
            ours[at] = ours[at].min(seconds);
            let other = folder.path().join("bare");
            let _ = fs::remove_file(&other);
            let seconds = match format {
                Format::Parquet => bare_parquet(&path, &other)?,
                _ => bare_sqlite(&path, &other)?,
            };
            bare[at] = bare[at].min(seconds);
            let size = |path: &Path| fs::metadata(path).map(|meta| meta.len() >> 20);
            eprintln!(
                "{}: {} MiB, bare {} MiB",
                format.name(),
                size(&path)?,
                size(&other)?
            );
        }
    }
    for (at, name) in ["parquet", "sqlite"].into_iter().enumerate() {
        println!(
            "{name}: {:.0} articles a CPU second, {:.2} of a bare loop ({:.0})",
            args.articles as f64 / ours[at],
            bare[at] / ours[at],
            args.articles as f64 / bare[at]
        );
    }
    Ok(())
}

struct Pages(std::vec::IntoIter<Vec<StoredArticle>>);

impl ArticleSource for Pages {
    fn next_page(
        &mut self,
    ) -> std::result::Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        Ok(self.0.next().unwrap_or_default())
    }
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let spent = || -> Result<f64> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        let seconds = |time: nix::sys::time::TimeVal| {
            time.tv_sec() as f64 + time.tv_usec() as f64 / 1_000_000.0
        };
        Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
    };
    let before = spent()?;
    work()?;
    Ok(spent()? - before)
}

/// A column of a row group, as the library takes it.
enum Chunk {
    Texts(Vec<ByteArray>, Vec<i16>, Vec<i16>),
    Numbers(Vec<i64>, Vec<i16>, Vec<i16>),
}

/// The levels of a column; one that is neither optional nor a list has none.
fn levels(all: &[i16]) -> Option<&[i16]> {
    (!all.is_empty()).then_some(all)
}

fn bare_parquet(from: &Path, to: &Path) -> Result<f64> {
    let file = SerializedFileReader::new(fs::File::open(from)?)?;
    let schema = file
        .metadata()
        .file_metadata()
        .schema_descr()
        .root_schema_ptr();
    let mut groups = Vec::new();
    for at in 0..file.num_row_groups() {
        let group = file.get_row_group(at)?;
        let rows = usize::try_from(group.metadata().num_rows())?;
        let mut chunks = Vec::new();
        for column in 0..group.num_columns() {
            let (mut definitions, mut repetitions) = (Vec::new(), Vec::new());
            let levels = (Some(&mut definitions), Some(&mut repetitions));
            chunks.push(match group.get_column_reader(column)? {
                ColumnReader::ByteArrayColumnReader(mut reader) => {
                    let mut texts = Vec::new();
                    reader.read_records(rows, levels.0, levels.1, &mut texts)?;
                    Chunk::Texts(texts, definitions, repetitions)
                }
                ColumnReader::Int64ColumnReader(mut reader) => {
                    let mut numbers = Vec::new();
                    reader.read_records(rows, levels.0, levels.1, &mut numbers)?;
                    Chunk::Numbers(numbers, definitions, repetitions)
                }
                _ => return Err("a column that is neither text nor number".into()),
            });
        }
        groups.push(chunks);
    }
    timed(|| {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .build();
        let out = fs::File::create(to)?;
        let mut writer = SerializedFileWriter::new(out, schema, properties.into())?;
        for chunks in &groups {
            let mut group = writer.next_row_group()?;
            let mut chunks = chunks.iter();
            while let (Some(mut column), Some(chunk)) = (group.next_column()?, chunks.next()) {
                match (column.untyped(), chunk) {
                    (ColumnWriter::ByteArrayColumnWriter(writer), Chunk::Texts(texts, d, r)) => {
                        writer.write_batch(texts, levels(d), levels(r))?;
                    }
                    (ColumnWriter::Int64ColumnWriter(writer), Chunk::Numbers(numbers, d, r)) => {
                        writer.write_batch(numbers, levels(d), levels(r))?;
                    }
                    _ => return Err("a column of another type".into()),
                }
                column.close()?;
            }
            group.close()?;
        }
        writer.close()?;
        Ok(())
    })
}

fn bare_sqlite(from: &Path, to: &Path) -> Result<f64> {
    let db = Connection::open(from)?;
    let make: String = db.query_row(
        "SELECT sql FROM sqlite_schema WHERE name = 'articles'",
        [],
        |row| row.get(0),
    )?;
    let mut statement = db.prepare("SELECT * FROM articles")?;
    let columns = statement.column_count();
    let rows: Vec<Vec<Value>> = statement
        .query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?
        .collect::<std::result::Result<_, _>>()?;
    timed(|| {
        let db = Connection::open(to)?;
        db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN")?;
        db.execute_batch(&make)?;
        let places = vec!["?"; columns].join(", ");
        let mut insert = db.prepare(&format!("INSERT INTO articles VALUES ({places})"))?;
        for row in &rows {
            insert.execute(params_from_iter(row))?;
        }
        drop(insert);
        db.execute_batch("COMMIT")?;
        Ok(())
    })
}

/// Words of a small language, as many and as often repeated as in news.
fn words(seed: usize, count: usize) -> String {
    let mut state = seed as u64 + 1;
    let mut next = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut text = String::with_capacity(count * 7);
    for nth in 0..count {
        if nth > 0 {
            text.push(if nth.is_multiple_of(60) { '\n' } else { ' ' });
        }
        // Common words are shorter and come more often.
        let mut word = (next() % 5000).min(next() % 5000) + 1;
        while word > 0 {
            text.push(char::from(b'a' + u8::try_from(word % 17).unwrap_or(0)));
            word /= 5;
        }
    }
    text
}

fn article(nth: usize) -> StoredArticle {
    let at = |seconds: usize| {
        Time::from_timestamp(1_700_000_000 + seconds as i64, 0).unwrap_or_default()
    };
    let wide = nth as u128 * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    let url = format!(
        "https://news{}.example/{}/{nth}",
        nth % 100,
        words(nth, 4).replace(' ', "-")
    );
    StoredArticle {
        seq: nth as i64 + 1,
        first_seen: at(nth * 30 + 60),
        changed_at: at(nth * 30 + 60),
        revision: 0,
        cluster: ArticleId(wide.to_be_bytes()),
        duplicate_of: None,
        feeds: format!("news-{}", nth % 100).parse().into_iter().collect(),
        article: Article {
            id: ArticleId(wide.to_be_bytes()),
            fingerprint: Fingerprint(wide.rotate_left(64).to_be_bytes()),
            title: words(nth, 9),
            authors: vec![words(nth % 500, 2)],
            source: format!("News {}", nth % 100),
            canonical_url: Some(url.clone()),
            guid: Some(url.clone()),
            url: Some(url),
            published_at: Some(at(nth * 30)),
            published_from: DateSource::Feed,
            updated_at: None,
            language: Some("en".to_owned()),
            tags: (0..nth % 4).map(|tag| words(tag, 1)).collect(),
            enclosures: Vec::new(),
            summary: nth.is_multiple_of(2).then(|| words(nth, 25)),
            body: words(nth, 60 + nth % 500),
            extraction: Extraction::Content,
            html: None,
            details: Details::default(),
        },
    }
}
