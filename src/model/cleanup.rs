//! What is taken out of article bodies besides scripts: groups of rules, and the operator's own.
//!
//! Names only: which elements and lines a group stands for is the normalizer's table.

use super::article::text_enum;

/// A group of removal rules that a feed can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleGroup {
    /// Share, like and print buttons.
    Share,
    /// Links to other articles.
    Related,
    /// Newsletter and subscription forms.
    Newsletter,
    /// Boxes about the author.
    AuthorBox,
    /// Stars, votes, numbers of readers.
    Ratings,
    /// Tables of contents, which repeat the headings.
    Toc,
    /// Labels around advertisements.
    Ads,
    /// Labels for screen readers, which are never shown.
    Labels,
    /// "Read more" links.
    More,
    /// Last lines that publishing software adds.
    Tails,
}
text_enum!(RuleGroup {
    Share = "share",
    Related = "related",
    Newsletter = "newsletter",
    AuthorBox = "author-box",
    Ratings = "ratings",
    Toc = "toc",
    Ads = "ads",
    Labels = "labels",
    More = "more",
    Tails = "tails",
});

impl RuleGroup {
    /// Every group, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Share,
        Self::Related,
        Self::Newsletter,
        Self::AuthorBox,
        Self::Ratings,
        Self::Toc,
        Self::Ads,
        Self::Labels,
        Self::More,
        Self::Tails,
    ];
}

/// How a feed's bodies are cleaned; by default with every rule and no selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// Groups whose rules do not apply.
    pub keep: Vec<RuleGroup>,
    /// CSS selectors of the elements that are removed besides.
    pub remove: Vec<String>,
}

impl Cleanup {
    /// True if the group's rules apply.
    #[must_use]
    pub fn applies(&self, group: RuleGroup) -> bool {
        !self.keep.contains(&group)
    }

    /// The same text for the same cleanup, empty for the default one: articles are made anew when
    /// it changes.
    #[must_use]
    pub fn signature(&self) -> String {
        let keep = self
            .keep
            .iter()
            .map(|group| format!("keep {}\n", group.as_str()));
        let remove = self
            .remove
            .iter()
            .map(|selector| format!("remove {selector}\n"));
        keep.chain(remove).collect()
    }
}
