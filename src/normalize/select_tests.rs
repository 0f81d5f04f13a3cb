//! Selectors: what of CSS works, and what no body may cost.

use std::{
    borrow::Cow,
    time::{Duration, Instant},
};

use super::{
    sanitize_tests::random_markup,
    select::{Selectors, Unfit},
};

/// Ten, of every kind.
const MANY: [&str; 10] = [
    ".a .b .c",
    "div > div > p",
    "p ~ p.x",
    "p + p.y",
    "div:has(> .z)",
    "p:not(.a):not(.b) span",
    "p:nth-child(7n + 6).q",
    "p:nth-last-child(3).q",
    "p:last-of-type.q",
    ":is(div, section) :where(p, b)[title*=ad]",
];

fn texts(selectors: &[&str]) -> Vec<String> {
    selectors.iter().map(|text| (*text).to_owned()).collect()
}

fn rest(html: &str, selector: &str) -> String {
    let texts = texts(&[selector]);
    let rest = Selectors::new(&texts).without_chosen(html, None);
    rest.unwrap().into_owned()
}

#[test]
fn siblings_positions_and_content_can_be_chosen() {
    let html = "<h2>a</h2><p>b</p><p class=x>c<b>d</b></p><ul><li>e<li>f<li>g</ul>";
    for (selector, without) in [
        ("h2 + p", "<p>b</p>"),
        ("h2 ~ p", "<p>b</p><p class=\"x\">c<b>d</b></p>"),
        ("p:has(> b)", "<p class=\"x\">c<b>d</b></p>"),
        ("p:not(.x)", "<p>b</p>"),
        ("p:contains(\"d\")", "<p class=\"x\">c<b>d</b></p>"),
        ("li:nth-child(2)", "<li>f</li>"),
        ("li:nth-last-child(2)", "<li>f</li>"),
        ("li:last-child", "<li>g</li>"),
        (":is(h2, ul) > :first-child", "<li>e</li>"),
        ("h2:first-child", "<h2>a</h2>"),
    ] {
        let whole = "<h2>a</h2><p>b</p><p class=\"x\">c<b>d</b></p>\
                     <ul><li>e</li><li>f</li><li>g</li></ul>";
        assert_eq!(
            rest(html, selector),
            whole.replace(without, ""),
            "{selector}"
        );
    }
}

#[test]
fn the_body_itself_is_never_chosen_and_stays_as_it_is_without_a_choice() {
    assert_eq!(rest("a<p>b</p>", ":not(p)"), "a<p>b</p>");
    assert_eq!(rest("a<p>b</p>", ":root, html, *:has(p)"), "a<p>b</p>");
    assert_eq!(rest("a<p>b", "i"), "a<p>b");
    assert_eq!(
        rest("<form><form class=x>a</form></form>b<svg>", "form"),
        "b"
    );
    assert_eq!(
        rest("<ad-box>a</ad-box><aside>b</aside>", "ad-box"),
        "<aside>b</aside>"
    );
}

#[test]
fn each_selector_tells_how_much_it_removed() {
    let texts = texts(&["b", ".x", "i"]);
    let mut told = Vec::new();
    let html = "<p hidden>a</p><i class=x>b</i><i>c</i><i>d</i>";
    let selectors = Selectors::new(&texts);
    assert_eq!(
        selectors.without_chosen(html, Some(&mut told)),
        Ok(Cow::Borrowed(""))
    );
    assert_eq!(
        told,
        [
            "<p> left out: hidden",
            "1 element left out: selector .x",
            "2 elements left out: selector i"
        ]
    );
}

#[test]
fn a_body_beyond_the_bounds_is_left_as_it_is() {
    let texts = texts(&[".a", "p ~ p"]);
    let selectors = Selectors::new(&texts);
    let unfit = |html: &str| selectors.without_chosen(html, None).unwrap_err();
    assert_eq!(unfit(&"<div>".repeat(400_000)), Unfit::Depth);
    assert_eq!(unfit(&"x".repeat((2 << 20) + 1)), Unfit::Size);
    assert_eq!(unfit(&"<p>".repeat(50_000)), Unfit::Work);
}

/// Bodies that cost a naive reader the square of their size, or more.
fn hostile() -> Vec<(&'static str, String)> {
    let much = |piece: &str| piece.repeat((2_000 << 10) / piece.len());
    let numbered =
        |make: &dyn Fn(usize) -> String, count: usize| -> String { (0..count).map(make).collect() };
    let formats = numbered(&|at| format!("<b id=a{at}>"), 60);
    let deep = "<div class=a>".repeat(100) + &"<p class=b>x</p>".repeat(100_000);
    vec![
        ("nested div", much("<div>")),
        ("nested b, p", much("<p><b>")),
        (
            "balanced nests",
            much("<div><div><div><div></div></div></div></div>"),
        ),
        ("100,000 p", "<p class=q>x</p>".repeat(100_000)),
        ("4,000 p", "<p class=q>x</p>".repeat(4_000)),
        ("100,000 p, deep", deep),
        ("text in tables", much("<table>x<b>")),
        ("formats", formats.clone() + &much("<dialog>x</dialog>")),
        ("formats, p", formats + &much("<p>x")),
        (
            "attributes",
            "<p".to_owned() + &numbered(&|at| format!(" a{at}"), 200_000),
        ),
        (
            "numbered formats",
            numbered(&|at| format!("<p><font id={at}>x"), 80_000),
        ),
        ("markers", much("<b><table><td></b></table>")),
        ("rows", much("<table><tr><td>x</table>")),
        ("links", much("<a href=x>y")),
        ("quotes", much("\"")),
        ("text", "<i>".to_owned() + &"<p>x</p>".repeat(20_000)),
    ]
}

#[test]
#[cfg_attr(debug_assertions, ignore = "a measurement, for release builds")]
fn hostile_bodies_end_soon() {
    let slow = [
        ":contains('zz') *",
        ".q ~ *",
        "*:not(.x ~ *)",
        "*:not(.x *) .y",
    ];
    let texts = texts(&[MANY.as_slice(), slow.as_slice()].concat());
    let (many, slow) = texts.split_at(MANY.len());
    let no_siblings: Vec<String> = many
        .iter()
        .filter(|text| !text.contains('~') && !text.contains("of-type"))
        .cloned()
        .collect();
    let kinds = [many, &no_siblings, slow].map(Selectors::new);
    let most = Duration::from_secs(2);
    for (name, html) in hostile() {
        for selectors in &kinds {
            let start = Instant::now();
            let rest = selectors.without_chosen(&html, None);
            let took = start.elapsed();
            let rest = rest.map(|rest| rest.len());
            println!("{name}: {took:?}, {rest:?}");
            assert!(took < most, "{name}: {took:?}");
        }
    }
}

#[test]
fn random_markup_never_stops_a_selector() {
    let texts = texts(&MANY);
    let selectors = Selectors::new(&texts);
    for seed in 0..2_000 {
        let html = random_markup(seed);
        let Ok(once) = selectors.without_chosen(&html, None) else {
            continue;
        };
        assert!(once.len() < 100 * (html.len() + 100), "{html}");
    }
}
