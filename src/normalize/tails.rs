//! Lines that publishing software puts at the end of feed entries, as data.
//!
//! Only last lines are looked at, and only wordings that software writes by itself. A mark such as
//! "[…]" stays: it tells a teaser from a whole text.

use crate::model::{Cleanup, RuleGroup};

/// A line is a tail if these come in it in this order, the first at its beginning and the last at
/// its end (an empty text is anywhere), and what a reader should know of the rule.
struct Tail {
    group: RuleGroup,
    parts: &'static [&'static str],
    what: &'static str,
}

/// "The post X appeared first on Y", in the wording of one translation.
const fn first_on(parts: &'static [&'static str]) -> Tail {
    Tail {
        group: RuleGroup::Tails,
        parts,
        what: "WordPress: where it appeared first",
    }
}

/// A link to the whole article, in the wording of one theme.
const fn more(parts: &'static [&'static str]) -> Tail {
    Tail {
        group: RuleGroup::More,
        parts,
        what: "link to the whole article",
    }
}

const TAILS: &[Tail] = &[
    first_on(&["The post ", " appeared first on ", "."]),
    first_on(&["The post ", " first appeared on ", "."]),
    first_on(&["This article ", " appeared first on ", "."]),
    first_on(&["Der Beitrag ", " erschien zuerst auf ", "."]),
    first_on(&["L’article ", " est apparu en premier sur ", "."]),
    first_on(&["L'article ", " est apparu en premier sur ", "."]),
    first_on(&["Cet article ", " est apparu en premier sur ", "."]),
    first_on(&["La entrada ", " se publicó primero en ", "."]),
    first_on(&["La entrada ", " aparece primero en ", "."]),
    first_on(&["La entrada ", " apareció primero en ", "."]),
    first_on(&["El cargo ", " apareció primero en ", "."]),
    first_on(&["L'articolo ", " proviene da ", "."]),
    first_on(&["L’articolo ", " proviene da ", "."]),
    first_on(&["L'articolo ", " sembra essere il primo su ", "."]),
    first_on(&["L’articolo ", " sembra essere il primo su ", "."]),
    first_on(&["O post ", " apareceu primeiro em ", "."]),
    first_on(&["O conteúdo ", " aparece primeiro em ", "."]),
    first_on(&["O conteúdo ", " apareceu primeiro em ", "."]),
    first_on(&["A publicação ", " apareceu primeiro em ", "."]),
    first_on(&["O artigo ", " aparece primeiro em ", "."]),
    first_on(&["L'entrada ", " ha aparegut primer a ", "."]),
    first_on(&["Het bericht ", " verscheen eerst op ", "."]),
    first_on(&["Inlägget ", " dök först upp på ", "."]),
    first_on(&["Indlægget ", " blev først udgivet på ", "."]),
    first_on(&["Indlægget ", " dukkede først op på ", "."]),
    first_on(&["Innlegget ", " dukket først opp på ", "."]),
    first_on(&["Artikkeli ", " julkaistiin ensimmäisen kerran ", "."]),
    first_on(&["Artikkeli ", " ilmestyi ensin ", "."]),
    first_on(&["Artykuł ", " pochodzi z serwisu ", "."]),
    first_on(&["Post ", " pojawił się poraz pierwszy w ", "."]),
    first_on(&["Příspěvek ", " se nejdříve objevil na ", "."]),
    first_on(&["Příspěvek ", " pochází z ", "."]),
    first_on(&["Articolul ", " apare prima dată în ", "."]),
    first_on(&["Запись ", " впервые появилась ", "."]),
    first_on(&["Сообщение ", " появились сначала на ", "."]),
    first_on(&["Запис ", " спершу з'явиться на ", "."]),
    first_on(&["Публикацията ", " се появи първо на ", "."]),
    first_on(&["Το άρθρο ", " εμφανίστηκε πρώτα στο ", "."]),
    first_on(&["", " yazısı ilk önce ", " üzerinde ortaya çıktı."]),
    first_on(&["Bài viết ", " đã xuất hiện đầu tiên vào ngày ", "."]),
    first_on(&["הפוסט ", " הופיע לראשונה ב", "."]),
    first_on(&["ظهرت المقالة ", " أولاً على ", "."]),
    first_on(&["نوشته ", " اولین بار در ", "."]),
    first_on(&["投稿 ", " は ", " に最初に表示されました。"]),
    first_on(&["", "最先出现在", "。"]),
    first_on(&["", " 게시물이 ", "에 처음 등장했습니다."]),
    // Themes and feed plugins; with an arrow after it or the article's title.
    more(&["Continue reading “", "”"]),
    more(&["Continue reading \"", "\""]),
    more(&["Continue reading ", "→"]),
    more(&["Continue reading ", "»"]),
    more(&["Read more »"]),
    more(&["Read more →"]),
    more(&["Read more…"]),
    more(&["Read more..."]),
    more(&["Read more"]),
    more(&["Read More"]),
    more(&["Read More »"]),
    more(&["Read More →"]),
    more(&["Continue reading"]),
    more(&["Continue reading…"]),
    more(&["Continue reading..."]),
    more(&["(Read more...)"]),
    more(&["Weiterlesen"]),
    more(&["Weiterlesen →"]),
    more(&["Weiterlesen »"]),
    more(&["Lire la suite"]),
    more(&["Lire la suite →"]),
    more(&["Lire la suite »"]),
    more(&["Leer más"]),
    more(&["Leer más »"]),
    more(&["Seguir leyendo"]),
    more(&["Leggi tutto"]),
    more(&["Leia mais"]),
    more(&["Lees meer"]),
    more(&["Читать далее"]),
    more(&["続きを読む"]),
    more(&["阅读全文"]),
    more(&["继续阅读"]),
    Tail {
        group: RuleGroup::Tails,
        parts: &["[link] [comments]"],
        what: "Reddit: links of a submission",
    },
    Tail {
        group: RuleGroup::Tails,
        parts: &["submitted by ", "/u/", "[link] [comments]"],
        what: "Reddit: links of a submission",
    },
    // Below the body, once its links are gone; the name is the author's.
    Tail {
        group: RuleGroup::Tails,
        parts: &["submitted by /u/", ""],
        what: "Reddit: who submitted it",
    },
];

/// Most lines that are taken off.
pub(super) const MOST: usize = 3;

/// The body without the lines that its software put below it; `removed` takes each.
pub(super) fn without_tails(
    mut body: String,
    cleanup: &Cleanup,
    mut removed: Option<&mut Vec<String>>,
) -> String {
    for _ in 0..MOST {
        let last = body.rfind('\n').map_or(0, |at| at + 1);
        let line = &body[last..];
        let found = TAILS
            .iter()
            .find(|tail| is_tail(line, tail.parts) && cleanup.applies(tail.group));
        let Some(tail) = found else { break };
        if let Some(told) = removed.as_mut() {
            let group = tail.group.as_str();
            told.push(format!(
                "last line \"{line}\" left out: {} (rule {group})",
                tail.what
            ));
        }
        body.truncate(last.saturating_sub(1));
    }
    body
}

fn is_tail(line: &str, parts: &[&str]) -> bool {
    let [first, others @ .., last] = parts else {
        return parts == [line];
    };
    let Some(mut rest) = line
        .strip_prefix(first)
        .and_then(|rest| rest.strip_suffix(last))
    else {
        return false;
    };
    others.iter().all(|part| {
        let found = rest.split_once(part);
        rest = found.map_or(rest, |(_, after)| after);
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(body: &str) -> String {
        without_tails(body.to_owned(), &Cleanup::default(), None)
    }

    #[test]
    fn only_a_last_line_of_the_known_wording_is_dropped() {
        let tail = "The post A & B appeared first on Site.com.";
        assert_eq!(cut(&format!("Text.\n{tail}")), "Text.");
        assert_eq!(cut(tail), "");
        assert_eq!(cut(&format!("{tail}\nText.")), format!("{tail}\nText."));
        assert_eq!(cut("The post office is open."), "The post office is open.");
        assert_eq!(
            cut("Read more\nin the archive [...]"),
            "Read more\nin the archive [...]"
        );
    }

    #[test]
    fn tails_one_after_the_other_go_and_a_teasers_mark_stays() {
        let body = "Text […]\nContinue reading “A”\nLa entrada A se publicó primero en B.";
        assert_eq!(cut(body), "Text […]");
        assert_eq!(cut("Text\nsubmitted by /u/ann\n[link] [comments]"), "Text");
        assert_eq!(cut("Yeni yazısı ilk önce Site üzerinde ortaya çıktı."), "");
    }

    #[test]
    fn a_group_that_a_feed_keeps_is_not_touched() {
        let keep = Cleanup {
            keep: vec![RuleGroup::More],
            ..Cleanup::default()
        };
        assert_eq!(
            without_tails("a\nRead more".into(), &keep, None),
            "a\nRead more"
        );
        let mut told = Vec::new();
        without_tails("a\nRead more".into(), &Cleanup::default(), Some(&mut told));
        assert_eq!(
            told,
            ["last line \"Read more\" left out: link to the whole article (rule more)"]
        );
    }
}
