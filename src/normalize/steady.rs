//! What of a body is the same from poll to poll: lines of counters and ages are not.
//!
//! For fingerprints alone; the body is stored as it came. Only lines that are nothing else are passed
//! over ("1,234 views · 12 comments", "5 min read", "3 hours ago"): within a sentence the same words
//! are news.

use std::borrow::Cow;

/// Longer lines say more than numbers, in bytes.
const LONGEST: usize = 100;
/// More words too.
const MOST_WORDS: usize = 12;

/// What is counted.
const COUNTED: &[&str] = &[
    "views",
    "view",
    "viewed",
    "reads",
    "read",
    "reading",
    "comments",
    "comment",
    "replies",
    "reply",
    "responses",
    "response",
    "shares",
    "share",
    "shared",
    "likes",
    "like",
    "votes",
    "vote",
    "upvotes",
    "points",
    "point",
    "retweets",
    "reposts",
    "favorites",
    "favourites",
    "claps",
    "reactions",
    "downloads",
    "plays",
    "listens",
    "hits",
    "visits",
    "watching",
    "kommentare",
    "kommentar",
    "aufrufe",
    "ansichten",
    "lesezeit",
    "commentaires",
    "commentaire",
    "vues",
    "vue",
    "partages",
    "lecture",
    "comentarios",
    "comentario",
    "visitas",
    "vistas",
    "compartidos",
    "lectura",
    "commenti",
    "commento",
    "visualizzazioni",
    "lettura",
    "condivisioni",
    "comentários",
    "comentário",
    "visualizações",
    "leitura",
    "reacties",
    "weergaven",
    "leestijd",
    "комментариев",
    "комментария",
    "комментарий",
    "комментарии",
    "просмотров",
    "просмотра",
    "просмотр",
    "komentarzy",
    "komentarze",
    "wyświetleń",
];

/// How long ago.
const AGO: &[&str] = &[
    "ago",
    "vor",
    "hace",
    "fa",
    "atrás",
    "geleden",
    "назад",
    "temu",
    "il",
];

/// Units of time.
const UNITS: &[&str] = &[
    "second",
    "seconds",
    "sec",
    "secs",
    "minute",
    "minutes",
    "min",
    "mins",
    "hour",
    "hours",
    "hr",
    "hrs",
    "h",
    "day",
    "days",
    "d",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "sekunden",
    "minuten",
    "stunde",
    "stunden",
    "tag",
    "tagen",
    "tage",
    "woche",
    "wochen",
    "heure",
    "heures",
    "jour",
    "jours",
    "semaine",
    "semaines",
    "mois",
    "minuto",
    "minutos",
    "hora",
    "horas",
    "día",
    "días",
    "dia",
    "dias",
    "semana",
    "semanas",
    "minuti",
    "minuut",
    "uur",
    "dagen",
    "ore",
    "ora",
    "giorni",
    "giorno",
    "мин",
    "минут",
    "минуты",
    "минуту",
    "часов",
    "часа",
    "час",
    "дней",
    "дня",
    "день",
    "godzin",
    "godziny",
    "dni",
];

/// What stands beside them.
const BESIDE: &[&str] = &[
    "time",
    "estimated",
    "about",
    "approx",
    "approximately",
    "total",
    "and",
    "with",
    "updated",
    "posted",
    "published",
    "last",
    "und",
    "et",
    "y",
    "e",
    "de",
    "di",
    "ca",
    "y",
    "a",
    "temps",
    "tiempo",
    "tempo",
    "time",
    "und",
    "on",
];

/// The body without such lines.
pub(super) fn steady(body: &str) -> Cow<'_, str> {
    if !body.lines().any(is_counter) {
        return Cow::Borrowed(body);
    }
    let lines: Vec<&str> = body.lines().filter(|line| !is_counter(line)).collect();
    Cow::Owned(lines.join("\n"))
}

/// True for a line of nothing but counters and ages.
fn is_counter(line: &str) -> bool {
    // Most lines are long, or have no digit.
    if line.len() > LONGEST || !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let (mut words, mut counted, mut ago, mut units, mut numbers) = (0, 0, 0, 0, 0);
    let split = |sign: char| !(sign.is_alphanumeric() || matches!(sign, ',' | '.'));
    for word in line.split(split) {
        let word = word.trim_matches([',', '.']);
        if word.is_empty() {
            continue;
        }
        words += 1;
        if is_number(word) {
            numbers += 1;
            continue;
        }
        let word = word.to_lowercase();
        let is = |list: &[&str]| list.contains(&word.as_str());
        match () {
            () if is(COUNTED) => counted += 1,
            () if is(AGO) => ago += 1,
            () if is(UNITS) => units += 1,
            () if is(BESIDE) => {}
            () => return false,
        }
    }
    let says_one = counted > 0 || (ago > 0 && units > 0);
    numbers > 0 && says_one && words <= MOST_WORDS
}

/// `12`, `1,234`, `1.2k`, `3M`.
fn is_number(word: &str) -> bool {
    let digits = word.trim_end_matches(['k', 'K', 'm', 'M']);
    digits.len() + 1 >= word.len()
        && digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_counters_and_ages_are_passed_over() {
        for line in [
            "1,234 views",
            "Views: 17",
            "12 Comments",
            "# Comments: 5",
            "Points: 120",
            "5 min read",
            "Estimated reading time: 7 minutes",
            "3 hours ago",
            "Updated 25 minutes ago",
            "1.2k views · 34 comments | 3 shares",
            "vor 3 Stunden",
            "Lesezeit: 4 Minuten",
            "il y a 5 heures",
            "hace 2 horas",
            "12 просмотров",
        ] {
            assert!(is_counter(line), "{line}");
            let body = format!("News.\n{line}\nMore.");
            assert_eq!(steady(&body), "News.\nMore.");
        }
    }

    #[test]
    fn what_says_more_than_a_number_counts() {
        for line in [
            "",
            "2024",
            "Two hours ago the bridge fell.",
            "5 people read it",
            "3 days in May",
            "12 dead, 34 hurt",
            "Chapter 3",
            "The comments",
            "Germany 3 Brazil 1",
            "Price: 12.50",
        ] {
            assert!(!is_counter(line), "{line}");
            assert!(matches!(steady(line), Cow::Borrowed(same) if same == line));
        }
    }
}
