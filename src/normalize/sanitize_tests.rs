//! What is shown of hostile and of ordinary markup.

use std::time::{Duration, Instant};

use super::sanitize;
use crate::model::{Cleanup, RuleGroup};

fn safe(html: &str) -> String {
    sanitize(html, Some("https://a.example/b/c"), &Cleanup::default())
}

#[test]
fn nothing_that_runs_is_left_and_the_text_is() {
    for attack in [
        "<script>alert(1)</script>text",
        "<SCRIPT/XSS SRC='//x/x.js'></SCRIPT>text",
        "<p onclick=alert(1) onMouseOver='alert(1)'>text</p>",
        "<a href='javascript:alert(1)'>text</a>",
        "<a href=' \u{1}java\tscript:alert(1)'>text</a>",
        "<a href='&#106;avascript&colon;alert(1)'>text</a>",
        "<a href=\"jav&#x0A;ascript:alert(1)\">text</a>",
        "<a href='vbscript:x'>text</a><a href='data:text/html,<script>alert(1)</script>'></a>",
        "<img src=x onerror=alert(1)>text",
        "<img src='javascript:alert(1)'>text",
        "<img src=\"x\" title='\"><script>alert(1)</script>'>text",
        "<svg><script>alert(1)</script></svg><svg onload=alert(1)>x</svg>text",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>text",
        "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\"></svg>text",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>text",
        "<style>@import 'javascript:alert(1)';</style><p style='background:url(javascript:alert(1))'>text</p>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>text",
        "<base href='javascript:alert(1)//'>text<link rel=stylesheet href=javascript:alert(1)>",
        "<form action=javascript:alert(1)><input onfocus=alert(1) autofocus><button formaction=javascript:alert(1)>x</button>text</form>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>text",
        "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>text",
        "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)></audio>text",
        "<template><script>alert(1)</script></template>text",
        "<textarea><script>alert(1)</script></textarea><title><script>alert(1)</script></title>text",
        "<xmp><script>alert(1)</script></xmp>text",
        "<plaintext>text",
        "<![CDATA[<script>alert(1)</script>]]>text",
        "<!--><img src=x onerror=alert(1)>-->text",
        "<a xlink:href=javascript:alert(1)>text</a>",
        "<details open ontoggle=alert(1)>text</details>",
        "<div><a href=https://x/ onclick=alert(1) target=_blank style=x class=y id=z>text</a></div>",
    ] {
        let shown = safe(attack);
        let lower = shown.to_lowercase();
        assert!(shown.contains("text"), "{attack} -> {shown}");
        // Escaped text may look like an attack and is none.
        let tags: String = lower
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split_once('>'))
            .map(|(tag, _)| tag)
            .collect::<Vec<_>>()
            .join("\n");
        for bad in [
            "script", "onerror", "onclick", "onload", "onfocus", "ontoggle", "style", "svg",
            "math", "iframe", "object", "embed", "form", "input", "button", "base", "meta", "link",
            "data:", "class", "target",
        ] {
            let is_value = tags.contains(&format!("title=\"&quot;&gt;&lt;{bad}"));
            assert!(!tags.contains(bad) || is_value, "{attack} -> {shown}");
        }
    }
}

#[test]
fn ordinary_markup_is_kept_and_its_links_are_absolute() {
    assert_eq!(
        safe(
            "<p>a <b>b</b> <a href='d?x=1&amp;y'>c</a><br/><img src=/i.png alt='x \"y\"' width=20></p>"
        ),
        "<p>a <b>b</b> <a href=\"https://a.example/b/d?x=1&amp;y\" \
         rel=\"noopener noreferrer nofollow\">c</a><br><img src=\"https://a.example/i.png\" \
         alt=\"x &quot;y&quot;\" width=\"20\"></p>"
    );
    assert_eq!(
        safe("<ul><li>a<li>b</ul><table><tr><td>1<td>2<tr><th colspan=2>3</table>"),
        "<ul><li>a</li><li>b</li></ul><table><tbody><tr><td>1</td><td>2</td></tr><tr>\
         <th colspan=\"2\">3</th></tr></tbody></table>"
    );
    assert_eq!(
        safe("<section><h2>a</h2>b<pre>  c\n d</pre></section><p>e<p>f"),
        "<div><h2>a</h2>b<pre>  c\n d</pre></div><p>e</p><p>f</p>"
    );
    assert_eq!(
        safe("1 < 2 &amp;&lt;b&gt; &#8217;"),
        "1 &lt; 2 &amp;&lt;b&gt; ’"
    );
    assert_eq!(
        sanitize(
            "<a href=x>y</a><a href=mailto:a@b.c>z</a>",
            None,
            &Cleanup::default()
        ),
        "<a rel=\"noopener noreferrer nofollow\">y</a>\
         <a href=\"mailto:a@b.c\" rel=\"noopener noreferrer nofollow\">z</a>"
    );
}

#[test]
fn pictures_that_count_readers_go_and_late_ones_get_their_address() {
    for dot in [
        "<img src=/a.gif width=1 height=1>",
        "<img src='https://pixel.wp.com/b.gif?x'>",
        "<img src=/a.gif style='display:none'>",
        "<img src=/a.gif height='0'>",
        "<img alt=x>",
        "<img src='data:image/gif;base64,AA'>",
    ] {
        assert_eq!(safe(dot), "", "{dot}");
    }
    assert_eq!(
        safe("<img src='data:image/gif;base64,AA' data-src=/real.png>"),
        "<img src=\"https://a.example/real.png\">"
    );
}

#[test]
fn closing_lines_go_here_too() {
    let tail = "<p>The post <a href='x'>A</a> appeared first on <a href='y'>B</a>.</p>";
    assert_eq!(safe(&format!("<p>Text</p>\n{tail}\n")), "<p>Text</p>");
    assert_eq!(
        safe("<p>Text</p><p>The post office</p>"),
        "<p>Text</p><p>The post office</p>"
    );
}

#[test]
fn as_many_closing_lines_go_as_from_the_text() {
    let tails = "<p>Read more</p>".repeat(4);
    assert_eq!(
        safe(&format!("<p>Text</p>{tails}")),
        "<p>Text</p><p>Read more</p>"
    );
}

#[test]
fn removal_rules_hold_here_too() {
    let html = "a<div class=sharedaddy><p>b</p></div><aside class=x>c</aside>d";
    assert_eq!(safe(html), "a<div>c</div>d");
    let cleanup = Cleanup {
        keep: vec![RuleGroup::Share],
        remove: vec![".x".to_owned()],
    };
    assert_eq!(sanitize(html, None, &cleanup), "a<div><p>b</p></div>d");
}

#[test]
fn text_in_a_table_stays_where_it_stands() {
    assert_eq!(
        safe("<table>a<tr>b<td>c</table><td>d</td>"),
        "<table><tbody><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr></tbody></table>d"
    );
}

/// Markup that no person writes: pieces in a random order that is the same every time.
pub(super) fn random_markup(seed: u64) -> String {
    const PIECES: &str = "<p>¦</p>¦<b>¦</b>¦<a href=x>¦</a>¦<table>¦</table>¦<tr>¦<td>¦</td>¦<caption>¦\
        <li>¦<ul>¦</ul>¦<svg>¦</svg>¦<math>¦<mtext>¦<style>¦</style>¦<title>¦</title>¦\
        <textarea>¦</textarea>¦<select>¦<option>¦<noscript>¦</noscript>¦<script>¦\
        </script>¦<!--¦-->¦<![CDATA[¦]]>¦<img src=x onerror=alert(1)>¦<img alt='¦'¦\"¦>¦\
        <¦&lt;¦&amp¦\u{0}¦<h1>¦<dd>¦<dt>¦<pre>\n¦</pre>¦<form>¦<template>¦<ruby><rt>¦\
        <br/>¦<div/>¦text¦ ¦<q>¦<i lang=en>¦</i>¦<hr>¦<tbody>¦<th>¦<details><summary>¦é¦\
        </table¦<plaintext>¦<xmp>¦</xmp>¦<frameset>";
    let pieces: Vec<&str> = PIECES.split('¦').collect();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let count = next() % 60;
    (0..count)
        .map(|_| pieces[usize::try_from(next() % pieces.len() as u64).unwrap()])
        .collect()
}

#[test]
fn what_is_shown_means_the_same_when_it_is_read_again() {
    // Attacks by mutation need a result that a browser reads differently.
    for seed in 0..5_000 {
        let html = random_markup(seed);
        let shown = safe(&html);
        assert_eq!(safe(&shown), shown, "seed {seed}: {html:?}");
        // Without values, which are always quoted.
        let tags = shown.split('<').filter_map(|tag| tag.split_once('>'));
        let mut bare = tags.map(|(tag, _)| tag.split('"').step_by(2).collect::<String>());
        assert!(
            bare.all(|tag| !tag.contains("onerror") && !tag.contains("script")),
            "seed {seed}: {html:?} -> {shown}"
        );
    }
}

/// Inputs that make HTML parsers slow; of full size in release builds alone.
fn hostile() -> Vec<(&'static str, String)> {
    let less = if cfg!(debug_assertions) { 16 } else { 1 };
    let mb2 = |piece: &str| piece.repeat((2 << 20) / piece.len() / less);
    let formatting: String = (0..40_000 / less)
        .map(|n| format!("<b title={n}><p>x"))
        .collect();
    let nested_links: String = (0..60_000 / less)
        .map(|n| format!("<a href={n}><i lang=a{n}>"))
        .collect();
    vec![
        ("div, 100,000 deep", "<div>".repeat(100_000 / less) + "text"),
        (
            "table, 100,000 deep",
            "<table><tr><td>".repeat(100_000 / less) + "text",
        ),
        ("table in text", mb2("<table>x<b>")),
        ("2 MiB of <b>", mb2("<b>")),
        ("2 MiB of <a><b><i>", mb2("<a><b><i>")),
        ("2 MiB of <a><b></a></b>", mb2("<a><b></a></b>")),
        ("2 MiB of <b><p></b>", mb2("<b><p></b>x")),
        ("formatting with attributes", formatting),
        ("links in links", nested_links),
        (
            "a tag of 2 MiB",
            format!("<p {}>text", "a=b ".repeat(500_000 / less)),
        ),
        ("a value of 2 MiB", format!("<p title='{}'>text", mb2("x"))),
        ("end tags", mb2("</p>") + "text"),
        ("list items", mb2("<li>") + "text"),
        ("short links", mb2("<a href=x>y")),
        ("entities", mb2("&lt;")),
        ("brackets", mb2("<")),
        ("selects and svg", mb2("<select><svg><option>")),
        ("ruby", mb2("<ruby>a<rt>b")),
        ("comments", mb2("<!--x")),
    ]
}

#[test]
fn no_input_takes_long() {
    // Tells a hang from a slow machine, and no more: the square of anything is far beyond it.
    let most = Duration::from_secs(20);
    for (what, html) in hostile() {
        let begun = Instant::now();
        let shown = safe(&html);
        let took = begun.elapsed();
        println!(
            "{what}: {took:?}, {} bytes from {}",
            shown.len(),
            html.len()
        );
        assert!(took < most, "{what}: {took:?}");
    }
}

/// Run with `cargo test --release -- --ignored --nocapture sanitizing_speed`.
#[test]
#[ignore = "a measurement"]
fn sanitizing_speed() {
    let xml = include_str!("../../tests/fixtures/seed/gizchina_feed_widget.xml");
    let start = xml.find("<content:encoded><![CDATA[").unwrap();
    let article = &xml[start + 26..xml.rfind("]]></content").unwrap()];
    let begun = Instant::now();
    let rounds = 4_000;
    let bytes: usize = (0..rounds)
        .map(|_| std::hint::black_box(safe(article)).len())
        .sum();
    let seconds = begun.elapsed().as_secs_f64();
    let rate = (rounds * article.len()) as f64 / seconds / 1e6;
    println!("{rate:.0} MB/s of HTML, {bytes} out");
}
