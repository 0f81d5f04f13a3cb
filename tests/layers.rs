//! The house rules that can be read off the source: who may use whom, which crate is named
//! where, how long a file may be, and that every file says what it is.
//!
//! A module that breaks a rule is changed, or the rule is, here and in ARCHITECTURE.md at once.

use crate::util::rust::{Source, UsedPath, code_lines, paths, sources};

/// Rows of ARCHITECTURE.md: a module and what it may use besides itself. `lib` only lists them.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("fetch", &["model", "config"]),
    ("parse", &["model"]),
    ("normalize", &["model"]),
    ("store", &["model"]),
    ("websub", &["model"]),
    ("schedule", &["model", "config", "store"]),
    (
        "ingest",
        &[
            "model",
            "config",
            "fetch",
            "parse",
            "normalize",
            "store",
            "schedule",
            "websub",
        ],
    ),
    ("export", &["model", "normalize", "store"]),
    ("serve", &["model", "store", "websub", "ingest"]),
    (
        "daemon",
        &[
            "model",
            "config",
            "fetch",
            "parse",
            "normalize",
            "store",
            "schedule",
            "ingest",
            "export",
            "serve",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "config",
            "fetch",
            "parse",
            "normalize",
            "store",
            "schedule",
            "ingest",
            "export",
            "daemon",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Crates that are named only under these paths of `src/`, so that replacing one is a change in
/// one place.
const FENCES: &[(&str, &[&str])] = &[
    ("reqwest", &["fetch"]),
    ("flate2", &["export/targets", "fetch"]),
    ("robotxt", &["fetch"]),
    ("async_compression", &["fetch"]),
    ("tokio_util", &["fetch"]),
    ("feed_rs", &["parse"]),
    ("html5gum", &["normalize", "parse"]),
    ("ammonia", &["normalize"]),
    ("dom_query", &["config", "normalize"]),
    ("whatlang", &["normalize"]),
    ("rusqlite", &["export/sqlite", "store/sqlite"]),
    ("zstd", &["export/targets", "store/sqlite"]),
    ("rustix", &["store/sqlite"]),
    ("toml", &["config"]),
    ("toml_edit", &["config"]),
    ("quick_xml", &["config", "parse"]),
    ("csv", &["export"]),
    ("parquet", &["export"]),
    ("zip", &["export/formats/epub"]),
    ("axum", &["serve"]),
    ("hyper", &["serve"]),
    ("hyper_util", &["serve"]),
    ("hmac", &["websub"]),
    ("sha1", &["websub"]),
    ("getrandom", &["ingest"]),
    ("sd_notify", &["daemon"]),
    ("similar", &["cli/article"]),
    ("clap", &["cli", "main"]),
    ("indicatif", &["cli"]),
    ("tracing_subscriber", &["cli"]),
];

/// Lines of code a file may have; blank lines, comments and inline tests are not counted.
const MOST_LINES: usize = 400;

#[test]
fn every_module_uses_only_the_modules_its_row_allows() {
    let faults: Vec<_> = sources("src").iter().flat_map(layer_faults).collect();
    assert_none(&faults);
}

#[test]
fn the_table_has_every_module_and_only_rows_above_are_used() {
    let mut faults = Vec::new();
    for (row, (module, uses)) in MAY_USE.iter().enumerate() {
        let is_above = |used: &str| MAY_USE[..row].iter().any(|(above, _)| *above == used);
        let below = uses.iter().filter(|used| !is_above(used));
        faults.extend(below.map(|used| format!("{module} uses {used}, which is not above it")));
        if !sources("src")
            .iter()
            .any(|source| source.module() == *module)
        {
            faults.push(format!("{module} has a row and no source"));
        }
    }
    assert_none(&faults);
}

#[test]
fn a_fenced_crate_is_named_only_in_its_place() {
    let faults: Vec<_> = sources("src").iter().flat_map(fence_faults).collect();
    assert_none(&faults);
}

#[test]
fn every_file_is_short_and_says_what_it_is() {
    let mut faults = Vec::new();
    for folder in ["src", "tests", "benches"] {
        let found = sources(folder)
            .iter()
            .flat_map(form_faults)
            .collect::<Vec<_>>();
        faults.extend(found.iter().map(|fault| format!("{folder}/{fault}")));
    }
    assert_none(&faults);
}

fn layer_faults(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = MAY_USE.iter().find(|(row, _)| *row == module) else {
        return vec![format!("{}: {module} has no row in the table", source.path)];
    };
    let fault = |used: UsedPath| {
        let what = layer_fault(module, allowed, &used)?;
        Some(format!("{}:{}: {module} {what}", source.path, used.line))
    };
    let mut faults: Vec<_> = paths(source).into_iter().filter_map(fault).collect();
    // A group that names three things of one module is one fault.
    faults.dedup();
    faults
}

fn layer_fault(module: &str, allowed: &[&str], used: &UsedPath) -> Option<String> {
    let segments = used
        .segments
        .iter()
        .map(String::as_str)
        .skip_while(|segment| *segment == "self");
    match segments.collect::<Vec<_>>()[..] {
        // `tidings` is how the binary's root names the library.
        ["crate" | "tidings", to, ..] => {
            let is_module = MAY_USE.iter().any(|(row, _)| *row == to);
            (is_module && to != module && !allowed.contains(&to)).then(|| format!("uses {to}"))
        }
        // `crate::*` brings every module in sight.
        ["crate" | "tidings"] => Some("uses the whole crate".to_owned()),
        ["super", ref rest @ ..] => {
            let up = 1 + rest
                .iter()
                .take_while(|segment| **segment == "super")
                .count();
            (up >= used.depth).then(|| "is left by super".to_owned())
        }
        _ => None,
    }
}

fn fence_faults(source: &Source) -> Vec<String> {
    let is_outside = |used: &UsedPath| {
        FENCES.iter().any(|(fenced, places)| {
            used.segments[0] == *fenced && !places.iter().any(|place| source.is_below(place))
        })
    };
    let outside = paths(source).into_iter().filter(is_outside);
    outside
        .map(|used| {
            format!(
                "{}:{}: {} is fenced",
                source.path, used.line, used.segments[0]
            )
        })
        .collect()
}

fn form_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if !source.text.starts_with("//!") {
        faults.push(format!("{}: does not begin with //!", source.path));
    }
    let lines = code_lines(&source.text);
    if lines > MOST_LINES {
        faults.push(format!("{}: {lines} lines of code", source.path));
    }
    faults
}

#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "the house rules are broken:\n{}",
        faults.join("\n")
    );
}

/// What the layer rules say about a text at a path.
fn planted(path: &str, text: &str) -> Vec<String> {
    let source = Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    [layer_faults(&source), fence_faults(&source)].concat()
}

#[test]
fn a_planted_use_of_a_forbidden_module_is_found() {
    let text = "use crate::{\n    model,\n    fetch::{Fetcher, body},\n};\n";
    assert_eq!(
        planted("parse/mod", text),
        ["parse/mod:1: parse uses fetch"]
    );
    let text = "fn f() {\n    match crate::store::X { _ => crate::fetch::g::<u8>() }\n}";
    let both = [
        "normalize/text:2: normalize uses store",
        "normalize/text:2: normalize uses fetch",
    ];
    assert_eq!(planted("normalize/text", text), both);
    assert_eq!(
        planted("main", "use tidings::store;"),
        ["main:1: main uses store"]
    );
    assert_eq!(planted("export/mod", "use crate::*;").len(), 1);
    assert_eq!(planted("newcomer/mod", "").len(), 1);
}

#[test]
fn a_planted_super_is_found_where_it_leaves_the_module() {
    let text = "use super::parse;\nmod tests { use super::*; use super::super::parse; }";
    let faults = planted("fetch/mod", text);
    assert_eq!(
        faults,
        [
            "fetch/mod:1: fetch is left by super",
            "fetch/mod:2: fetch is left by super"
        ]
    );
    let text = "use super::a;\nuse self::super::super::parse;";
    assert_eq!(
        planted("fetch/body", text),
        ["fetch/body:2: fetch is left by super"]
    );
    assert_eq!(
        planted("store/sqlite/feeds", "use super::super::Backend;"),
        [""; 0]
    );
}

#[test]
fn a_planted_crate_is_found_outside_its_fence() {
    let text = "use std::fmt;\nuse {reqwest as r, url::Url};\nfn f(e: rusqlite::Error) {}";
    let faults = planted("schedule/mod", text);
    assert_eq!(
        faults,
        [
            "schedule/mod:2: reqwest is fenced",
            "schedule/mod:3: rusqlite is fenced"
        ]
    );
    assert_eq!(
        planted("store/sqlite/mod", "use rusqlite::Connection;"),
        [""; 0]
    );
    assert_eq!(planted("store/mod", "use rusqlite::Connection;").len(), 1);
}

#[test]
fn comments_strings_and_local_names_break_no_rule() {
    let text = r##"
        //! crate::fetch::x /* */
        use crate::model::{self, Time as fetch};
        /* use crate::fetch; /* nested */ crate::store::x */
        const A: &str = "use crate::fetch; \" crate::store::x";
        const B: &str = r#"" crate::fetch::x"#;
        const C: [char; 3] = ['"', '\'', '{'];
        fn f<'a>(toml: &'a str) -> impl Sized + use<'a> { crate::parse::reqwest::x(toml) }
    "##;
    assert_eq!(planted("parse/mod", text), [""; 0]);
}

#[test]
fn comments_blank_lines_and_inline_tests_are_no_lines_of_code() {
    let text = "//! What.\n\nfn f() {\n    /* a\n    b */\n    g(\"\n//\n\"); // h\n}\n\n\
                #[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
    assert_eq!(code_lines(text), 5);
    assert_eq!(
        planted_form("a", &format!("//!\n{}", "x;\n".repeat(401))),
        ["a: 401 lines of code"]
    );
    assert_eq!(
        planted_form("a", "// What."),
        ["a: does not begin with //!"]
    );
}

fn planted_form(path: &str, text: &str) -> Vec<String> {
    form_faults(&Source {
        path: path.to_owned(),
        text: text.to_owned(),
    })
}
