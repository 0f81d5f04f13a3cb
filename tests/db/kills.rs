//! Killed in the middle of polls, exports, backups and pruning: nothing that was acknowledged is lost,
//! nothing is there twice, and no file is half there. A handful of kills in ordinary runs;
//! `TIDINGS_KILLS=1000` for more.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use super::{Dice, articles, check};
use crate::util::{Reply, Site, Tidings, rss};

/// Titles of everything in a store, each once.
fn titles(path: &Path) -> BTreeSet<String> {
    let all = articles(path).unwrap();
    let count = all.len();
    let titles: BTreeSet<String> = all.into_iter().map(|stored| stored.article.title).collect();
    assert_eq!(titles.len(), count, "an article is there twice");
    titles
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let kills: usize = std::env::var("TIDINGS_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let site = Site::start();
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nid = \"a\"\nurl = {:?}\ninterval = \"1s\"\n",
        site.url("/a")
    ));
    let store = tidings.path("tidings.db");
    let backup = tidings.path("backup.db");
    let entries =
        |round: usize| -> Vec<String> { (0..=round * 3).map(|n| format!("e{n}")).collect() };
    let serve = |round: usize| {
        let entries = entries(round);
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        site.serve("/a", Reply::feed(rss(&entries)));
    };
    serve(0);
    tidings.run(&["poll", "--all", "--force"]).ok();
    let mut dice = Dice::new(11);
    let mut acknowledged = titles(&store);
    for kill in 0..kills {
        serve(kill % 60);
        let command: &[&str] = match kill % 4 {
            0 | 1 => &["poll", "--all", "--force"],
            2 => &["db", "backup", "backup.db", "--force"],
            _ => &["export", "--format", "jsonl", "--out", "all.jsonl"],
        };
        let running = tidings.spawn(command);
        // Chaos, not synchronisation: any moment is a good one.
        std::thread::sleep(Duration::from_millis(dice.below(120) as u64));
        running.kill9();
        drop(running);
        let now = titles(&store);
        assert!(now.is_superset(&acknowledged), "{kill}: articles were lost");
        acknowledged = now;
        for file in [&store, &backup] {
            if file.exists() {
                assert_eq!(check(file, true).unwrap().findings, [], "{kill}");
            }
        }
        if let Ok(lines) = fs::read_to_string(tidings.path("all.jsonl")) {
            let whole = lines
                .lines()
                .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
            assert!(whole && lines.ends_with('\n'), "{kill}: a torn export");
        }
    }
    serve(60);
    tidings.run(&["poll", "--all", "--force"]).ok();
    assert_eq!(titles(&store).len(), entries(60).len());
    tidings.run(&["db", "backup", "backup.db", "--force"]).ok();
    let left = fs::read_dir(tidings.dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let drafts: Vec<_> = left
        .filter(|name| name.to_string_lossy().contains("tidings-draft"))
        .collect();
    assert_eq!(
        drafts.len(),
        0,
        "what killed backups left is swept: {drafts:?}"
    );
}
