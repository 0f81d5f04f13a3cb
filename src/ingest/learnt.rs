//! What one answer says, before the store is asked: what was seen, the entries, the hints.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{
    Candidate,
    document::Document,
    state::{Digest, Seen},
};
use crate::{
    model::{
        CacheHints, Cleanup, Failure, Kept, NewBody, Permanence, PollRecord, RawCaps, RawDocument,
        Time, Validators,
    },
    normalize,
};

/// What one poll learnt, before the store is asked.
pub(super) struct Learnt {
    pub(super) seen: Seen,
    pub(super) hints: CacheHints,
    /// Who is to be left alone, and for how long; `None` of the wait: the server did not say.
    pub(super) pause: Option<(String, Option<Duration>)>,
    pub(super) entries: Vec<Candidate>,
    pub(super) problems: Vec<String>,
    pub(super) repairs: Vec<String>,
    /// What becomes of the feed's kept documents.
    pub(super) unread: Kept,
    /// As far as it is known by now.
    pub(super) poll: PollRecord,
}

impl Learnt {
    pub(super) fn new(seen: Seen, status: Option<u16>, hints: CacheHints) -> Self {
        let poll = PollRecord {
            at: Time::UNIX_EPOCH,
            outcome: seen.outcome(),
            status,
            bytes: 0,
            ms: 0,
            entries: 0,
            new: 0,
            changed: 0,
            error: None,
        };
        Self {
            seen,
            hints,
            pause: None,
            entries: Vec::new(),
            problems: Vec::new(),
            repairs: Vec::new(),
            unread: Kept::AsBefore,
            poll,
        }
    }

    /// A server asked for a wait, or had asked for it before.
    pub(super) fn throttled(
        seen: Seen,
        status: Option<u16>,
        retry_after: Option<Duration>,
        scope: Option<String>,
    ) -> Self {
        let hints = CacheHints {
            retry_after,
            ..CacheHints::default()
        };
        Self {
            pause: scope.map(|scope| (scope, retry_after)),
            ..Self::new(seen, status, hints)
        }
    }

    /// The document is kept, if it brings something.
    pub(super) fn keeping(mut self, raw: Option<RawDocument>, caps: RawCaps) -> Self {
        if let Some(raw) = raw {
            self.unread = Kept::Read(raw, caps);
        }
        self
    }

    fn sized(mut self, bytes: u64) -> Self {
        self.poll.bytes = bytes;
        self
    }
}

/// A body that has arrived, as far as it is known without being read.
pub(super) struct Arrival {
    pub(super) hash: String,
    status: Option<u16>,
    hints: CacheHints,
    bytes: u64,
    validators: Validators,
    moved: Option<Permanence>,
}

impl Arrival {
    pub(super) fn of(body: &NewBody) -> Self {
        Self {
            hash: short_hash(&body.bytes),
            status: Some(body.status),
            hints: body.hints,
            bytes: body.bytes.len() as u64,
            validators: body.validators.clone(),
            moved: body.moved,
        }
    }

    /// The body of last time.
    pub(super) fn same(self) -> Learnt {
        let seen = Seen::Same {
            validators: self.validators,
            moved: self.moved,
            confirmed: false,
        };
        Learnt::new(seen, self.status, self.hints).sized(self.bytes)
    }

    /// It could not be read; kept unless it is already.
    pub(super) fn unreadable(self, failure: Failure, document: Option<RawDocument>) -> Learnt {
        let seen = Seen::Unreadable {
            failure,
            hash: self.hash,
        };
        let mut learnt = Learnt::new(seen, self.status, self.hints).sized(self.bytes);
        learnt.unread = document.map_or(Kept::AsBefore, Kept::One);
        learnt
    }

    /// It was read.
    pub(super) fn read(self, document: Document, cleanup: &Cleanup) -> Learnt {
        let digest = Digest::of(&document, cleanup);
        let (repairs, normalized) = (digest.repairs.clone(), document.normalized);
        let seen = Seen::Document {
            validators: self.validators,
            moved: self.moved,
            hash: self.hash,
            delta: self.status == Some(226),
            digest: Box::new(digest),
        };
        let mut learnt = Learnt::new(seen, self.status, self.hints).sized(self.bytes);
        learnt.repairs = repairs;
        learnt.poll.entries = u32::try_from(normalized.entries.len()).unwrap_or(u32::MAX);
        let problems = normalized.problems.into_iter();
        learnt.problems = problems.map(|problem| problem.what).collect();
        learnt.entries = normalized.entries.into_iter().map(candidate).collect();
        learnt
    }
}

pub(super) fn candidate(entry: normalize::Entry) -> Candidate {
    Candidate {
        key: entry.key,
        guid: entry.guid,
        article: entry.article,
        same_as: None,
    }
}

/// 128 bits are plenty to tell one feed's documents apart.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
