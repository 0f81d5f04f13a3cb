//! Why a look for a feed came to nothing, and what the command that looked can do about it: each has
//! options of its own, and advises no others. Pure.

use super::{CliError, find::shown};
use crate::model::{FailKind, FeedKind, NewBody};

/// Which command looks; what it can be told to do instead is its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// `feed add`, of this kind if it was told one.
    Add(Option<FeedKind>),
    /// `feed find`
    Find,
}

/// Why a URL has no feed, in words.
pub(super) struct No {
    pub(super) why: String,
    /// Of a failed request; `None` where the server asks to wait.
    pub(super) kind: Option<FailKind>,
    pub(super) status: Option<u16>,
    /// What was there instead.
    pub(super) body: Option<Box<NewBody>>,
}

impl No {
    /// True if other URLs of the same host will do no better now.
    pub(super) fn is_of_host(&self) -> bool {
        !matches!(
            self.kind,
            Some(
                FailKind::Status
                    | FailKind::Parse
                    | FailKind::Redirect
                    | FailKind::TooLarge
                    | FailKind::Protocol
                    | FailKind::Forbidden
            )
        )
    }

    /// As the command says it, with what it can do instead.
    pub(super) fn told(&self, url: &str, purpose: Purpose) -> CliError {
        let advice = match (self.advice(purpose), purpose) {
            (advice @ Some(_), _) => advice,
            (None, Purpose::Add(_)) if self.may_be_polled() => {
                Some("--no-fetch adds it all the same")
            }
            (None, _) => None,
        };
        let advice = advice.map_or_else(String::new, |advice| format!("; {advice}"));
        CliError::Told(format!("{}: {}{advice}", shown(url), self.why))
    }

    /// What is never allowed would not be polled either.
    fn may_be_polled(&self) -> bool {
        !matches!(self.kind, Some(FailKind::Forbidden | FailKind::Robots))
    }

    fn advice(&self, purpose: Purpose) -> Option<&'static str> {
        Some(match (self.kind?, self.status, purpose) {
            (FailKind::Forbidden, ..) if self.why.contains("allow_private") => {
                "--allow-private opens it here"
            }
            (_, Some(401), Purpose::Add(_)) => {
                "--no-fetch adds it, and then its `auth` can be given"
            }
            (_, Some(401), Purpose::Find) => {
                "`tidings feed add --no-fetch` adds it, and then its `auth` can be given"
            }
            (_, Some(500..=599), Purpose::Add(_)) => {
                "try again later, or add it all the same with --no-fetch"
            }
            (_, Some(500..=599), Purpose::Find) => "try again later",
            _ => return None,
        })
    }
}
