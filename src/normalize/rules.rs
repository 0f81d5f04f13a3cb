//! What publishing software adds to article text that no author wrote, as data.
//!
//! One table of class names and ids whose elements are left out, and one of sentences that a
//! body's last line may be. Both are conservative: a name stands here only if a known product
//! uses it for a widget of its own. No code belongs here but the look-ups.

/// Elements with one of these names in `class` or `id` are left out, and why. Sorted by name.
const REMOVED: &[(&str, &str)] = &[
    ("a2a_kit", "AddToAny: share buttons"),
    ("abh_box", "StarBox: box about the author"),
    ("addtoany_content", "AddToAny: share buttons"),
    ("addtoany_share_save_container", "AddToAny: share buttons"),
    (
        "crp_related",
        "Contextual Related Posts: links to other articles",
    ),
    ("dpsp-content-wrapper", "Grow Social: share buttons"),
    ("essb_links", "Easy Social Share Buttons"),
    (
        "ez-toc-container",
        "Easy Table of Contents: repeats the headings",
    ),
    ("feedflare", "FeedBurner: links to share and comment"),
    (
        "heateor_sss_sharing_container",
        "Sassy Social Share: share buttons",
    ),
    ("jp-post-flair", "Jetpack: shell of share buttons and likes"),
    ("jp-relatedposts", "Jetpack: links to other articles"),
    ("kk-star-ratings", "kk Star Ratings: title, score and votes"),
    (
        "mailmunch-forms-in-post-middle",
        "MailMunch: newsletter form",
    ),
    ("mailpoet_form", "MailPoet: newsletter form"),
    ("mashsb-container", "MashShare: share buttons"),
    ("mc4wp-form", "Mailchimp for WordPress: newsletter form"),
    (
        "nc_socialPanel",
        "Social Warfare: share buttons, older name",
    ),
    ("post-ratings", "WP-PostRatings: stars and votes"),
    ("post-views", "Post Views Counter: number of readers"),
    ("printfriendly", "PrintFriendly: print button"),
    (
        "relpost-thumb-wrapper",
        "Related Posts Thumbnails: links to other articles",
    ),
    ("rmp-widgets-container", "Rate My Post: stars and votes"),
    ("rp4wp-related-posts", "Related Posts for WordPress"),
    (
        "saboxplugin-wrap",
        "Simple Author Box: box about the author",
    ),
    (
        "screen-reader-text",
        "WordPress: labels that are never shown",
    ),
    (
        "sfsiaftrpstwpr",
        "Ultimate Social Media Icons: share buttons",
    ),
    (
        "shareaholic-canvas",
        "Shareaholic: share buttons and recommendations",
    ),
    ("sharedaddy", "Jetpack: share buttons and likes"),
    ("simplesocialbuttons", "Simple Social Buttons"),
    ("ssba", "Simple Share Buttons Adder"),
    ("subscription-widget-wrap", "Substack: subscription form"),
    ("swp_social_panel", "Social Warfare: share buttons"),
    ("tnp-subscription", "The Newsletter Plugin: newsletter form"),
    (
        "toc_container",
        "Table of Contents Plus: repeats the headings",
    ),
    ("wp_ulike_general_class", "WP ULike: like button and count"),
    ("wpcnt", "WordPress.com: label around advertisements"),
    ("wpulike", "WP ULike: like button and count"),
    ("yarpp-related", "Yet Another Related Posts Plugin"),
];

/// Beginning and middle of the line that WordPress (Yoast SEO) adds below every feed entry, in the
/// languages whose wording is known: "The post X appeared first on Y."
const TAILS: &[(&str, &str)] = &[
    ("The post ", " appeared first on "),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("L’article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("Cet article ", " est apparu en premier sur "),
    ("La entrada ", " se publicó primero en "),
    ("La entrada ", " aparece primero en "),
    ("L'articolo ", " proviene da "),
    ("L’articolo ", " proviene da "),
    ("O post ", " apareceu primeiro em "),
    ("Het bericht ", " verscheen eerst op "),
    ("Inlägget ", " dök först upp på "),
    ("Artykuł ", " pochodzi z serwisu "),
];

/// True if a `class` or `id` value names a widget of the table.
pub(super) fn is_removed(value: &[u8]) -> bool {
    value.split(u8::is_ascii_whitespace).any(|word| {
        REMOVED
            .binary_search_by(|(name, _)| name.as_bytes().cmp(word))
            .is_ok()
    })
}

/// The body without WordPress's closing line, if that is its last line.
pub(super) fn without_tail(mut body: String) -> String {
    let last = body.rfind('\n').map_or(0, |at| at + 1);
    let line = &body[last..];
    let matches = |(start, middle): &(&str, &str)| {
        line.strip_prefix(start)
            .is_some_and(|rest| rest.contains(middle))
            && line.ends_with('.')
    };
    if TAILS.iter().any(matches) {
        body.truncate(last.saturating_sub(1));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsorted_table_would_miss_its_own_names() {
        assert!(REMOVED.is_sorted_by(|a, b| a.0 < b.0));
        assert!(
            REMOVED
                .iter()
                .all(|(name, why)| is_removed(name.as_bytes()) && !why.is_empty())
        );
        assert!(is_removed(b"entry sharedaddy\tsd-block"));
        assert!(!is_removed(b"shared addy my-sharedaddy"));
    }

    #[test]
    fn only_a_last_line_of_the_known_wording_is_dropped() {
        let tail = "The post A & B appeared first on Site.com.";
        assert_eq!(without_tail(format!("Text.\n{tail}")), "Text.");
        assert_eq!(without_tail(tail.to_owned()), "");
        assert_eq!(
            without_tail(format!("{tail}\nText.")),
            format!("{tail}\nText.")
        );
        assert_eq!(
            without_tail("The post office is open.".into()),
            "The post office is open."
        );
    }
}
