//! Parquet and SQLite: what goes in comes back, the same bytes every time, damage is an error.

use std::fs;

use super::*;
use crate::model::{Category, Contributor, RawHtml, TakenFrom};

/// Articles with everything, with hardly anything, and with lists of every length.
fn various(count: usize) -> Vec<Article> {
    let text = |nth: usize, what: &str| format!("{what} {nth} \u{1f4f0}\n\"q\", ß");
    let maybe = |nth: usize, step: usize, what: &str| {
        nth.is_multiple_of(step)
            .then(|| format!("https://x.example/{what}/{nth}"))
    };
    let one = |nth: usize| Article {
        id: ArticleId((nth as u128 + 1).to_be_bytes()),
        fingerprint: Fingerprint((nth as u128 * 7).to_be_bytes()),
        authors: (0..nth % 3).map(|n| format!("A{n}")).collect(),
        source: "S".to_owned(),
        guid: maybe(nth, 2, "guid"),
        url: maybe(nth, 3, "u"),
        canonical_url: maybe(nth, 3, "c"),
        published_at: (!nth.is_multiple_of(4)).then(|| "1969-12-31T23:59:58Z".parse().unwrap()),
        published_from: DateSource::Feed,
        updated_at: nth
            .is_multiple_of(5)
            .then(|| "2038-01-19T03:14:08Z".parse().unwrap()),
        language: nth.is_multiple_of(2).then(|| "de-AT".to_owned()),
        tags: (0..nth % 4)
            .map(|n| text(n, "tag").replace('\n', " "))
            .collect(),
        enclosures: (0..nth % 3)
            .map(|n| Enclosure {
                url: format!("https://x.example/{n}.mp3"),
                mime: (n % 2 == 1).then(|| "audio/mpeg".to_owned()),
                bytes: nth.is_multiple_of(2).then_some(n as u64),
                seconds: None,
            })
            .collect(),
        summary: maybe(nth, 4, "s"),
        html: (nth % 2 == 1).then(|| RawHtml {
            text: "<p>safe</p>".to_owned(),
            base: None,
        }),
        details: Details {
            contributors: (0..nth % 2)
                .map(|n| Contributor {
                    name: format!("C{n}"),
                    role: "editor".to_owned(),
                })
                .collect(),
            categories: (0..nth % 3)
                .map(|n| Category {
                    term: format!("T{n}"),
                    scheme: "https://x.example/".to_owned(),
                })
                .collect(),
            language_confidence: nth.is_multiple_of(3).then_some(97),
            taken_from: (!nth.is_multiple_of(3)).then(|| TakenFrom {
                title: (nth % 3 == 1).then(|| "Other".to_owned()),
                url: maybe(nth, 2, "f"),
            }),
            ..Details::default()
        },
        ..article(&text(nth, "title").replace('\n', " "), &text(nth, "body"))
    };
    (0..count).map(one).collect()
}

fn tables() -> Vec<Format> {
    match cfg!(feature = "parquet") {
        true => vec![Format::Parquet, Format::Sqlite],
        false => vec![Format::Sqlite],
    }
}

/// What the file holds, as JSON Lines would.
fn read(format: Format, bytes: &[u8], html: bool) -> Result<String, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    let records = records(file.path(), format).map_err(|error| error.to_string())?;
    let found: Result<Vec<_>, _> = records.unwrap().collect();
    let found = found.map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let options = Options {
        html,
        ..Format::Jsonl.into()
    };
    let mut writer = options.writer();
    for stored in &found {
        writer.article(&mut out, stored).unwrap();
    }
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn records_come_back_from_tables_as_they_went_in() {
    for count in [0, 1, 60] {
        for html in [false, true] {
            let articles = various(count);
            let options = |format: Format| Options {
                html,
                ..format.into()
            };
            let expected = export(&articles, options(Format::Jsonl));
            for format in tables() {
                let bytes = export_bytes(&articles, options(format));
                assert!(
                    bytes == export_bytes(&articles, options(format)),
                    "{format:?}"
                );
                assert_eq!(read(format, &bytes, html).unwrap(), expected, "{format:?}");
            }
        }
    }
}

#[test]
fn a_damaged_table_is_an_error_or_harmless_and_never_a_panic() {
    for format in tables() {
        let bytes = export_bytes(&various(40), format);
        for cut in [0, 3, 100, bytes.len() / 2] {
            assert!(
                read(format, &bytes[..cut], false).is_err(),
                "{format:?} {cut}"
            );
        }
        let mut wrong = 0;
        for at in (0..bytes.len()).step_by(bytes.len() / 200) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x55;
            wrong += usize::from(read(format, &bytes, false).is_err());
        }
        assert!(wrong > 0, "{format:?}");
    }
}

#[test]
fn an_article_that_came_twice_is_once_in_a_snapshot_in_its_later_version() {
    let earlier = article("T", "earlier");
    let later = article("T", "later");
    let bytes = export_bytes(&[earlier, article("U", "body"), later], Format::Sqlite);
    let found = read(Format::Sqlite, &bytes, false).unwrap();
    assert_eq!(found.lines().count(), 2);
    assert!(!found.contains("earlier"), "{found}");
}

#[cfg(feature = "parquet")]
#[test]
fn a_parquet_file_says_its_types_and_is_cut_into_row_groups() {
    use ::parquet::{
        file::{reader::FileReader as _, serialized_reader::SerializedFileReader},
        schema::printer,
    };
    let body = "word ".repeat(400_000);
    let articles: Vec<Article> = (0..40).map(|n| article(&n.to_string(), &body)).collect();
    let bytes = export_bytes(&articles, Format::Parquet);
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let meta = file.metadata();
    assert_eq!(meta.file_metadata().num_rows(), 40);
    assert_eq!(meta.num_row_groups(), 3, "32 MB of values in each");
    let notes = meta.file_metadata().key_value_metadata().unwrap();
    let note = |key: &str| {
        notes
            .iter()
            .find(|note| note.key == key)
            .unwrap()
            .value
            .clone()
    };
    assert_eq!(note("tidings.schema_version").as_deref(), Some("1"));
    assert_eq!(note("tidings.first_seq").as_deref(), Some("7"));
    assert_eq!(note("tidings.last_seq").as_deref(), Some("7"));
    let mut schema = Vec::new();
    printer::print_schema(&mut schema, meta.file_metadata().schema());
    let schema = String::from_utf8(schema).unwrap();
    for line in [
        "REQUIRED BYTE_ARRAY id (STRING);",
        "REQUIRED INT64 seq;",
        "OPTIONAL INT64 published_at (TIMESTAMP(MICROS,true));",
        "REQUIRED INT64 first_seen (TIMESTAMP(MICROS,true));",
        "OPTIONAL INT64 language_confidence;",
        "REQUIRED group tags (LIST) {",
        "OPTIONAL group taken_from {",
    ] {
        assert!(schema.contains(line), "no {line:?} in {schema}");
    }
}
