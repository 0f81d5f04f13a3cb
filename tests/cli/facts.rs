//! What a feed says of itself and what is wrong with it, as `feed show` and `poll -v` tell it.

use crate::util::{Reply, Site, Tidings, channel, item};

#[test]
fn what_a_feed_says_of_itself_and_what_is_wrong_with_it_is_shown() {
    let head = "<language>en</language><generator>Press 7</generator><copyright>Ham & Eggs</copyright>\
        <link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"hub\" href=\"https://hub.example/\"/>\
        <link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"?page=2\"/>";
    let site = Site::start();
    let items = item("a", "a");
    site.serve("/f", Reply::feed(channel("F", &format!("{head}{items}"))));
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nid = \"mine\"\nurl = {:?}",
        site.url("/f")
    ));
    let polled = tidings.run(&["poll", "--all", "-v"]);
    polled.ok().stdout_has("  Wrong with the feed:\n    line ");
    let next = site.url("/f?page=2");
    let ran = tidings.run(&["feed", "show", "mine"]);
    ran.ok()
        .stdout_has("\n\nformat     RSS 2.0\nencoding   ")
        .stdout_has("\nlanguage   en\nabout      d\n")
        .stdout_has("generator  Press 7\nrights     Ham & Eggs\nhub        https://hub.example/\n")
        .stdout_has(&format!("next page  {next}\n"))
        .stdout_has("\nWrong with the feed:\n  line ");
    let feed = tidings.run(&["feed", "show", "mine", "--json"]).ok().json();
    assert_eq!(feed["format"], "RSS 2.0");
    let encoding = feed["encoding"].as_str().unwrap();
    assert!(encoding.eq_ignore_ascii_case("utf-8"), "{encoding}");
    assert_eq!(feed["next_url"], *next);
    assert_eq!(
        (&feed["prev_url"], &feed["image"]),
        (&().into(), &().into())
    );
    assert_eq!(feed["hubs"], serde_json::json!(["https://hub.example/"]));
    assert!(feed["repairs"][0].as_str().unwrap().starts_with("line "));
}

#[test]
fn exported_opml_calls_feeds_as_they_call_themselves() {
    let (_site, tidings) = super::polled();
    let shown = tidings
        .run(&["feed", "show", "small", "--json"])
        .ok()
        .json();
    let title = shown["title"].as_str().unwrap();
    tidings
        .run(&["feed", "export"])
        .ok()
        .stdout_has(&format!("title=\"{title}\""));
}
