//! The whole benchmark: the server, both floors and Tidings, each cold, warm, and after 2 % of the
//! feeds got a new entry.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rusqlite::Connection;

use crate::{
    Result, RunArgs,
    client::ServerProcess,
    measure,
    page::Places,
    report::{Phase, Report, Subject},
};

/// The default pause between two requests to one host.
const HOST_INTERVAL: Duration = Duration::from_secs(2);

/// Runs it and prints the table or the line of JSON.
pub(crate) fn run(args: &RunArgs) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let dir = args.keep.as_deref().unwrap_or(temporary.path());
    fs::create_dir_all(dir)?;
    // With the state of an earlier run nothing would be cold.
    if ["etags", "floor.db", "tidings.db"]
        .iter()
        .any(|name| dir.join(name).exists())
    {
        return Err(format!("{} holds an earlier run", dir.display()).into());
    }
    let tidings = tidings_path(args.tidings.as_deref())?;
    let server = ServerProcess::start(&args.served)?;
    let config = write_settings(dir, args.served.feeds, server.places, "")?;
    let mut report = Report::new(args.served.feeds, args.served.entries);

    let floor = |name, option, file| {
        let target = (args.served.feeds, args.concurrency, server.places);
        floor(target, name, option, dir.join(file))
    };
    for subject in [Subject::FloorD, Subject::FloorS, Subject::Tidings] {
        let command = match subject {
            Subject::FloorD => floor("floor-d", "--etags", "etags")?,
            Subject::FloorS => floor("floor-s", "--db", "floor.db")?,
            Subject::Tidings => poll(&tidings, &config),
        };
        for phase in [Phase::Cold, Phase::Warm, Phase::Changed] {
            if matches!(phase, Phase::Changed) {
                report.changed = server.tick()?;
            }
            if matches!(subject, Subject::Tidings) {
                // Hosts have their turn again: the round is not to wait for them.
                std::thread::sleep(HOST_INTERVAL);
            }
            let before = server.stats()?;
            let cost = measure::run(&command)?;
            report.add(subject, phase, cost, before, server.stats()?);
        }
    }
    report.store_bytes = store_bytes(&dir.join("tidings.db"))?;
    report.floor_bytes = store_bytes(&dir.join("floor.db"))?;
    report.articles = exported_articles(&tidings, &config);
    if args.json {
        println!("{}", report.json());
    } else {
        println!("{report}");
    }
    Ok(())
}

/// The binary to measure: the one named, else the one beside this.
pub(crate) fn tidings_path(named: Option<&Path>) -> Result<PathBuf> {
    match named {
        // The child runs where we do, but a bare name must not be looked up in PATH.
        Some(path) => Ok(path
            .canonicalize()
            .map_err(|error| format!("{}: {error}", path.display()))?),
        None => Ok(std::env::current_exe()?.with_file_name("tidings")),
    }
}

/// Settings as an operator would leave them, but for the loopback addresses. `more` is said of every
/// feed.
pub(crate) fn write_settings(
    dir: &Path,
    feeds: usize,
    places: Places,
    more: &str,
) -> Result<PathBuf> {
    let config = dir.join("tidings.toml");
    fs::write(
        &config,
        "store = \"tidings.db\"\nfeeds = [\"feeds.toml\"]\n\n\
         [fetch]\nallow_private = [\"127.0.0.0/8\"]\n",
    )?;
    let mut toml = String::new();
    for feed in 0..feeds {
        writeln!(toml, "[[feed]]\nurl = \"{}\"\n{more}", places.url(feed))?;
    }
    fs::write(dir.join("feeds.toml"), toml)?;
    Ok(config)
}

/// A floor's command for so many feeds, so many at once, at these places.
pub(crate) fn floor(
    (feeds, concurrency, places): (usize, usize, Places),
    name: &str,
    option: &str,
    state: PathBuf,
) -> Result<Vec<OsString>> {
    Ok(vec![
        std::env::current_exe()?.into(),
        name.into(),
        "--port".into(),
        places.port.to_string().into(),
        "--feeds".into(),
        feeds.to_string().into(),
        "--addresses".into(),
        places.addresses.to_string().into(),
        "--concurrency".into(),
        concurrency.to_string().into(),
        option.into(),
        state.into(),
    ])
}

/// One round over all feeds.
pub(crate) fn poll(tidings: &Path, config: &Path) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![tidings.into(), "--config".into(), config.into()];
    command.extend(["poll", "--all", "--force", "-q"].map(OsString::from));
    command
}

/// The size of a `SQLite` file with nothing left in its log; `None` if there is no such file.
fn store_bytes(path: &Path) -> Result<Option<u64>> {
    if !path.exists() {
        return Ok(None);
    }
    Connection::open(path)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(Some(fs::metadata(path)?.len()))
}

/// How many articles Tidings gives back, one line each; `None` if it gives none.
fn exported_articles(tidings: &Path, config: &Path) -> Option<usize> {
    let output = Command::new(tidings)
        .arg("--config")
        .arg(config)
        .args(["export", "--format", "jsonl"])
        .output()
        .ok()?;
    let lines = output.stdout.iter().filter(|&&byte| byte == b'\n').count();
    (output.status.success() && lines > 0).then_some(lines)
}
