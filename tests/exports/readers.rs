//! The readers that exports are meant for: pandas, `DuckDB` and Polars find the same values with the
//! right types. They come from `PyPI`, so this is left out, and says so, unless `TIDINGS_PYTHON=1`.

use std::{env, ffi::OsStr, fs, path::PathBuf, process::Command};

use super::rich;

const PACKAGES: [&str; 5] = ["pandas", "pyarrow", "duckdb", "polars", "pytz"];

fn run(program: impl AsRef<OsStr>, args: &[&OsStr]) {
    let ran = Command::new(program.as_ref()).args(args).output().unwrap();
    assert!(
        ran.status.success(),
        "{:?} {args:?}\n{}{}",
        program.as_ref(),
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
}

/// A Python with the readers, made once and kept beside the build; or the one that is named.
fn python() -> Option<PathBuf> {
    let asked = env::var_os("TIDINGS_PYTHON").filter(|asked| !asked.is_empty() && asked != "0");
    let Some(asked) = asked else {
        eprintln!("left out: readers of exports; TIDINGS_PYTHON=1 fetches them from PyPI");
        return None;
    };
    if asked != "1" {
        return Some(asked.into());
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readers");
    let python = folder.join("bin/python");
    let is_complete = folder.join("complete");
    if !is_complete.exists() {
        run(
            "python3",
            &["-m".as_ref(), "venv".as_ref(), folder.as_ref()],
        );
        let install = ["-m", "pip", "install", "--quiet"];
        let args: Vec<&OsStr> = install.iter().chain(&PACKAGES).map(OsStr::new).collect();
        run(&python, &args);
        fs::write(is_complete, "").unwrap();
    }
    Some(python)
}

#[test]
fn pandas_duckdb_and_polars_read_the_same_values_with_the_right_types() {
    let Some(python) = python() else { return };
    let tidings = rich();
    for args in [
        &["--out", "all.jsonl"][..],
        &["--out", "all.csv"],
        &["--out", "all.parquet"],
        &["--out", "all.sqlite"],
        &["--format", "parquet", "--partition", "day", "--out", "day/"],
        &[
            "--format",
            "parquet",
            "--partition",
            "month",
            "--out",
            "month/",
        ],
        &[
            "--format",
            "parquet",
            "--partition",
            "feed",
            "--out",
            "feed/",
        ],
        &["--format", "csv", "--partition", "day", "--out", "day-csv/"],
        &[
            "--format",
            "jsonl",
            "--partition",
            "day",
            "--out",
            "day-jsonl/",
        ],
    ] {
        tidings.run(&[&["export"], args].concat()).ok();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exports/readers.py");
    run(python, &[script.as_ref(), tidings.dir().as_ref()]);
}
