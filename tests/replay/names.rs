//! Feeds whose guids, or links, are others in every document.

use super::{body, poll};
use crate::util::{Database, Reply, Site, Tidings, channel};

/// What changes with each document.
#[derive(Clone, Copy)]
struct Moves {
    guids: bool,
    links: bool,
}

/// A feed of five entries in the given round, the last of which is new.
fn document(round: usize, moves: Moves) -> Reply {
    let entry = |entry: usize| {
        let guid = if moves.guids {
            format!("{entry}-{round}")
        } else {
            format!("{entry}")
        };
        let link = if moves.links {
            format!("{entry}/{round}")
        } else {
            format!("{entry}")
        };
        format!(
            "<item><title>Title {entry}</title><link>https://example.org/{link}</link>\
             <guid isPermaLink=\"false\">{guid}</guid><description>Text of {entry}.</description></item>"
        )
    };
    let items: String = (round..round + 5).rev().map(entry).collect();
    Reply::feed(channel("Small feed", &items))
}

/// Polled so many times.
fn polled(rounds: usize, moves: Moves) -> (Site, Tidings) {
    let site = Site::start();
    let mut replies = document(0, moves);
    for round in 1..rounds {
        replies = replies.then(document(round, moves));
    }
    site.serve("/f", replies);
    let lines = format!("[[feed]]\nid = \"small\"\nurl = {:?}", site.url("/f"));
    let tidings = Tidings::new().feed_toml(&lines);
    poll(&tidings, rounds);
    (site, tidings)
}

#[test]
fn names_that_change_make_no_second_article_and_no_sighting_for_each_poll() {
    const ROUNDS: usize = 8;
    for (guids, links) in [(false, false), (true, false), (false, true), (true, true)] {
        let (_site, tidings) = polled(ROUNDS, Moves { guids, links });
        let database = Database::of(&tidings);
        let entries = ROUNDS + 4;
        let what = format!("guids change: {guids}, links: {links}");
        assert_eq!(database.count("articles"), entries as i64, "{what}");
        let most = database
            .number("SELECT max(n) FROM (SELECT count(*) AS n FROM sightings GROUP BY article)");
        assert!(most <= 3, "{what}: {most} sightings of one article");
        let revisions = database.number("SELECT coalesce(max(revision), 0) FROM articles");
        assert!(
            revisions <= 1,
            "{what}: {revisions} revisions of one article"
        );
        assert_eq!(database.count("gaps"), 0, "{what}");
        let status = tidings.run(&["status"]);
        let shown = tidings
            .run(&["feed", "show", "small", "--json"])
            .ok()
            .json();
        assert_eq!(shown["guids_doubted_since"].is_string(), guids, "{what}");
        assert_eq!(shown["links_doubted_since"].is_string(), links, "{what}");
        if guids || links {
            status
                .ok()
                .stdout_has("identity ")
                .stdout_has("small (since ");
            let shown = tidings.run(&["feed", "show", "small"]);
            shown
                .ok()
                .stdout_has("identity   its ")
                .stdout_has("feed trust");
        } else {
            status.ok().stdout_lacks("identity");
        }
    }
}

#[test]
fn doubt_ends_by_command_and_with_another_url() {
    let moves = Moves {
        guids: true,
        links: true,
    };
    let (site, tidings) = polled(4, moves);
    let doubted = |tidings: &Tidings| {
        let status = tidings.run(&["status", "--json"]).ok().json();
        status["doubted_names"].as_array().unwrap().len()
    };
    assert_eq!(doubted(&tidings), 1);
    tidings
        .run(&["feed", "trust", "small"])
        .ok()
        .stdout_has("count again");
    assert_eq!(doubted(&tidings), 0);
    tidings
        .run(&["feed", "trust", "small"])
        .ok()
        .stdout_has("nothing to do");
    site.serve("/f", document(4, moves));
    poll(&tidings, 1);
    let database = Database::of(&tidings);
    assert_eq!(database.count("articles"), 9, "no second articles");
    assert_eq!(body(&tidings, "Title 4"), "Text of 4.");
    for round in 5..8 {
        site.serve("/f", document(round, moves));
        poll(&tidings, 1);
    }
    assert_eq!(doubted(&tidings), 1);
    site.serve("/g", document(8, moves));
    tidings
        .run(&["feed", "edit", "small", "--url", &site.url("/g")])
        .ok();
    poll(&tidings, 1);
    assert_eq!(doubted(&tidings), 0);
}
