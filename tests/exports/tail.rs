//! `tail`: the changes on standard output, each with the cursor behind it.

use super::{go_on, polled};

#[test]
fn tail_tells_changes_with_the_cursor_behind_each() {
    let (site, tidings) = polled(&["a", "b"]);
    let all = tidings.run(&["tail"]).ok().jsonl();
    assert_eq!(all.len(), 2);
    let first = all[0]["cursor"].as_str().unwrap();
    assert_eq!(
        tidings.run(&["tail", "--from-cursor", first]).ok().jsonl(),
        all[1..]
    );
    assert_eq!(
        tidings.run(&["tail", "--from-cursor", "now"]).ok().stdout,
        ""
    );
    assert_eq!(tidings.run(&["tail", "--cursor", "t"]).ok().jsonl(), all);
    go_on(&site, &tidings);
    let more = tidings.run(&["tail", "--cursor", "t"]).ok().jsonl();
    let titles: Vec<_> = more.iter().map(|line| &line["title"]).collect();
    assert_eq!(titles, ["Title a", "Title c"]);
    assert_eq!(tidings.run(&["tail", "--cursor", "t"]).ok().stdout, "");
    tidings
        .run(&["tail", "--limit", "3"])
        .code(2)
        .complains_once("--limit");
}

#[test]
fn tail_follows_until_it_is_told_to_end_or_nobody_reads() {
    use std::{
        io::{BufRead as _, BufReader},
        process::Stdio,
    };
    let (site, tidings) = polled(&["a", "b"]);
    let mut child = tidings
        .command(&["tail", "-f"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut title = || {
        let line: serde_json::Value =
            serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        line["title"].as_str().unwrap().to_owned()
    };
    assert_eq!([title(), title()], ["Title a", "Title b"]);
    go_on(&site, &tidings);
    assert_eq!([title(), title()], ["Title a", "Title c"]);
    // Closed; nothing is written that would tell it so.
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut child = tidings
        .command(&["tail", "-f"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
