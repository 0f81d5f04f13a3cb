//! Where a reader of the change sequence stands: a position, and the record of an incremental export.
//!
//! A position names its store, because a number of another store's sequence means nothing.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{StoreId, Time};

/// A place in one store's change sequence, as text: `v1:<store-id>:<seq>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePosition {
    /// Whose sequence.
    pub store: StoreId,
    /// The last number that was read; 0: none yet.
    pub seq: i64,
}

impl fmt::Display for ChangePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1:{}:{}", self.store, self.seq)
    }
}

/// A text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidPosition;

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor; one looks like v1:<32 hex digits>:<number>")
    }
}

impl std::error::Error for InvalidPosition {}

impl FromStr for ChangePosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let ["v1", store, seq] = parts[..] else {
            return Err(InvalidPosition);
        };
        if !seq.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidPosition);
        }
        Ok(Self {
            store: store_id(store).ok_or(InvalidPosition)?,
            seq: seq.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

fn store_id(hex: &str) -> Option<StoreId> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if hex.len() != 32 || !hex.bytes().all(is_hex) {
        return None;
    }
    let number = u128::from_str_radix(hex, 16).ok()?;
    Some(StoreId(number.to_be_bytes()))
}

impl Serialize for ChangePosition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChangePosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// How far an incremental export has come, and what it is of. Belongs to one question, one format
/// and one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportCursor {
    /// As the operator calls it.
    pub name: String,
    /// Everything up to here is exported, and durable.
    pub position: ChangePosition,
    /// The format's name.
    pub format: String,
    /// What is asked for and how it is written, as JSON with sorted keys.
    pub query: String,
    /// The absolute path that is written to; `-` for standard output.
    pub target: String,
    /// A range that is being written; whether it has arrived is for the next run to find out.
    pub pending: Option<PendingRange>,
    /// One file that is appended to: its size when the position was written down.
    pub bytes: u64,
    /// SHA-256 in hex over the file's end at that size; empty where nothing was written.
    pub tail: String,
    /// When it was begun.
    pub created_at: Time,
    /// When the position was last written down.
    pub updated_at: Time,
}

impl ExportCursor {
    /// Forgets how far the export has come: the next run exports everything of `store`, in the place of
    /// what is at the target.
    pub fn restart(&mut self, store: StoreId, now: Time) {
        self.position = ChangePosition { store, seq: 0 };
        self.pending = Some(PendingRange {
            until: 0,
            part: None,
        });
        (self.bytes, self.tail) = (0, String::new());
        self.updated_at = now;
    }

    /// True from [`Self::restart`] until what was at the target is gone.
    #[must_use]
    pub fn is_restarted(&self) -> bool {
        self.pending.as_ref().is_some_and(|range| range.until == 0)
    }
}

/// A range of the change sequence on its way to the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRange {
    /// Its last number; it begins behind the cursor's. 0 is no range: the export was told to begin anew.
    pub until: i64,
    /// A part file that is complete, but perhaps not yet under its name.
    pub part: Option<PendingPart>,
}

/// A part file that is about to appear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingPart {
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// Records in it.
    pub records: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written_and_nothing_else_is_one() {
        let position = ChangePosition {
            store: StoreId([0xa0; 16]),
            seq: 17,
        };
        let text = position.to_string();
        assert_eq!(text, format!("v1:{}:17", "a0".repeat(16)));
        assert_eq!(text.parse(), Ok(position));
        let id = "a0".repeat(16);
        for wrong in [
            String::new(),
            "17".to_owned(),
            format!("v2:{id}:17"),
            format!("v1:{id}:"),
            format!("v1:{id}:-1"),
            format!("v1:{id}:+1"),
            format!("v1:{id}:17:1"),
            format!("v1:{}:17", &id[1..]),
            format!("v1:{}é:17", &id[2..]),
            format!("v1:{}:17", id.to_uppercase()),
            format!("v1:{id}:99999999999999999999"),
        ] {
            assert_eq!(
                wrong.parse::<ChangePosition>(),
                Err(InvalidPosition),
                "{wrong}"
            );
        }
    }
}
