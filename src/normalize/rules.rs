//! What publishing software adds to article text that no author wrote, as data.
//!
//! A table of class names and ids whose elements are left out, each in a group that a feed can do
//! without. It is conservative: a name stands here only if a known product uses it for a widget of
//! its own. No code belongs here but the look-up; lines are in `tails`.

use std::fmt;

use super::scan::Tag;
use crate::model::{
    Cleanup,
    RuleGroup::{self, Ads, AuthorBox, Labels, More, Newsletter, Ratings, Related, Share, Toc},
};

/// Elements with one of these names in `class` or `id` are left out, and why. Sorted by name.
const REMOVED: &[(&str, RuleGroup, &str)] = &[
    ("a2a_kit", Share, "AddToAny: share buttons"),
    ("abh_box", AuthorBox, "StarBox: box about the author"),
    ("addtoany_content", Share, "AddToAny: share buttons"),
    (
        "addtoany_share_save_container",
        Share,
        "AddToAny: share buttons",
    ),
    ("adsbygoogle", Ads, "Google AdSense"),
    ("convertkit-form", Newsletter, "Kit: newsletter form"),
    (
        "crp_related",
        Related,
        "Contextual Related Posts: links to other articles",
    ),
    (
        "ctct-inline-form",
        Newsletter,
        "Constant Contact: newsletter form",
    ),
    ("dpsp-content-wrapper", Share, "Grow Social: share buttons"),
    ("essb_links", Share, "Easy Social Share Buttons"),
    (
        "ez-toc-container",
        Toc,
        "Easy Table of Contents: repeats the headings",
    ),
    ("feedflare", Share, "FeedBurner: links to share and comment"),
    ("formkit-form", Newsletter, "Kit: newsletter form"),
    (
        "gdrts-rating-block",
        Ratings,
        "GD Rating System: stars and votes",
    ),
    (
        "google-auto-placed",
        Ads,
        "Google AdSense: automatic places",
    ),
    (
        "heateor_sss_sharing_container",
        Share,
        "Sassy Social Share: share buttons",
    ),
    ("hustle-ui", Newsletter, "Hustle: newsletter form"),
    (
        "jp-post-flair",
        Share,
        "Jetpack: shell of share buttons and likes",
    ),
    (
        "jp-relatedposts",
        Related,
        "Jetpack: links to other articles",
    ),
    (
        "kk-star-ratings",
        Ratings,
        "kk Star Ratings: title, score and votes",
    ),
    (
        "linkwithin_div",
        Related,
        "LinkWithin: links to other articles",
    ),
    (
        "lwptoc",
        Toc,
        "LuckyWP Table of Contents: repeats the headings",
    ),
    ("m-a-box", AuthorBox, "Molongui: box about the author"),
    (
        "mailmunch-forms-in-post-middle",
        Newsletter,
        "MailMunch: newsletter form",
    ),
    ("mailpoet_form", Newsletter, "MailPoet: newsletter form"),
    ("mashsb-container", Share, "MashShare: share buttons"),
    (
        "mc4wp-form",
        Newsletter,
        "Mailchimp for WordPress: newsletter form",
    ),
    (
        "molongui-author-box",
        AuthorBox,
        "Molongui: box about the author",
    ),
    ("more-link", More, "WordPress: link to the whole article"),
    (
        "nc_socialPanel",
        Share,
        "Social Warfare: share buttons, older name",
    ),
    ("novashare-buttons", Share, "Novashare: share buttons"),
    ("post-ratings", Ratings, "WP-PostRatings: stars and votes"),
    (
        "post-views",
        Ratings,
        "Post Views Counter: number of readers",
    ),
    (
        "pp-multiple-authors-boxes-wrapper",
        AuthorBox,
        "PublishPress Authors: box about the authors",
    ),
    ("printfriendly", Share, "PrintFriendly: print button"),
    (
        "relpost-thumb-wrapper",
        Related,
        "Related Posts Thumbnails: links to other articles",
    ),
    (
        "rmp-widgets-container",
        Ratings,
        "Rate My Post: stars and votes",
    ),
    (
        "rp4wp-related-posts",
        Related,
        "Related Posts for WordPress",
    ),
    (
        "saboxplugin-wrap",
        AuthorBox,
        "Simple Author Box: box about the author",
    ),
    (
        "screen-reader-text",
        Labels,
        "WordPress: labels that are never shown",
    ),
    (
        "scriptlesssocialsharing",
        Share,
        "Scriptless Social Sharing: share buttons",
    ),
    ("sd-like", Share, "Jetpack: like button"),
    ("sd-sharing", Share, "Jetpack: share buttons"),
    (
        "sfsiaftrpstwpr",
        Share,
        "Ultimate Social Media Icons: share buttons",
    ),
    (
        "shareaholic-canvas",
        Share,
        "Shareaholic: share buttons and recommendations",
    ),
    ("shared-counts-wrap", Share, "Shared Counts: share buttons"),
    ("sharedaddy", Share, "Jetpack: share buttons and likes"),
    (
        "sharethis-inline-share-buttons",
        Share,
        "ShareThis: share buttons",
    ),
    ("simplesocialbuttons", Share, "Simple Social Buttons"),
    ("simpletoc", Toc, "SimpleTOC: repeats the headings"),
    ("ssba", Share, "Simple Share Buttons Adder"),
    ("st-inline-share-buttons", Share, "ShareThis: share buttons"),
    (
        "subscription-widget",
        Newsletter,
        "Substack: subscription form",
    ),
    (
        "subscription-widget-wrap",
        Newsletter,
        "Substack: subscription form",
    ),
    ("swp_social_panel", Share, "Social Warfare: share buttons"),
    (
        "tnp-subscription",
        Newsletter,
        "The Newsletter Plugin: newsletter form",
    ),
    (
        "toc_container",
        Toc,
        "Table of Contents Plus: repeats the headings",
    ),
    (
        "wp-block-jetpack-related-posts",
        Related,
        "Jetpack: links to other articles",
    ),
    (
        "wp-block-jetpack-sharing-buttons",
        Share,
        "Jetpack: share buttons",
    ),
    (
        "wp-block-jetpack-subscriptions",
        Newsletter,
        "Jetpack: subscription form",
    ),
    (
        "wp-block-outermost-social-sharing",
        Share,
        "Social Sharing Block: share buttons",
    ),
    (
        "wp-block-rank-math-toc-block",
        Toc,
        "Rank Math: repeats the headings",
    ),
    (
        "wp-block-read-more",
        More,
        "WordPress: link to the whole article",
    ),
    (
        "wp-block-yoast-seo-table-of-contents",
        Toc,
        "Yoast SEO: repeats the headings",
    ),
    (
        "wp_rp_wrap",
        Related,
        "WordPress Related Posts: links to other articles",
    ),
    (
        "wp_ulike_general_class",
        Share,
        "WP ULike: like button and count",
    ),
    ("wpcnt", Ads, "WordPress.com: label around advertisements"),
    ("wpulike", Share, "WP ULike: like button and count"),
    ("yarpp-related", Related, "Yet Another Related Posts Plugin"),
    (
        "yasr-auto-insert-visitor",
        Ratings,
        "Yet Another Stars Rating: stars and votes",
    ),
    (
        "yasr-vv-stars-title-container",
        Ratings,
        "Yet Another Stars Rating: stars and votes",
    ),
    (
        "yoast-table-of-contents",
        Toc,
        "Yoast SEO: repeats the headings",
    ),
    (
        "zem_rp_wrap",
        Related,
        "Related Posts by Zemanta: links to other articles",
    ),
];

/// Why an element is left out.
pub(super) struct Reason {
    /// The group of the rule; `None` where the publisher hid it.
    group: Option<RuleGroup>,
    what: &'static str,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match self.group {
            Some(group) => write!(f, " (rule {})", group.as_str()),
            None => Ok(()),
        }
    }
}

/// Why the element is left out, if it is.
pub(super) fn why_removed(tag: &Tag, cleanup: &Cleanup) -> Option<Reason> {
    let hidden = |what| Reason { group: None, what };
    tag.attributes().find_map(|(name, value)| match name {
        b"hidden" => Some(hidden("hidden")),
        b"style" if is_hiding(value) => Some(hidden("hidden by its style")),
        b"class" | b"id" => widget(value, cleanup),
        _ => None,
    })
}

/// The rule that a `class` or `id` value falls under.
fn widget(value: &[u8], cleanup: &Cleanup) -> Option<Reason> {
    value
        .split(u8::is_ascii_whitespace)
        .find_map(|word| {
            let found = REMOVED.binary_search_by(|(name, ..)| name.as_bytes().cmp(word));
            REMOVED.get(found.ok()?)
        })
        .filter(|(_, group, _)| cleanup.applies(*group))
        .map(|&(_, group, what)| Reason {
            group: Some(group),
            what,
        })
}

/// True for a style that shows nothing.
fn is_hiding(style: &[u8]) -> bool {
    let says = |words: [&[u8]; 2]| {
        style.split(|&byte| byte == b';').any(|part| {
            let mut halves = part.splitn(2, |&byte| byte == b':').map(<[u8]>::trim_ascii);
            let (name, value) = (halves.next(), halves.next().unwrap_or_default());
            name.is_some_and(|name| name.eq_ignore_ascii_case(words[0]))
                && value
                    .get(..words[1].len())
                    .is_some_and(|value| value.eq_ignore_ascii_case(words[1]))
        })
    };
    says([b"display", b"none"]) || says([b"visibility", b"hidden"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsorted_table_would_miss_its_own_names() {
        assert!(REMOVED.is_sorted_by(|a, b| a.0 < b.0));
        for (name, group, why) in REMOVED {
            assert!(!why.is_empty());
            let reason = widget(name.as_bytes(), &Cleanup::default()).unwrap();
            assert_eq!(reason.group, Some(*group));
            let keep = Cleanup {
                keep: vec![*group],
                ..Cleanup::default()
            };
            assert!(widget(name.as_bytes(), &keep).is_none());
        }
        assert!(widget(b"entry sharedaddy\tsd-block", &Cleanup::default()).is_some());
        assert!(widget(b"shared addy my-sharedaddy", &Cleanup::default()).is_none());
    }

    #[test]
    fn a_style_hides_if_it_says_so_and_not_if_it_looks_like_it() {
        for hiding in [
            "display:none",
            "color: red; DISPLAY : None !important",
            "visibility:hidden;",
        ] {
            assert!(is_hiding(hiding.as_bytes()), "{hiding}");
        }
        for shown in [
            "display:block",
            "visibility:visible",
            "background:url(display:none)",
            "",
        ] {
            assert!(!is_hiding(shown.as_bytes()), "{shown}");
        }
    }
}
