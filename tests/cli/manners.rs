//! Options of every command, help, logs, pipes, exit codes.

use std::{io::Read as _, process::Stdio};

use super::polled;
use crate::util::{Reply, Site, Tidings, rss};

#[test]
fn every_command_has_help_and_the_ones_with_choices_have_examples() {
    let tidings = Tidings::new();
    let top = tidings.run(&["--help"]);
    top.ok().stdout_has("Examples:").stdout_has("Exit status:");
    for command in [
        "run",
        "poll",
        "feed",
        "preview",
        "export",
        "import",
        "status",
        "check",
        "completions",
        "man",
    ] {
        top.stdout_has(&format!("\n  {command}"));
        tidings.run(&[command, "--help"]).ok().stdout_has("Usage:");
    }
    for command in [
        &["poll"][..],
        &["preview"],
        &["export"],
        &["import"],
        &["feed", "add"],
        &["feed", "edit"],
    ] {
        let help = [command, &["--help"]].concat();
        tidings.run(&help).ok().stdout_has("Examples:");
    }
}

#[test]
fn what_cannot_be_understood_ends_with_2_and_touches_nothing() {
    let tidings = Tidings::new();
    for args in [
        &["pol"][..],
        &["poll", "--nope"],
        &["export", "--since", "yesterday"],
        &["feed"],
        &[],
    ] {
        let ran = tidings.run(args);
        ran.code(2);
        assert_eq!(ran.stdout, "", "{ran}");
        assert!(!ran.stderr.is_empty());
    }
    tidings.run(&["pol"]).stderr_has("'poll'");
    assert!(!tidings.path("tidings.db").exists());
}

#[test]
fn help_is_short_in_every_form() {
    let tidings = Tidings::new();
    for command in [
        &["--help"][..],
        &["export", "--help"],
        &["status", "--help"],
    ] {
        let ran = tidings.run(command);
        ran.ok().stdout_lacks("Possible values:");
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        let values = "[possible values: auto, always, never]";
        assert!(words.join(" ").contains(values), "{ran}");
    }
}

/// Every command that help names, as it is typed.
fn commands(tidings: &Tidings, above: &[String], found: &mut Vec<Vec<String>>) {
    found.push(above.to_vec());
    let args: Vec<&str> = above.iter().map(String::as_str).chain(["-h"]).collect();
    let help = tidings.run(&args).ok().stdout.clone();
    let listed = help
        .split_once("\nCommands:\n")
        .map_or("", |(_, rest)| rest);
    for line in listed.lines().take_while(|line| !line.is_empty()) {
        // Further lines of a description stand deeper.
        let name = line
            .strip_prefix("  ")
            .filter(|line| !line.starts_with(' '));
        if let Some(name) = name.and_then(|line| line.split_whitespace().next())
            && name != "help"
        {
            commands(tidings, &[above, &[name.to_owned()]].concat(), found);
        }
    }
}

#[test]
fn help_of_every_command_fits_into_80_columns() {
    let tidings = Tidings::new();
    let mut all = Vec::new();
    commands(&tidings, &[], &mut all);
    for known in [&["feed", "add"][..], &["backfill"], &["man"]] {
        assert!(all.iter().any(|command| command == known), "{all:?}");
    }
    let mut wide = Vec::new();
    for command in &all {
        for option in ["--help", "-h"] {
            let args: Vec<&str> = command.iter().map(String::as_str).chain([option]).collect();
            let ran = tidings.run(&args);
            let lines = ran.ok().stdout.lines();
            let too_wide = lines.filter(|line| line.chars().count() > 80);
            wide.extend(too_wide.map(|line| format!("{args:?}: {line}")));
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[test]
fn the_version_is_the_packages() {
    let version = format!("tidings {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(Tidings::new().run(&["--version"]).ok().stdout, version);
}

#[test]
fn status_and_feed_lists_are_readable_and_parse_as_json() {
    let (_site, tidings) = polled();
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("1: 1 ok")
        .stdout_has("3 today, 3 in all");
    let status = tidings.run(&["status", "--json"]).ok().json();
    assert_eq!(status["feeds"]["ok"], 1);
    assert_eq!(status["articles"]["all"], 3);
    assert_eq!(status["errors"], serde_json::json!([]));
    tidings
        .run(&["feed", "list"])
        .ok()
        .stdout_has("small")
        .stdout_has("Small feed");
    let list = tidings.run(&["feed", "list", "--json"]).ok().json();
    assert_eq!(
        (&list[0]["id"], &list[0]["articles"]),
        (&"small".into(), &3.into())
    );
    tidings
        .run(&["feed", "show", "small"])
        .ok()
        .stdout_has("RSS 2.0")
        .stdout_has("tiny");
    let feed = tidings
        .run(&["feed", "show", "Small feed", "--json"])
        .ok()
        .json();
    assert_eq!(feed["polls"][0]["new"], 3);
}

#[test]
fn feeds_that_were_never_polled_are_new_whether_there_is_a_store_or_not() {
    let (site, tidings) = polled();
    let tidings = tidings.feed(&site.url("/other"));
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("2: 1 ok, 1 new")
        .stdout_has("next poll");
    let status = tidings.run(&["status", "--json"]).ok().json();
    assert_eq!(status["feeds"]["new"], 1);
    let fresh = Tidings::new().feed(&site.url("/f")).feed_toml(&format!(
        "[[feed]]\nurl = {:?}\npaused = true",
        site.url("/other")
    ));
    fresh
        .run(&["status"])
        .ok()
        .stdout_has("feeds     2: 1 new, 1 paused")
        .stdout_has("last poll never")
        .stdout_has("(none yet; the first poll makes it)");
    let status = fresh.run(&["status", "--json"]).ok().json();
    assert_eq!(status["feeds"]["new"], 1);
    assert!(!fresh.path("tidings.db").exists());
}

#[test]
fn status_says_that_it_cannot_follow_feed_files_with_mistakes() {
    let (_site, tidings) = polled();
    tidings.write("feeds.toml", "[[feed]]\nurl = \"nonsense\"\n");
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("1: 1 ok")
        .complains_once("`tidings check` tells them");
}

#[test]
fn status_follows_the_feed_files_before_the_next_poll() {
    let (_site, tidings) = polled();
    tidings.run(&["feed", "pause", "small"]).ok();
    tidings.run(&["status"]).ok().stdout_has("1: 1 paused");
    tidings.run(&["feed", "remove", "small"]).ok();
    tidings
        .run(&["status"])
        .ok()
        .stdout_has("0: none")
        .stdout_has("3 in all");
}

#[test]
fn quiet_says_only_the_summary_and_what_went_wrong() {
    let site = Site::start();
    site.serve("/good", Reply::feed(rss(&["a"])));
    let tidings = Tidings::new()
        .feed(&site.url("/good"))
        .feed(&site.url("/bad"));
    let ran = tidings.run(&["poll", "--all", "-q"]);
    ran.code(1)
        .stdout_has("HTTP 404")
        .stdout_has("Polled 2 feeds")
        .stdout_lacks("ok  ");
    assert_eq!(ran.stdout.lines().count(), 2, "{ran}");
    let ran = tidings.run(&["export", "--out", "all.md", "-q"]);
    assert_eq!((ran.ok().stdout.as_str(), ran.stderr.as_str()), ("", ""));
    tidings.run(&["check", "-q"]).ok();
}

#[test]
fn status_names_failing_feeds_without_the_tokens_in_their_urls() {
    let site = Site::start();
    let tidings = Tidings::new().feed(&site.url("/gone?token=hush"));
    tidings.run(&["poll", "--all"]).code(1).stdout_lacks("hush");
    for args in [&["status"][..], &["status", "--json"]] {
        tidings
            .run(args)
            .ok()
            .stdout_has("token=…")
            .stdout_lacks("hush");
    }
}

#[test]
fn a_round_says_one_line_a_feed_and_a_closing_summary() {
    let (_site, tidings) = polled();
    let ran = tidings.run(&["poll", "--all", "--force"]);
    assert_eq!(ran.ok().stdout.lines().count(), 2, "{ran}");
    assert_eq!(ran.stderr, "");
    ran.stdout_has("small  not modified (304)")
        .stdout_has("1 unchanged")
        .stdout_has("3 in the store");
}

#[test]
fn json_log_lines_parse_and_carry_their_fields() {
    let (_site, tidings) = polled();
    let ran = tidings.run(&["poll", "--all", "--force", "-v", "--log-format", "json"]);
    let lines: Vec<serde_json::Value> = ran
        .ok()
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let poll = lines
        .iter()
        .find(|line| line["feed.id"] == "small")
        .unwrap();
    assert_eq!(poll["http.status"], 304, "{poll}");
    assert_eq!(poll["articles.new"], 0);
    assert!(poll["duration_ms"].is_number());
    assert!(poll["message"].as_str().unwrap().contains("not modified"));
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let (_site, tidings) = polled();
    tidings.run(&["status"]).ok().stdout_lacks("\u{1b}[");
    tidings
        .run(&["status", "--color", "always"])
        .ok()
        .stdout_has("\u{1b}[");
    tidings
        .run(&["status", "--color", "never"])
        .ok()
        .stdout_lacks("\u{1b}[");
}

#[test]
fn a_closed_pipe_is_a_clean_end() {
    let names: Vec<String> = (0..3000).map(|n| format!("{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let site = Site::start();
    site.serve("/f", Reply::feed(rss(&names)));
    let tidings = Tidings::new().feed(&site.url("/f"));
    tidings.run(&["poll", "--all"]).ok();
    let url = site.url("/f");
    for args in [
        &["export"][..],
        &["export", "--format", "jsonl"],
        &["preview", &url],
        &["man"],
    ] {
        let mut child = tidings
            .command(args)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 64];
        let mut pipe = child.stdout.take().unwrap();
        pipe.read_exact(&mut first).unwrap();
        drop(pipe);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(
            ended.status.success(),
            "{args:?}: {:?} {said}",
            ended.status
        );
        assert!(
            !said.contains("panicked") && !said.contains("Broken"),
            "{said}"
        );
    }
}

#[test]
fn completions_and_the_manual_cover_every_command() {
    let tidings = Tidings::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        tidings
            .run(&["completions", shell])
            .ok()
            .stdout_has("preview");
    }
    let manual = tidings.run(&["man"]);
    manual
        .ok()
        .stdout_has(".TH")
        .stdout_has("tidings feed add")
        .stdout_has("no\\-fetch");
}

#[test]
fn the_store_option_wins_over_the_settings_and_the_environment_is_last() {
    let (_site, tidings) = polled();
    let other = tidings.path("elsewhere/other.db");
    tidings
        .run(&["--store", other.to_str().unwrap(), "poll", "--all"])
        .ok()
        .stdout_has("3 new");
    assert!(other.exists());
    let tidings = Tidings::new();
    let state = tidings.path("state");
    let tidings = tidings.env("STATE_DIRECTORY", state.as_os_str());
    let settings = tidings
        .read("tidings.toml")
        .replace("store = \"tidings.db\"", "");
    tidings.write("tidings.toml", settings);
    tidings.run(&["poll"]).ok();
    assert!(state.join("tidings.db").exists());
}
