//! The record in each of its formats: judged by its own schema, packed, and taken back.

use std::{fs, io::Read as _};

use serde_json::Value;

use super::{bytes, rich};

fn without_numbers(text: &str) -> Vec<Value> {
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|mut line| {
            line.as_object_mut().unwrap().remove("seq");
            line
        })
        .collect()
}

#[test]
fn every_exported_line_is_as_the_printed_schema_says_and_has_no_other_keys() {
    let tidings = rich();
    let schema = tidings.run(&["schema"]).ok().json();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["x-schema-version"], 1);
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    for property in properties.values() {
        assert!(
            property["description"]
                .as_str()
                .unwrap()
                .ends_with(['.', '`']),
            "{property}"
        );
    }
    for more in [&[][..], &["--html"]] {
        let ran = tidings.run(&[&["export", "--format", "jsonl"], more].concat());
        for line in ran.ok().jsonl() {
            let faults: Vec<String> = validator
                .iter_errors(&line)
                .map(|fault| fault.to_string())
                .collect();
            assert_eq!(faults, [""; 0], "{line}");
            let unknown = line
                .as_object()
                .unwrap()
                .keys()
                .find(|key| !properties.contains_key(*key));
            assert_eq!(unknown, None);
        }
    }
    for (key, wrong) in [
        ("id", "x".into()),
        ("words", Value::Null),
        ("tags", Value::Null),
    ] {
        let mut line = tidings.exported().remove(0);
        line[key] = wrong;
        assert!(!validator.is_valid(&line), "{key}");
    }
}

#[test]
fn json_is_one_array_of_the_same_objects() {
    let tidings = rich();
    let array = tidings.run(&["export", "--format", "json"]).ok().json();
    assert_eq!(array, Value::Array(tidings.exported()));
    let none = tidings.run(&["export", "--format", "json", "--until", "1990-01-01"]);
    assert_eq!(none.ok().json(), serde_json::json!([]));
}

#[test]
fn csv_has_a_header_and_a_record_an_article_with_the_same_values() {
    let tidings = rich();
    tidings.run(&["export", "--out", "a.csv", "--html"]).ok();
    let text = tidings.read("a.csv");
    assert!(text.starts_with("id,seq,revision,feeds,guid,"), "{text}");
    assert!(text.ends_with("\r\n"));
    let lines = tidings
        .run(&["export", "--format", "jsonl", "--html"])
        .ok()
        .jsonl();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().next_back(), Some("html"));
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), lines.len());
    for (record, line) in records.iter().zip(&lines) {
        assert_eq!(record.len(), line.as_object().unwrap().len());
        for (name, cell) in header.iter().zip(record) {
            let expected = match &line[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let is_json = line[name].is_array() || line[name].is_object();
            if is_json {
                assert_eq!(
                    serde_json::from_str::<Value>(cell).unwrap(),
                    line[name],
                    "{name}"
                );
            } else {
                assert_eq!(cell, expected, "{name}");
            }
        }
    }
    let title = |more: &[&str]| {
        let ran = tidings.run(&[&["export", "--format", "csv"], more].concat());
        let mut reader = csv::Reader::from_reader(ran.ok().stdout.as_bytes());
        let at = reader
            .headers()
            .unwrap()
            .iter()
            .position(|name| name == "title")
            .unwrap();
        reader.records().next().unwrap().unwrap()[at].to_owned()
    };
    assert!(title(&[]).starts_with("=cmd|"), "data stay as they are");
    assert!(title(&["--csv-safe"]).starts_with("'=cmd|"));
}

#[test]
fn the_ending_of_a_name_chooses_format_and_packing() {
    let tidings = rich();
    let plain = tidings
        .run(&["export", "--format", "jsonl"])
        .ok()
        .stdout
        .clone();
    for name in ["a.jsonl", "a.ndjson", "a.jsonl.gz", "a.JSONL.ZST"] {
        for again in ["", "(unchanged)"] {
            tidings
                .run(&["export", "--out", name])
                .ok()
                .stdout_has(again);
        }
    }
    assert_eq!(tidings.read("a.jsonl"), plain);
    assert_eq!(tidings.read("a.ndjson"), plain);
    let mut text = String::new();
    let packed = bytes(&tidings, "a.jsonl.gz");
    flate2::read::GzDecoder::new(&*packed)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, plain);
    assert_eq!(packed[4..8], [0; 4], "no time is in it");
    assert_eq!(
        zstd::decode_all(&*bytes(&tidings, "a.JSONL.ZST")).unwrap(),
        plain.as_bytes()
    );
    // A named format wins, and what no ending tells is Markdown.
    tidings
        .run(&["export", "--format", "jsonl", "--out", "b.md"])
        .ok();
    assert_eq!(tidings.read("b.md"), plain);
    tidings.run(&["export", "--out", "b"]).ok();
    assert!(tidings.read("b").starts_with("\n# "));
}

#[test]
fn json_lines_are_taken_back_without_loss() {
    let tidings = rich();
    let all = tidings
        .run(&["export", "--format", "jsonl"])
        .ok()
        .stdout
        .clone();
    for name in ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"] {
        tidings.run(&["export", "--out", name]).ok();
        let store = format!("{name}.db");
        let ran = tidings.run(&["--store", &store, "import", name]);
        ran.ok()
            .stdout_has("3 articles new, 0 changed, 0 known already");
        let again = tidings.run(&["--store", &store, "export", "--format", "jsonl"]);
        assert_eq!(
            without_numbers(&again.ok().stdout),
            without_numbers(&all),
            "{name}"
        );
        // Its feed is known by its id, though no feed file names it here.
        let ran = tidings.run(&[
            "--store", &store, "export", "--format", "jsonl", "--feed", "rich",
        ]);
        assert_eq!(ran.ok().jsonl().len(), 3);
        let ran = tidings.run(&["--store", &store, "import", name]);
        ran.ok()
            .stdout_has("0 articles new, 0 changed, 3 known already");
    }
    // The feed that carried them meets its own articles, and makes nothing new of them.
    let ran = tidings.run(&["import", "a.jsonl"]);
    ran.ok()
        .stdout_has("0 articles new, 0 changed, 3 known already");
    assert_eq!(
        tidings.run(&["export", "--format", "jsonl"]).ok().stdout,
        all
    );
}

#[test]
fn a_later_version_changes_a_known_article_and_an_earlier_one_does_not() {
    let tidings = rich();
    let line = &tidings.exported()[0];
    let versioned = |changed_at: &str, print: char| {
        let mut line = line.clone();
        line["changed_at"] = changed_at.into();
        line["title"] = changed_at.into();
        line["fingerprint"] = print.to_string().repeat(32).into();
        tidings.write("v.jsonl", format!("\u{feff}\n{line}\n"));
        tidings.run(&["import", "v.jsonl"])
    };
    versioned("2001-01-01T00:00:00Z", '1')
        .ok()
        .stdout_has("0 changed, 1 known already");
    versioned("2999-01-01T00:00:00Z", '2')
        .ok()
        .stdout_has("1 changed");
    let found = &tidings.exported()[0];
    assert_eq!(found["title"], "2999-01-01T00:00:00Z");
    assert_eq!(found["revision"], 1);
    assert_eq!(found["first_seen"], line["first_seen"]);
}

#[test]
fn a_line_that_is_no_article_is_told_with_its_number() {
    let tidings = rich();
    let good = tidings
        .run(&["export", "--format", "jsonl"])
        .ok()
        .stdout
        .clone();
    let first = good.lines().next().unwrap();
    for (bad, why) in [
        (
            "{\"id\": 3}".to_owned(),
            "as `export --format jsonl` writes it",
        ),
        (
            first.replacen("https://", "javascript:", 1),
            "an http or https URL",
        ),
        (
            first.replacen("\"id\":\"", "\"id\":\"zz", 1),
            "32 hex digits",
        ),
        (
            first.replacen(
                "\"published_from\":\"feed\"",
                "\"published_from\":\"\\u001b\"",
                1,
            ),
            "another word",
        ),
    ] {
        tidings.write("bad.jsonl", format!("{good}{bad}\n"));
        let ran = tidings.run(&["--store", "bad.db", "import", "bad.jsonl"]);
        ran.code(2)
            .complains_once("bad.jsonl:4: expected ")
            .complains_once(why);
        fs::remove_file(tidings.path("bad.db")).unwrap();
    }
    tidings.write("cut.jsonl.gz", &[0x1f, 0x8b, 8, 0][..]);
    tidings
        .run(&["--store", "cut.db", "import", "cut.jsonl.gz"])
        .code(2)
        .complains_once("cut.jsonl.gz:1: ");
}

#[test]
fn what_cannot_be_read_back_is_told() {
    let tidings = rich();
    tidings.run(&["export", "--out", "a.csv"]).ok();
    let ran = tidings.run(&["import", "a.csv"]);
    ran.code(2)
        .complains_once("a.csv: csv is not read back; export the articles as jsonl");
}

#[test]
fn front_matter_says_the_fields_and_is_passed_over_by_import() {
    let tidings = rich();
    let ran = tidings.run(&["export", "--front-matter"]);
    let text = &ran.ok().stdout;
    assert!(
        text.starts_with("---\ntitle: \"=cmd|' /C calc'!A0 "),
        "{text}"
    );
    for line in [
        "date: 2019-11-05T16:55:07Z\n",
        "authors: [\"Ann Lee\", \"Bo Falk\"]\n",
        "tags: [\"Food\", \"R&D\"]\n",
        "url: \"https://example.org/1?utm_source=x\"\n",
        "feeds: [\"rich\"]\n",
        "language: \"de-AT\"\n---\n\n# Zwei\n",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    // In a file of its own each article begins with it.
    tidings
        .run(&["export", "--front-matter", "--out", "d/"])
        .ok();
    for store in [("d", "one.db"), ("all.md", "two.db")] {
        tidings.write("all.md", text);
        let ran = tidings.run(&["--store", store.1, "import", store.0]);
        ran.ok().stdout_has("3 articles new");
        let again = tidings.run(&["--store", store.1, "export"]);
        assert_eq!(again.ok().stdout, tidings.run(&["export"]).ok().stdout);
    }
}
