//! Where a run ends, and where the next one begins.

use super::{again, backfill, linked, pages, polled, shown, titles, wordpress};
use crate::util::{Database, Reply, Site, Tidings, rss};

#[test]
fn a_page_that_repeats_an_earlier_one_is_the_end() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["c"]));
    site.serve("/f?paged=2", Reply::feed(wordpress(&["b", "a"])));
    // The same entries in other bytes and another order.
    site.serve("/f?paged=3", Reply::feed(wordpress(&["a", "b"])));
    backfill(&tidings, &[])
        .ok()
        .stdout_has("page 3 repeats page 2; complete");
    assert_eq!(pages(&site).len(), 2);
}

#[test]
fn links_in_a_circle_end_where_they_meet() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    site.serve("/2", Reply::feed(linked("next", "/3", &["b"])));
    site.serve("/3", Reply::feed(linked("next", "/2", &["a"])));
    backfill(&tidings, &[])
        .ok()
        .stdout_has("page 3 leads back to a newer one");
    assert_eq!(pages(&site), ["/2", "/3"]);
}

#[test]
fn a_known_page_ends_a_run_and_the_next_one_looks_behind_it() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["d", "c"]));
    site.serve("/2", Reply::feed(linked("next", "/3", &["d", "c"])));
    site.serve("/3", Reply::feed(linked("next", "/4", &["c"])));
    site.serve("/4", Reply::feed(linked("next", "/5", &["b"])));
    site.serve("/5", Reply::feed(linked("next", "/6", &["b", "c"])));
    let ran = backfill(&tidings, &[]);
    ran.ok()
        .stdout_has("1 page, 0 articles new, 2 known; stopped: page 2 has nothing new");
    // Page 3 is known too; page 5 is known after a new one.
    let ran = backfill(&tidings, &[]);
    ran.ok()
        .stdout_has("resumed   mine  goes on with page 3 (1 page read so far, 0 articles)")
        .stdout_has("3 pages, 1 article new, 3 known; stopped: page 5 has nothing new");
    assert_eq!(pages(&site), ["/2", "/3", "/4", "/5"]);
    assert_eq!(shown(&tidings)["backfill"]["next_page"], 6);
}

#[test]
fn a_run_reads_so_many_pages_and_the_next_one_goes_on() {
    let site = Site::start();
    let tidings = polled(&site, linked("prev-archive", "/2", &["e"]));
    for (n, name) in [(2, "d"), (3, "c"), (4, "b")] {
        let next = format!("/{}", n + 1);
        site.serve(
            &format!("/{n}"),
            Reply::feed(linked("prev-archive", &next, &[name])),
        );
    }
    site.serve("/5", Reply::status(404));
    let ran = backfill(&tidings, &["--max-pages", "2"]);
    ran.ok()
        .stdout_has("2 pages, 2 articles new")
        .stdout_has("`tidings backfill mine` goes on with page 4");
    let told = tidings.run(&["feed", "show", "mine"]);
    told.ok().stdout_has(
        "older      `tidings backfill mine` goes on with page 4 (2 pages read so far, 2\n",
    );
    backfill(&tidings, &["-q"])
        .ok()
        .stdout_lacks("resumed")
        .stdout_has("page 5 does not exist (404); complete");
    assert_eq!(pages(&site), ["/2", "/3", "/4", "/5"]);
    for (pages, code) in [("0", 2), ("201", 2), ("200", 0)] {
        backfill(&tidings, &["--max-pages", pages]).code(code);
    }
}

#[test]
fn a_run_that_was_killed_is_gone_on_with_at_the_page_it_was_at() {
    let site = Site::start();
    let tidings = polled(&site, wordpress(&["d"]));
    site.serve("/f?paged=2", Reply::feed(wordpress(&["c"])));
    site.serve("/f?paged=3", Reply::hold());
    let killed = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/f?paged=3", 1);
    killed.kill9();
    drop(killed);
    assert_eq!(titles(&tidings), ["c", "d"], "what was committed stays");
    site.serve("/f?paged=3", Reply::feed(wordpress(&["b"])));
    site.serve("/f?paged=4", Reply::status(410));
    let ran = backfill(&tidings, &[]);
    ran.ok()
        .stdout_has("goes on with page 3 (1 page read so far, 1 article)")
        .stdout_has("page 4 does not exist (410)");
    assert_eq!(titles(&tidings), ["b", "c", "d"]);
    assert_eq!(site.requests("/f?paged=2").len(), 1);
    Database::of(&tidings).assert_sound();
}

#[test]
fn an_interrupted_run_ends_after_the_page_under_way() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    site.serve("/2", Reply::hold());
    site.serve("/3", Reply::feed(rss(&["a"])));
    let mut run = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/2", 1);
    run.sigint();
    run.wait_for_stderr_line("ends after the page under way");
    site.serve("/2", Reply::feed(linked("next", "/3", &["b"])));
    run.wait()
        .code(130)
        .stdout_has("1 page, 1 article new")
        .stdout_has("stopped: Ctrl-C; `tidings backfill mine` goes on with page 3");
    assert_eq!(pages(&site), ["/2"]);
    backfill(&tidings, &[]).ok().stdout_has("1 article new");
}

#[test]
fn a_run_that_is_told_to_end_between_two_feeds_begins_no_other() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["b"]));
    site.serve("/o", Reply::feed(linked("next", "/o2", &["d"])));
    let other = format!("[[feed]]\nid = \"other\"\nurl = {:?}", site.url("/o"));
    let tidings = tidings.feed_toml(&other);
    tidings.run(&["poll", "other"]).ok();
    site.serve("/2", Reply::hold());
    let mut run = tidings.spawn(&["backfill", "mine", "other"]);
    site.wait_for_requests("/2", 1);
    run.sigterm();
    run.wait_for_stderr_line("ends after the page under way");
    site.serve("/2", Reply::feed(rss(&["a"])));
    run.wait()
        .code(143)
        .stdout_has("mine: 1 page, 1 article new")
        .stdout_has("skipped   other  not begun");
    assert_eq!(site.requests("/o2").len(), 0);
    Database::of(&tidings).assert_sound();
}

#[test]
fn a_second_signal_ends_a_run_at_once_and_the_next_one_asks_for_the_page_again() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["b"]));
    site.serve("/2", Reply::hold());
    let mut run = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/2", 1);
    run.sigint();
    run.wait_for_stderr_line("once more ends it at once");
    run.sigint();
    run.wait().code(130);
    site.serve("/2", Reply::feed(rss(&["a"])));
    backfill(&tidings, &[]).ok().stdout_has("1 article new");
}

#[test]
fn a_restart_keeps_the_totals_of_what_was_brought_before() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    site.serve("/2", Reply::feed(linked("next", "/3", &["b"])));
    site.serve("/3", Reply::feed(rss(&["a"])));
    backfill(&tidings, &[]).ok().stdout_has("2 articles new");
    backfill(&tidings, &["--restart"])
        .ok()
        .stdout_has("1 page, 0 articles new, 1 known");
    let stands = shown(&tidings)["backfill"].clone();
    assert_eq!((&stands["pages"], &stands["new"]), (&3.into(), &2.into()));
    let told = tidings.run(&["feed", "show", "mine"]);
    told.ok()
        .stdout_has("goes on with page 3 (3 pages read so far, 2");
}

#[test]
fn a_page_that_cannot_be_read_is_asked_for_again_by_the_next_run() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    let broken = Reply::html("<!doctype html><title>Oops</title><p>Down.");
    let cut_off = "<?xml version=\"1.0\"?><rss><channel><item><title>Title b</title><guid>b</guid>\
                   <link>https://example.org/b</link><descr";
    site.serve(
        "/2",
        broken.then(Reply::status(500)).then(Reply::feed(cut_off)),
    );
    for _ in 0..2 {
        backfill(&tidings, &[])
            .code(1)
            .stdout_has("stopped: page 2: ");
    }
    // Broken XML is read as far as it goes, as with feeds.
    backfill(&tidings, &[])
        .ok()
        .stdout_has("1 page, 1 article new");
    assert_eq!(site.requests("/2").len(), 3);
    assert_eq!(titles(&tidings), ["b", "c"]);
}

#[test]
fn a_feed_with_a_new_url_begins_anew() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["b"]));
    site.serve("/2", Reply::feed(rss(&["a"])));
    backfill(&tidings, &[]).ok().stdout_has("complete");
    site.serve("/g", Reply::feed(linked("next", "/g2", &["d"])));
    site.serve("/g2", Reply::feed(rss(&["c"])));
    let moved = tidings.read("feeds.toml").replace("/f\"", "/g\"");
    tidings.write("feeds.toml", moved);
    backfill(&tidings, &[])
        .code(1)
        .stdout_has("`tidings poll mine`");
    again(&tidings).ok().stdout_has("1 new");
    backfill(&tidings, &[])
        .ok()
        .stdout_has("1 article new")
        .stdout_lacks("resumed");
    assert_eq!(pages(&site), ["/2", "/g", "/g2"]);
}

#[test]
fn feeds_that_cannot_be_backfilled_are_told_and_the_others_are() {
    let site = Site::start();
    site.serve("/a", Reply::feed(linked("next", "/2", &["b"])));
    site.serve("/2", Reply::feed(rss(&["a"])));
    let feed = |id: &str, more: &str| {
        format!(
            "[[feed]]\nid = {id:?}\nurl = {:?}\n{more}",
            site.url(&format!("/{id}"))
        )
    };
    let tidings = Tidings::new()
        .feed_toml(&feed("a", ""))
        .feed_toml(&feed("never", ""))
        .feed_toml(&feed("quiet", "paused = true"));
    tidings.run(&["poll", "a"]).ok();
    let ran = tidings.run(&["backfill", "never", "quiet", "a"]);
    ran.code(1)
        .stdout_has("failed    never  not polled with success yet")
        .stdout_has("skipped   quiet  paused")
        .stdout_has("a: 1 page, 1 article new");
    assert_eq!(site.requests("/never").len(), 0);
    tidings
        .run(&["backfill", "nobody"])
        .code(2)
        .stderr_has("no feed is called");
}

#[test]
fn a_run_beside_another_one_of_the_same_feed_takes_over_or_stops_and_nothing_is_stored_twice() {
    let site = Site::start();
    let tidings = polled(&site, linked("next", "/2", &["c"]));
    site.serve("/2", Reply::hold());
    site.serve("/3", Reply::feed(rss(&["a"])));
    let first = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/2", 1);
    let second = tidings.spawn(&["backfill", "mine"]);
    site.wait_for_requests("/2", 2);
    site.serve("/2", Reply::feed(linked("next", "/3", &["b"])));
    first
        .wait()
        .code(1)
        .stdout_has("another tidings fetches its older entries");
    second.wait().ok().stdout_has("2 pages, 2 articles new");
    assert_eq!(titles(&tidings), ["a", "b", "c"]);
}
