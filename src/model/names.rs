//! Whether the names that a feed gives its entries can be relied on, as far as its polls have shown.

use serde::{Deserialize, Serialize};

use super::Time;

/// Which names of entries count. By default all do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedNames {
    /// The publisher's ids.
    pub guids: bool,
    /// Links. Where they do not count, an entry is known by its text.
    pub links: bool,
}

impl Default for TrustedNames {
    fn default() -> Self {
        Self {
            guids: true,
            links: true,
        }
    }
}

/// What polls have learnt of a feed's names for its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Names {
    /// Since when its guids count no longer: they change from document to document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guids_doubted: Option<Time>,
    /// The same of its links.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links_doubted: Option<Time>,
    /// Documents in a row in which the guids of known texts were others than before.
    #[serde(skip_serializing_if = "is_zero")]
    pub guid_strikes: u8,
    /// The same of links.
    #[serde(skip_serializing_if = "is_zero")]
    pub link_strikes: u8,
    /// Marks of the newest entries of the last document: text, guid and link of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub last: Vec<String>,
    /// The operator believes them again; the next document is compared by its texts once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

impl Names {
    /// Which names count.
    #[must_use]
    pub fn trust(&self) -> TrustedNames {
        TrustedNames {
            guids: self.guids_doubted.is_none(),
            links: self.links_doubted.is_none(),
        }
    }

    /// Since when any of them counts no longer.
    #[must_use]
    pub fn doubted_since(&self) -> Option<Time> {
        self.guids_doubted
            .into_iter()
            .chain(self.links_doubted)
            .min()
    }
}
