//! HTML to text, rule by rule.

use super::{
    sanitize_tests::random_markup,
    select::Selectors,
    text::{self, line},
};
use crate::model::{Cleanup, Markup, MarkupKind, RuleGroup};

fn body(text: &str) -> String {
    text::body(
        &Markup {
            text: text.to_owned(),
            kind: MarkupKind::Html,
        },
        usize::MAX,
        &Cleanup::default(),
        None,
    )
}

fn title(text: &str) -> String {
    line(&Markup {
        text: text.to_owned(),
        kind: MarkupKind::Html,
    })
}

#[test]
fn block_elements_end_a_line_and_inline_elements_join() {
    assert_eq!(body("a<p>b<div>c</div>d</p>e"), "a\nb\nc\nd\ne");
    assert_eq!(
        body("H<sub>2</sub>O <b>is</b><i> wet</i> ."),
        "H2O is wet ."
    );
    assert_eq!(
        body("<unknown>a</unknown>b<br>c<hr/>d<br/><br/>e"),
        "ab\nc\nd\ne"
    );
}

#[test]
fn white_space_collapses_as_in_a_browser_and_blank_lines_vanish() {
    assert_eq!(body(" \n a \t b\r\n\u{c}c <b> d</b> "), "a b c d");
    assert_eq!(
        body("<p>a&nbsp;b</p><p>&nbsp; \u{200b}</p><p> &nbsp;c&nbsp; </p>"),
        "a b\nc"
    );
    assert_eq!(body("\u{3000}\u{3000}中文\u{3000}字</p>"), "中文\u{3000}字");
    assert_eq!(body("<p>a\u{2028}b&#8233;c</p>"), "a\nb\nc");
    assert_eq!(body(""), "");
}

#[test]
fn control_characters_are_dropped_even_where_the_tokenizer_splits_them() {
    assert_eq!(body("a\u{0}b\u{1b}[1mc\u{7f}d\u{85}e&#x9b;"), "ab[1mcde›");
    assert_eq!(
        body("x <\u{85}y <é <€ <\u{1f600} <"),
        "x <y <é <€ <\u{1f600} <"
    );
}

#[test]
fn preformatted_text_keeps_its_lines_and_inner_blanks() {
    assert_eq!(
        body("a <pre>\nlet  x;\n\n  if <b>y</b>\t z \n</pre> b"),
        "a\nlet  x;\n  if y\t z\nb"
    );
}

#[test]
fn preformatted_lines_keep_their_indentation_and_lose_blank_ends() {
    assert_eq!(
        body("<pre><code>if a {\r\n\tb  \n   \n    c\n}</code></pre>d"),
        "if a {\n\tb\n    c\n}\nd"
    );
    assert_eq!(body("<p>a</p><pre>  b</pre><p> c</p>"), "a\n  b\nc");
}

#[test]
fn list_items_have_their_markers_and_empty_ones_none() {
    assert_eq!(
        body("x<ul><li>a<li><p>b</p><p>c</p></li><li> </li></ul>y"),
        "x\n- a\n- b\nc\ny"
    );
    assert_eq!(
        body("<ol start=3><li>a<li value=7>b<li>c<ul><li>d</ul><li>e</ol><li>f"),
        "3. a\n7. b\n8. c\n- d\n9. e\n- f"
    );
    assert_eq!(
        body("<ul><li><pre> a\n b</pre></ul><ol start=x><li><b>1</b></ol>"),
        "-  a\n b\n1. 1"
    );
}

#[test]
fn quotations_readings_and_captions_read_as_they_look() {
    assert_eq!(body("he said <q>yes</q>."), "he said “yes”.");
    assert_eq!(
        body("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</ruby>。"),
        "漢(kan)字(ji)。"
    );
    assert_eq!(
        body("<figure><img src=a alt=b><figcaption>c</figcaption></figure>x<sup>2</sup>"),
        "c\nx2"
    );
    assert_eq!(
        body("<details><summary>a</summary>b</details><blockquote>c</blockquote>d"),
        "a\nb\nc\nd"
    );
}

#[test]
fn hidden_elements_and_characters_without_width_are_left_out() {
    assert_eq!(body("a<span style='display: none'>x</span>b"), "ab");
    assert_eq!(
        body("a<div style=\"color:red;visibility:HIDDEN\">x<div>y</div></div>b"),
        "a\nb"
    );
    assert_eq!(
        body("in\u{ad}vis\u{200b}ible\u{feff} 👩\u{200d}🚀 می\u{200c}خواهم"),
        "invisible 👩\u{200d}🚀 می\u{200c}خواهم"
    );
}

/// The text with a feed's own cleanup, and what was told.
fn cleaned(html: &str, keep: &[RuleGroup], remove: &[&str]) -> (String, Vec<String>) {
    let cleanup = Cleanup {
        keep: keep.to_vec(),
        remove: remove.iter().map(|text| (*text).to_owned()).collect(),
    };
    let mut told = Vec::new();
    let selectors = Selectors::new(&cleanup.remove);
    let rest = selectors.without_chosen(html, Some(&mut told)).unwrap();
    let markup = Markup {
        text: rest.into_owned(),
        kind: MarkupKind::Html,
    };
    let text = text::body(&markup, usize::MAX, &cleanup, Some(&mut told));
    (text, told)
}

#[test]
fn a_feed_can_keep_a_group_and_the_telling_names_the_rule() {
    let html = "a<div class=sharedaddy>b</div><p hidden>c</p>";
    assert_eq!(
        cleaned(html, &[], &[]),
        (
            "a".to_owned(),
            vec![
                "<div> left out: Jetpack: share buttons and likes (rule share)".to_owned(),
                "<p> left out: hidden".to_owned()
            ]
        )
    );
    assert_eq!(cleaned(html, &[RuleGroup::Share], &[]).0, "a\nb");
}

#[test]
fn selectors_remove_what_they_choose_and_nothing_else() {
    let html =
        "<div class='a b'><p>1</p><section><p id=x data-k='v w-1'>2</p></section></div><p>3</p>";
    for (selector, text) in [
        ("p", ""),
        (".a", "3"),
        (".a.b p", "3"),
        (".a > p", "2\n3"),
        ("div p#x", "1\n3"),
        ("section > p, body", "1\n3"),
        ("[data-k]", "1\n3"),
        ("[data-k^=v]", "1\n3"),
        ("[data-k$='-1']", "1\n3"),
        ("[data-k*='v w']", "1\n3"),
        ("[data-k~=v]", "1\n3"),
        ("[data-k=v], [class|=a], .A, #X, p > p, div > #x", "1\n2\n3"),
        ("section *", "1\n3"),
    ] {
        assert_eq!(cleaned(html, &[], &[selector]).0, text, "{selector}");
    }
    let told = cleaned("<i class=x>y</i>", &[], &["b", ".x"]).1;
    assert_eq!(told, ["1 element left out: selector .x"]);
}

#[test]
fn selectors_see_through_end_tags_that_are_left_out() {
    let html = "<ul><li>1<li class=x>2<li>3</ul><p>4<p class=x>5<p>6";
    assert_eq!(
        cleaned(html, &[], &["li > li, p > p"]).0,
        "- 1\n- 2\n- 3\n4\n5\n6"
    );
    assert_eq!(cleaned("<b class=x>1<br>2</b>3", &[], &[".x"]).0, "3");
}

#[test]
fn table_rows_are_lines_and_cells_are_separated_by_a_tab() {
    let table =
        "x<table><tr><th>A<th>B</tr><tr><td><p>1</p></td> <td><p>2</p><p>3</p></td></tr></table>y";
    assert_eq!(body(table), "x\nA\tB\n1\t2\n3\ny");
    assert_eq!(
        body("<tr><td></td><td>1</td><td></td></tr><tr><td>2</td></tr>"),
        "1\n2"
    );
    assert_eq!(
        body("<table><tr><td><table><tr><td>a</td></tr></table></td><td>b</td></tr></table>"),
        "a\nb"
    );
}

#[test]
fn what_is_not_text_to_read_is_left_out() {
    assert_eq!(
        body("a<script>if (a < b) '</p>'</script>b<style>p{}</style>c<!-- d -->"),
        "abc"
    );
    assert_eq!(
        body("<head><title>t</title><body>a<svg><g/><text>x</text></svg>b"),
        "ab"
    );
    assert_eq!(
        body("<iframe src=x>f</iframe><select><option>o</select>a<video><p>v</p></video>"),
        "a"
    );
    assert_eq!(
        body("a<div hidden>x<div>y</div>z</div><p hidden>x<p>b</p>"),
        "a\nb"
    );
}

#[test]
fn a_removed_widget_ends_at_its_own_end_tag() {
    let widget =
        "<p>a</p><div class='x sharedaddy'><div>1<br><img id=wpulike></div>2</div><p>b</p>";
    assert_eq!(body(widget), "a\nb");
    assert_eq!(body("<img class=sharedaddy>a"), "a");
}

#[test]
fn a_removed_item_ends_with_the_next_or_with_its_list() {
    assert_eq!(body("<ul><li hidden>x<ul><li>y</ul><li>a</ul>b"), "- a\nb");
    assert_eq!(body("<ul><li>a<li hidden>x</ul>b"), "- a\nb");
    assert_eq!(
        body("<table><tr><td hidden>x<table><tr><td>y</table><td>a<tr hidden><td>x</table>b"),
        "a\nb"
    );
    assert_eq!(body("<dl><dt hidden>x<dd>a</dl></ul>b"), "a\nb");
}

#[test]
fn an_element_closed_as_in_xhtml_does_not_swallow_the_rest() {
    assert_eq!(
        body("a<script src='x'/>b<iframe/>c<div class='sharedaddy'/>d"),
        "abc\nd"
    );
}

#[test]
fn entities_are_decoded_once() {
    assert_eq!(
        body("R&amp;D &lt;p&gt; &#8217;&eacute;&hellip; &amp;amp; AT&T"),
        "R&D <p> ’é… &amp; AT&T"
    );
}

#[test]
fn deep_nesting_is_rendered_in_linear_time() {
    let deep = "<div>".repeat(300_000) + "x" + &"</div>".repeat(300_000);
    assert_eq!(body(&deep), "x");
    assert_eq!(body(&("<svg>".repeat(300_000) + "x")), "");
}

#[test]
fn titles_lose_markup_but_not_text_that_looks_like_it() {
    for (raw, clean) in [
        ("A <b>bold</b><br/>move &amp; more", "A bold move & more"),
        ("if a < b && b > c", "if a < b && b > c"),
        ("Vec<T> and <video> & <b", "Vec<T> and <video> & <b"),
        (" tabs\tand\nlines\u{7} ", "tabs and lines"),
    ] {
        assert_eq!(title(raw), clean);
    }
    for (raw, clean) in [
        ("Q&amp;amp;A &amp;#8217;x&amp;#8217;", "Q&A ’x’"),
        ("&amp;lt;b&amp;gt; &amp;amp; more", "<b> & more"),
        ("How to write &amp;lt; in HTML", "How to write &lt; in HTML"),
        ("AT&T; R&D", "AT&T; R&D"),
    ] {
        assert_eq!(title(raw), clean);
    }
    let text = Markup {
        text: "<b>&amp;</b>\n".into(),
        kind: MarkupKind::Text,
    };
    assert_eq!(line(&text), "<b>&amp;</b>");
}

#[test]
fn plain_text_bodies_keep_their_characters_line_by_line() {
    let text = Markup {
        text: "a  <b>\n\n &amp; \r\nc".into(),
        kind: MarkupKind::Text,
    };
    assert_eq!(
        text::body(&text, usize::MAX, &Cleanup::default(), None),
        "a <b>\n&amp;\nc"
    );
}

#[test]
fn whatever_the_markup_no_line_is_blank_or_ends_in_a_blank() {
    for seed in 0..5_000 {
        let html = random_markup(seed);
        let (text, _) = cleaned(&html, &[], &["td > p, ul li li, [alt]"]);
        let is_bad = |line: &str| line.trim().is_empty() || line.trim_end() != line;
        assert!(
            text.is_empty() || !text.split('\n').any(is_bad),
            "seed {seed}: {html:?} -> {text:?}"
        );
    }
}

/// Run with `cargo test --release -- --ignored --nocapture rendering_speed`.
#[test]
#[ignore = "a measurement"]
fn rendering_speed() {
    let xml = include_str!("../../tests/fixtures/seed/gizchina_feed_widget.xml");
    let start = xml.find("<content:encoded><![CDATA[").unwrap();
    let article = &xml[start + 26..xml.rfind("]]></content").unwrap()];
    let begun = std::time::Instant::now();
    let rounds = 40_000;
    let bytes: usize = (0..rounds)
        .map(|_| std::hint::black_box(body(article)).len())
        .sum();
    let seconds = begun.elapsed().as_secs_f64();
    let rate = (rounds * article.len()) as f64 / seconds / 1e6;
    println!(
        "{rate:.0} MB/s of HTML, {:.1} µs an article, {bytes} out",
        seconds * 1e6 / f64::from(rounds as u32)
    );
}
