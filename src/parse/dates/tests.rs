//! Dates that must stay unread, then the forms publishers write, then the shared corpus.

use super::*;

fn read(text: &str) -> Option<String> {
    parse(text).map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

#[test]
fn every_date_of_the_corpus_is_read_right() {
    let Ok(corpus) = std::env::var("TIDINGS_CORPUS") else {
        eprintln!("left out: TIDINGS_CORPUS is not set");
        return;
    };
    let file = std::path::Path::new(&corpus).join("feeds/dates_expect.jsonl");
    let mut failed = Vec::new();
    let (mut rows, mut optional_misses) = (0, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = row["string"].as_str().unwrap();
        let expected = row["expected_unix_utc"].as_i64();
        let got = parse(text).map(|time| time.timestamp());
        rows += 1;
        if got == expected {
            continue;
        }
        // An optional date may be left unread, but not read wrong.
        if row["cls"] == "optional" && got.is_none() {
            optional_misses += 1;
            eprintln!("optional, not read: {text:?}");
        } else {
            failed.push(format!("{text:?}: {:?}, not {expected:?}", read(text)));
        }
    }
    eprintln!("{rows} dates, {optional_misses} optional ones not read");
    assert!(failed.is_empty(), "{}\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn what_is_no_date_or_not_only_one_is_left_unread() {
    for text in [
        "",
        " ",
        "never",
        "yesterday",
        "5 minutes ago",
        "0",
        "013",
        "22013",
        "2147483648",
        "9999999999999",
        "12345678901234567890",
        "0001-01-01T00:00:00Z",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "0000-00-00 00:00:00",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "2023-06-31",
        "31 June 2023 10:00:00 GMT",
        "Thu, 29 Feb 2023 10:00:00 GMT",
        "2023-02-29T10:00:00Z",
        "2023-13-01T00:00:00Z",
        "2023-00-10T00:00:00Z",
        "2023-01-00T00:00:00Z",
        "2023-01-01T24:00:01Z",
        "2023-01-01T25:00:00Z",
        "2023-01-01T10:60:00Z",
        "2023-01-01T10:00:60Z",
        "2023-01-01T10:00:00+15:00",
        "2023-01-01T10:00:00+10:60",
        "2023-01-01T10:00:00+",
        "2023-01-01T10:00:00 Europe/Berlin",
        "2023-W54-1",
        "2023-W01-8",
        "2023-366",
        "2023-000",
        "Fri, 31 Dec 2021 14:30 AM",
        "Mon, 16 Jan 2023 13:00 14:00 GMT",
        "Jan 2023 10:00 GMT",
        "2023 10:00 GMT",
        "Mon, 16 Jan",
        "16 January",
        "January",
        "Jan Feb 2023",
        "16 17 Jan 2023 2024",
        "05/06/2020",
        "05-06-2020 10:00",
        "03-04-05",
        "201012",
        "10:00:00",
        "10:00 GMT",
        "2023-01-28T11:30:00-06:00Textra",
        "2023-01-27-01",
        "1:2:3:4",
        "Sun, 16 Dec 2012 11:47:32 +zz:00",
        "<date>",
        "2020-01-01, 2021-01-01",
        "http://example.org/2020/01/01/",
        "2020年13月1日",
        "10 Mar - 12 Mar 2021",
        "10-12 Mar 2021",
        "2021-03-04 10:00 to 11:00",
        "202103",
        "Thu, 04 Mar 2021 05:06:07 America/New_York",
        "v1.2.3",
        "5月1日",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}

/// `written` is read as `expected` (RFC 3339).
fn all(table: &[(&str, &str)]) {
    let wrong: Vec<_> = table
        .iter()
        .filter(|(written, expected)| read(written).as_deref() != Some(*expected))
        .map(|(written, expected)| format!("{written:?}: {:?}, not {expected}", read(written)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn rfc_822_is_read_with_all_that_publishers_leave_out_or_add() {
    all(&[
        ("Sat, 07 Sep 2002 00:00:01 GMT", "2002-09-07T00:00:01Z"),
        ("Sat, 7 Sep 2002 00:00:01 +0200", "2002-09-06T22:00:01Z"),
        ("07 Sep 2002 00:00:01 -0330", "2002-09-07T03:30:01Z"),
        ("Sat, 07 Sep 2002 00:00 GMT", "2002-09-07T00:00:00Z"),
        ("Sat, 07 Sep 2002 00:00:01", "2002-09-07T00:00:01Z"),
        ("Mon, 07 Sep 2002 00:00:01 GMT", "2002-09-07T00:00:01Z"),
        ("SAT, 07 SEP 2002 00:00:01 gmt", "2002-09-07T00:00:01Z"),
        ("Sat,07Sep 2002 00:00:01GMT", "2002-09-07T00:00:01Z"),
        ("Sat 07-Sep-2002 00:00:01 UTC", "2002-09-07T00:00:01Z"),
        ("Saturday, 07-Sep-02 00:00:01 GMT", "2002-09-07T00:00:01Z"),
        ("7 September 2002", "2002-09-07T00:00:00Z"),
        ("7. September 2002", "2002-09-07T00:00:00Z"),
        ("Sat, 7 Sep 49 10:00 UT", "2049-09-07T10:00:00Z"),
        ("Sat, 7 Sep 50 10:00 UT", "1950-09-07T10:00:00Z"),
        ("Sat, 7 Sep 102 10:00 UT", "2002-09-07T10:00:00Z"),
        ("Sat, 7 Sep 2002 9:05:07 Z", "2002-09-07T09:05:07Z"),
        ("Sat, 07 Sep 2002 24:00:00 GMT", "2002-09-08T00:00:00Z"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"),
        (
            "Sat, 07 Sep 2002 00:00:01.250 GMT",
            "2002-09-07T00:00:01.250Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 (GMT)", "2002-09-07T10:00:01Z"),
        (
            "Sat, 07 Sep 2002 10:00:01 -0400 (EDT)",
            "2002-09-07T14:00:01Z",
        ),
        (
            "Sat, 07 Sep 2002 10:00:01 -0400 EDT",
            "2002-09-07T14:00:01Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 GMT+0200", "2002-09-07T08:00:01Z"),
        (
            "Sat, 07 Sep 2002 10:00:01 GMT +02:00",
            "2002-09-07T08:00:01Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 UTC-5", "2002-09-07T15:00:01Z"),
        (
            "Sat, 07 Sep 2002 10:00:01 Etc/GMT+5",
            "2002-09-07T15:00:01Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 Etc/UTC", "2002-09-07T10:00:01Z"),
        ("Sat, 07 Sep 2002 10:00:01 +5:30", "2002-09-07T04:30:01Z"),
        ("Sat, 07 Sep 2002 10:00:01 +02", "2002-09-07T08:00:01Z"),
        ("Sat, 07 Sep 2002 10:00:01 −0500", "2002-09-07T15:00:01Z"),
        (
            "Sat, 07 Sep 2002 10:00:01 +0000 GMT",
            "2002-09-07T10:00:01Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 Q", "2002-09-07T10:00:01Z"),
        ("Sat, 07 Sep 2002 10:00:01 XYZ", "2002-09-07T10:00:01Z"),
        (
            "Sat,\u{a0}07\u{a0}Sep&nbsp;2002 10:00:01 GMT",
            "2002-09-07T10:00:01Z",
        ),
        (
            "Pubdate: Sat, 07 Sep 2002 10:00:01 GMT",
            "2002-09-07T10:00:01Z",
        ),
        ("Sat, 07 Sep 2002 10:00:01 0000", "2002-09-07T10:00:01Z"),
        ("Sat, 07 Sep 2002 10:00:01 0200", "2002-09-07T08:00:01Z"),
        (
            "September, 07 Sep 2002 10:00:01 GMT",
            "2002-09-07T10:00:01Z",
        ),
        (
            "Sat, 07 (a (b) Mar)Sep(c\\) d) 2002()10:00:01 GMT",
            "2002-09-07T10:00:01Z",
        ),
        ("\"Sat, 07 Sep 2002 10:00:01 GMT\"", "2002-09-07T10:00:01Z"),
    ]);
}

#[test]
fn zones_are_known_by_name() {
    all(&[
        ("Mon, 06 Jul 2020 10:00:00 EST", "2020-07-06T15:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 EDT", "2020-07-06T14:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 PDT", "2020-07-06T17:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 AKDT", "2020-07-06T18:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 HST", "2020-07-06T20:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 NST", "2020-07-06T13:30:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 NDT", "2020-07-06T12:30:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 BRT", "2020-07-06T13:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 BST", "2020-07-06T09:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 CET", "2020-07-06T09:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 CEST", "2020-07-06T08:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 MESZ", "2020-07-06T08:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 EEST", "2020-07-06T07:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 MSK", "2020-07-06T07:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 SAST", "2020-07-06T08:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 IST", "2020-07-06T04:30:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 NPT", "2020-07-06T04:15:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 WIB", "2020-07-06T03:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 SGT", "2020-07-06T02:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 JST", "2020-07-06T01:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 KST", "2020-07-06T01:00:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 ACST", "2020-07-06T00:30:00Z"),
        ("Mon, 06 Jul 2020 10:00:00 AEST", "2020-07-06T00:00:00Z"),
        ("Mon, 06 Jan 2020 10:00:00 AEDT", "2020-01-05T23:00:00Z"),
        ("Mon, 06 Jan 2020 10:00:00 NZDT", "2020-01-05T21:00:00Z"),
    ]);
}

#[test]
fn iso_8601_is_read_in_every_precision() {
    all(&[
        ("2002-09-07T00:00:01Z", "2002-09-07T00:00:01Z"),
        ("2002-09-07T00:00:01.5+02:00", "2002-09-06T22:00:01.500Z"),
        ("2002-09-07T00:00:01,5+02:00", "2002-09-06T22:00:01.500Z"),
        (
            "2002-09-07T00:00:01.123456789123Z",
            "2002-09-07T00:00:01.123456789Z",
        ),
        ("2002-09-07t00:00:01z", "2002-09-07T00:00:01Z"),
        ("2002-09-07 00:00:01 UTC", "2002-09-07T00:00:01Z"),
        ("2002-09-07 00:00:01+02", "2002-09-06T22:00:01Z"),
        ("2002-09-07 00:00:01 +0200 CEST", "2002-09-06T22:00:01Z"),
        ("2002-09-07_10:00:01", "2002-09-07T10:00:01Z"),
        ("2002-09-07T10:00Z", "2002-09-07T10:00:00Z"),
        ("2002-09-07T10Z", "2002-09-07T10:00:00Z"),
        ("2002-09-07T24:00:00Z", "2002-09-08T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2002-09-07Z", "2002-09-07T00:00:00Z"),
        ("2002-09-07+02:00", "2002-09-06T22:00:00Z"),
        ("2002-9-7", "2002-09-07T00:00:00Z"),
        ("2002-9-7 1:02:03", "2002-09-07T01:02:03Z"),
        ("2002-09", "2002-09-01T00:00:00Z"),
        ("2002", "2002-01-01T00:00:00Z"),
        ("20020907", "2002-09-07T00:00:00Z"),
        ("20020907T100001Z", "2002-09-07T10:00:01Z"),
        ("20020907T1000+0200", "2002-09-07T08:00:00Z"),
        ("20020907100001", "2002-09-07T10:00:01Z"),
        ("200209071000", "2002-09-07T10:00:00Z"),
        ("2002-250", "2002-09-07T00:00:00Z"),
        ("2002250", "2002-09-07T00:00:00Z"),
        ("2002-250T10:00:00Z", "2002-09-07T10:00:00Z"),
        ("2002-W36-6", "2002-09-07T00:00:00Z"),
        ("2002W366", "2002-09-07T00:00:00Z"),
        ("2002-W36", "2002-09-02T00:00:00Z"),
        ("2002-W36-6T10:00:00Z", "2002-09-07T10:00:00Z"),
        ("２００２-０９-０７", "2002-09-07T00:00:00Z"),
        ("Date: 2002-09-07", "2002-09-07T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ]);
}

#[test]
fn programs_have_forms_of_their_own() {
    all(&[
        ("Sat Sep  7 00:00:01 2002", "2002-09-07T00:00:01Z"),
        ("Sat Sep 07 00:00:01 UTC 2002", "2002-09-07T00:00:01Z"),
        ("Sat Sep 07 00:00:01 PDT 2002", "2002-09-07T07:00:01Z"),
        ("Sat Sep 07 00:00:01 -0700 2002", "2002-09-07T07:00:01Z"),
        (
            "Sat Sep 07 2002 10:00:01 GMT+0200 (Central European Summer Time)",
            "2002-09-07T08:00:01Z",
        ),
        ("Wed Jul 12 2017 00:00:00 GMT", "2017-07-12T00:00:00Z"),
        ("Sat, 2002/09/07 10:00:01 EDT", "2002-09-07T14:00:01Z"),
        ("2002/9/7 10:00", "2002-09-07T10:00:00Z"),
        ("2002.09.07 10:00:01", "2002-09-07T10:00:01Z"),
        ("07.09.2002", "2002-09-07T00:00:00Z"),
        ("7.9.2002 10:00", "2002-09-07T10:00:00Z"),
        ("07. 09. 2002, 10:00", "2002-09-07T10:00:00Z"),
        ("27-09-2002 10:00:01", "2002-09-27T10:00:01Z"),
        ("27/09/2002 10:00", "2002-09-27T10:00:00Z"),
        ("09/27/2002 10:00", "2002-09-27T10:00:00Z"),
        ("7/9/2002 3:04:05 PM", "2002-07-09T15:04:05Z"),
        ("7/9/2002 10:00 EST", "2002-07-09T15:00:00Z"),
        ("Sat, 07/09/2002 10:00", "2002-09-07T10:00:00Z"),
        ("Sat, 09/07/2002 10:00", "2002-09-07T10:00:00Z"),
        ("08/08/2002", "2002-08-08T00:00:00Z"),
        ("9/2002", "2002-09-01T00:00:00Z"),
        ("1031356801", "2002-09-07T00:00:01Z"),
        ("1031356801.52", "2002-09-07T00:00:01Z"),
        ("1031356801000", "2002-09-07T00:00:01Z"),
        ("Sep 7, 2002, 12:00 AM", "2002-09-07T00:00:00Z"),
        ("Sep 7, 2002 12:30pm", "2002-09-07T12:30:00Z"),
        ("Sep 7 2002 8:56 am PST", "2002-09-07T16:56:00Z"),
        ("September 7th, 2002 at 8pm", "2002-09-07T20:00:00Z"),
        ("Sept. 7, 2002 @ 8:05 p.m.", "2002-09-07T20:05:00Z"),
        ("Sat Sep 7, 2002 14:30 PM", "2002-09-07T14:30:00Z"),
        ("Sat 7 Sep 2002, 8.05pm", "2002-09-07T20:05:00Z"),
        (
            "2002-09-07T10:00:01+02:00[Europe/Berlin]",
            "2002-09-07T08:00:01Z",
        ),
        ("2002-09-07T10:00:01Z[UTC]", "2002-09-07T10:00:01Z"),
        ("7th of September 2002", "2002-09-07T00:00:00Z"),
        ("1st September 2002", "2002-09-01T00:00:00Z"),
        ("September 2002", "2002-09-01T00:00:00Z"),
        ("2002 Sep 7", "2002-09-07T00:00:00Z"),
        ("2002-Sep-07", "2002-09-07T00:00:00Z"),
        ("10:30 07-Sep-2002", "2002-09-07T10:30:00Z"),
        ("10:30 2002-09-07", "2002-09-07T10:30:00Z"),
        (
            "Posted on Saturday, September 7, 2002",
            "2002-09-07T00:00:00Z",
        ),
        ("Sat, 07 Sep 2002 10:00 Uhr", "2002-09-07T10:00:00Z"),
    ]);
}

#[test]
fn months_and_weekdays_are_known_in_many_languages() {
    let rows: Vec<(&str, &str)> = include_str!("languages.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(' ').unwrap())
        .map(|(expected, written)| (written, expected))
        .collect();
    all(&rows);
}

#[test]
fn no_word_names_two_months() {
    let mut months = std::collections::HashMap::new();
    for line in include_str!("words.txt").lines() {
        let Some((Some(month), names)) = line
            .split_once(':')
            .map(|(kind, names)| (kind.strip_prefix("month "), names))
        else {
            continue;
        };
        for name in names.split_whitespace() {
            let known = *months.entry(name.to_lowercase()).or_insert(month);
            assert_eq!(known, month, "{name}");
            assert_eq!(words::word(name).unwrap().month, month.parse().ok());
        }
    }
}

#[test]
fn a_long_text_is_not_read_to_its_end() {
    let long = format!("Sat, 07 Sep 2002 00:00:01 GMT{}", " ".repeat(1_000_000));
    assert!(parse(&long).is_some());
    let long = "1".repeat(10_000_000);
    let begun = std::time::Instant::now();
    assert_eq!(parse(&long), None);
    assert_eq!(parse(&"é".repeat(1_000_000)), None);
    assert_eq!(parse(&"(".repeat(1_000_000)), None);
    assert!(begun.elapsed() < std::time::Duration::from_millis(500));
}
