//! Many at one store: nobody is told that it is locked. And a disk that is full.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::util::{Database, Reply, Site, Tidings, rss};

#[test]
fn a_daemon_four_writers_and_backups_get_on_with_each_other() {
    let site = Site::start();
    let mut tidings = Tidings::new();
    for feed in ["a", "b", "c"] {
        let path = format!("/{feed}");
        site.serve(&path, Reply::feed(rss(&[feed])));
        tidings = tidings.feed_toml(&format!(
            "[[feed]]\nid = {feed:?}\nurl = {:?}\ninterval = \"1s\"\n",
            site.url(&path)
        ));
    }
    tidings = tidings.settings("[retention]\nmax_age = \"90d\"");
    let seed = fs::read_to_string("tests/fixtures/seed/expected_seed.md").unwrap();
    let mut daemon = tidings.spawn(&["run"]);
    daemon.wait_for_stderr_line("polls");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (tidings, seed) = (&tidings, &seed);
            scope.spawn(move || {
                for round in 0..6 {
                    let name = format!("w{writer}-{round}.md");
                    tidings.write(
                        &name,
                        seed.replace("2019/11/05", &format!("{writer}/{round}")),
                    );
                    tidings.run(&["import", &name]).ok();
                    tidings.run(&["poll", "--all"]).ok();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..6 {
                tidings.run(&["db", "backup", "b.db", "--force"]).ok();
                tidings.run(&["db", "prune"]).ok();
                tidings.run(&["db", "check", "--deep"]).ok();
            }
        });
    });
    // Nothing is put in the place of a store that is in use.
    tidings
        .run(&["db", "restore", "b.db"])
        .code(2)
        .stderr_has("the tidings daemon (process ");
    tidings
        .run(&["db", "compact"])
        .code(2)
        .stderr_has("stop it first");
    daemon.sigterm();
    let told = daemon.wait().ok().stderr.clone();
    assert!(!told.contains("lock"), "{told}");
    Database::of(&tidings).assert_sound();
    assert_eq!(
        Database::of(&tidings).number("SELECT count(*) FROM articles WHERE owner IS NULL"),
        24
    );
}

/// Runs a script where a small file system of its own is mounted at `disk`; `None` where that is not
/// allowed.
pub(crate) fn on_a_small_disk(tidings: &Tidings, script: &str) -> Option<String> {
    let sandbox = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-ec", script]);
        command.current_dir(tidings.dir()).stdin(Stdio::null());
        command.env("TIDINGS", env!("CARGO_BIN_EXE_tidings"));
        command.output().ok()
    };
    let mount = "mkdir -p disk; mount -t tmpfs -o size=3m none disk; ";
    let can = sandbox(mount)?;
    if !can.status.success() {
        return None;
    }
    let ran = sandbox(&format!("{mount}{script}"))?;
    let told = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Some(told.concat())
}

#[test]
fn a_full_disk_loses_nothing_and_when_it_is_freed_all_goes_on() {
    let site = Site::start();
    let entries: Vec<String> = (0..40).map(|n| format!("e{n}")).collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    site.serve("/a", Reply::feed(rss(&entries[..5])));
    site.serve("/b", Reply::feed(rss(&entries)));
    let feed = |id: &str| {
        format!(
            "[[feed]]\nid = {id:?}\nurl = {:?}\n",
            site.url(&format!("/{id}"))
        )
    };
    let tidings = Tidings::new()
        .settings("store = \"disk/tidings.db\"")
        .feed_toml(&feed("a"));
    // What the daemon does not know, so that it polls nothing while the disk is full.
    tidings.write(
        "both.toml",
        tidings
            .read("tidings.toml")
            .replace("feeds.toml", "both-feeds.toml"),
    );
    tidings.write("both-feeds.toml", format!("{}{}", feed("a"), feed("b")));
    let told = on_a_small_disk(
        &tidings,
        r#"
        run() { "$TIDINGS" --config both.toml "$@" && echo "$1: well" || echo "$1: failed"; }
        "$TIDINGS" --config tidings.toml run 2>log &
        daemon=$!
        until grep -q "a: 5 entries" log; do kill -0 $daemon; sleep 0.1; done
        dd if=/dev/zero of=disk/ballast bs=1k count=9999 2>/dev/null || true
        run poll b
        run export --format jsonl --out before.jsonl
        run db backup disk/backup.db
        rm disk/ballast
        run poll b --force
        run export --format jsonl --out after.jsonl
        run db check --deep
        run db backup disk/backup.db
        kill $daemon
        wait $daemon
        echo "run: well"
        "#,
    );
    let Some(told) = told else {
        eprintln!("not allowed to mount a file system here; nothing was tested");
        return;
    };
    assert!(told.contains("no space left on the disk"), "{told}");
    let ends = told
        .lines()
        .filter(|line| line.ends_with(": well") || line.ends_with(": failed"));
    let ends: Vec<&str> = ends.collect();
    let expected = [
        "poll: failed",
        "export: well",
        "db: failed",
        "poll: well",
        "export: well",
        "db: well",
        "db: well",
        "run: well",
    ];
    assert_eq!(ends, expected, "{told}");
    assert_eq!(tidings.read("before.jsonl").lines().count(), 5);
    assert_eq!(tidings.read("after.jsonl").lines().count(), 40);
}
