//! Documents that are broken or mean harm.

use super::Round;
use crate::util::{Reply, channel, item, rss};

#[test]
fn a_web_page_is_told_from_a_feed() {
    let page =
        Reply::html("<!doctype html><html><head><title>Hello</title></head><body>x</body></html>");
    Round::with(page).fails_with("this is a web page, not a feed");
}

#[test]
fn an_empty_answer_is_called_empty() {
    Round::with(Reply::feed("")).fails_with("the document is empty");
}

#[test]
fn text_that_is_no_feed_is_told() {
    Round::with(Reply::feed("Service temporarily offline")).fails_with("not a feed");
    Round::with(Reply::feed("<svg xmlns='http://www.w3.org/2000/svg'/>")).fails_with("<svg>");
    Round::with(Reply::feed("{\"error\": true}")).fails_with("JSON");
}

#[test]
fn documents_on_which_feed_rs_panics_are_read() {
    let author = "<item><title>T</title><author>山田（yamada@example.com）</author></item>";
    let round = Round::with(Reply::feed(channel("Feed", author)));
    round.poll().ok().stdout_has("Articles: 2 new");
    let export = round.tidings.run(&["export", "--feed", "bad"]);
    export.ok().stdout_has("Author: **山田**");
    let duration = "<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><item>\
        <title>T</title><itunes:duration>99999999999999999999</itunes:duration></item></channel></rss>";
    let ran = Round::with(Reply::feed(duration)).poll();
    ran.ok().stdout_has("Articles: 2 new");
}

#[test]
fn twenty_thousand_items_are_cut_and_empty_ones_left_out() {
    let round = Round::with(Reply::feed(channel("Feed", &"<item/>".repeat(20_000))));
    round.poll().ok().stdout_has("0 entries: 0 new");
    let items: String = (0..12_000)
        .map(|n| format!("<item><guid>{n}</guid><title>{n}</title></item>"))
        .collect();
    let round = Round::new(Reply::feed(channel("Feed", &items)), "");
    let ran = round.poll();
    ran.ok().stdout_has("10000 entries: 10000 new");
}

#[test]
fn deep_nesting_neither_crashes_nor_stalls() {
    let deep =
        |open: &str, close: &str| format!("{}x{}", open.repeat(50_000), close.repeat(50_000));
    let html = deep("&lt;div&gt;", "&lt;/div&gt;");
    let inside =
        format!("<item><title>T</title><guid>1</guid><description>{html}</description></item>");
    let ran = Round::with(Reply::feed(channel("Feed", &inside))).poll();
    ran.ok().stdout_has("Articles: 2 new");
    let xml = deep("<a>", "</a>");
    let around = format!("<item><title>T</title><guid>1</guid>{xml}</item>");
    let ran = Round::with(Reply::feed(channel("Feed", &around))).poll();
    assert!(ran.line_with(" bad ").len() < 300, "{ran}");
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}",
        "[".repeat(100_000)
    );
    Round::with(Reply::feed(json)).fails_with("broken JSON");
}

#[test]
fn two_documents_glued_together_are_read_or_refused_without_a_crash() {
    let second = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let ran = Round::with(Reply::feed(rss(&["x"]) + second)).poll();
    ran.ok().stdout_has("Articles: 2 new");
    let ran = Round::with(Reply::feed(format!(
        "{}{second}{}",
        rss(&["x"]),
        rss(&["y"])
    )))
    .poll();
    assert!(ran.line_with(" bad ").len() < 300, "{ran}");
}

#[test]
fn entities_are_neither_opened_nor_multiplied() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">\
        <!ENTITY f SYSTEM \"file:///etc/passwd\">]><rss version=\"2.0\"><channel><title>&b;</title>\
        <item><title>T &f;</title><guid>1</guid><description>&b;&b;</description></item></channel></rss>";
    let round = Round::with(Reply::feed(bomb));
    round.poll();
    round
        .tidings
        .run(&["export"])
        .ok()
        .stdout_lacks("lollol")
        .stdout_lacks("root:");
}

#[test]
fn one_bad_entry_never_loses_the_others() {
    let odd = "<item/><item><title>\u{1}</title></item><item><link>javascript:alert(1)</link><title>J</title></item>\
        <item><title>D</title><guid>d</guid><pubDate>the day after tomorrow</pubDate></item>";
    let round = Round::with(Reply::feed(channel(
        "Feed",
        &(odd.to_owned() + &item("x", "x")),
    )));
    round.poll().ok();
    let export = round.tidings.run(&["export", "--format", "jsonl"]);
    export
        .ok()
        .stdout_has("Title x")
        .stdout_has("\"D\"")
        .stdout_lacks("javascript:");
}

#[test]
fn masses_of_attributes_namespaces_and_items_end_in_one_line() {
    let many =
        |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let attributes = many(100_000, &|n| format!(" a{n}='x'"));
    let spaces = many(1_000, &|n| format!(" xmlns:n{n}='urn:{n}'"));
    for around in [attributes, spaces] {
        let item = format!("<item{around}><title>T</title><guid>1</guid></item>");
        let ran = Round::with(Reply::feed(channel("Feed", &item))).poll();
        ran.ok().stdout_has("Articles: 2 new");
    }
    let items = "{\"id\":1},".repeat(1_000_000);
    let json =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{items}{{}}]}}");
    Round::with(Reply::feed(json)).fails_with("more than 10000 entries");
    let round = Round::with(Reply::feed(channel("Feed", &"<item/>".repeat(2_000_000))));
    round.poll().ok().stdout_has("0 entries: 0 new");
}
