//! What a feed keeps of its bodies and what else it removes: from its file to its articles.

use crate::util::{Reply, Site, Tidings};

#[test]
fn what_is_removed_from_bodies_can_be_edited_and_holds_from_the_next_poll() {
    let site = Site::start();
    let body = "&lt;p&gt;text&lt;/p&gt;&lt;p class='promo'&gt;buy&lt;/p&gt;\
                &lt;div class='sharedaddy'&gt;share&lt;/div&gt;";
    let xml = format!(
        "<rss version='2.0'><channel><title>t</title><item><guid>1</guid>\
         <description>{body}</description></item></channel></rss>"
    );
    site.serve("/feed", Reply::feed(xml).etag("\"1\""));
    let tidings = Tidings::new().feed_toml(&format!(
        "[[feed]]\nid = \"f\"\nurl = {:?}\n",
        site.url("/feed")
    ));
    tidings.run(&["poll", "--all"]).ok();
    assert_eq!(tidings.exported()[0]["body"], "text\nbuy");
    let edit = [
        "feed",
        "edit",
        "f",
        "--keep",
        "share, toc",
        "--remove",
        "p.promo, .x",
    ];
    tidings.run(&edit).ok();
    let file = tidings.read("feeds.toml");
    assert!(
        file.contains("keep = [\"share\", \"toc\"]") && file.contains("remove = [\"p.promo, .x\"]"),
        "{file}"
    );
    // The document has not changed, and is asked for and read again all the same; once.
    tidings.run(&["poll", "--all", "--force"]).ok();
    assert_eq!(tidings.exported()[0]["body"], "text\nshare");
    tidings.run(&["poll", "--all", "--force"]).ok();
    let asked: Vec<bool> = site
        .requests("/feed")
        .iter()
        .map(|request| request.header("if-none-match").is_some())
        .collect();
    assert_eq!(asked, [false, false, true]);
    tidings
        .run(&["feed", "edit", "f", "--remove", "p:hoover"])
        .code(2)
        .complains_once("unsupported pseudo class or element");
    tidings
        .run(&["feed", "edit", "f", "--keep", "tco"])
        .code(2)
        .complains_once("did you mean `toc`?");
    assert_eq!(tidings.read("feeds.toml"), file);
    tidings.run(&["feed", "show", "f"]).ok().stdout_has(
        "\ninterval   1h (the default)\nkeep       share, toc\nremove     p.promo, .x\n",
    );
    let repeated = [
        "--keep", "toc", "--keep", "ads", "--remove", ".a, .b", "--remove", "#c",
    ];
    let repeated = [&["feed", "edit", "f", "--interval", "2h"], &repeated[..]].concat();
    tidings.run(&repeated).ok();
    tidings
        .run(&["feed", "show", "f"])
        .ok()
        .stdout_has("interval   2h\n")
        .stdout_has("remove     .a, .b\nremove     #c\n");
    let feed = tidings.run(&["feed", "show", "f", "--json"]).ok().json();
    assert_eq!(feed["interval_seconds"], 7200);
    assert_eq!(feed["keep"], serde_json::json!(["toc", "ads"]));
    assert_eq!(feed["remove"], serde_json::json!([".a, .b", "#c"]));
    tidings
        .run(&["feed", "edit", "f", "--keep", "", "--remove", ""])
        .ok();
    assert!(!tidings.read("feeds.toml").contains("keep"));
}
