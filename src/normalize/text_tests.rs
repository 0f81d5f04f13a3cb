//! HTML to text, rule by rule.

use super::text::{self, line};
use crate::model::{Markup, MarkupKind};

fn body(text: &str) -> String {
    text::body(
        &Markup {
            text: text.to_owned(),
            kind: MarkupKind::Html,
        },
        usize::MAX,
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
        "a\u{a0}b\nc"
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
        "a\nlet  x;\nif y\t z\nb"
    );
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
    assert_eq!(text::body(&text, usize::MAX), "a <b>\n&amp;\nc");
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
