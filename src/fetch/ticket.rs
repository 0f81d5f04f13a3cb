//! Whether a request has been sent: what is still waiting for its turn can be taken back, what was
//! sent cannot.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

const WAITING: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// One poll's ticket; clones are the same ticket.
#[derive(Clone, Debug, Default)]
pub struct Ticket(Arc<AtomicU8>);

impl Ticket {
    /// Takes the poll back. True if its request was not sent, and then it never will be.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        self.turn_to(WITHDRAWN)
    }

    /// To be called before a request: false if it must not be sent any more.
    pub(super) fn send(&self) -> bool {
        self.turn_to(SENT)
    }

    /// False if it has turned to something else before.
    fn turn_to(&self, state: u8) -> bool {
        let before = self
            .0
            .compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire);
        before.is_ok() || before == Err(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_either_sent_or_taken_back() {
        let sent = Ticket::default();
        assert!(sent.clone().send() && sent.send(), "redirects follow");
        assert!(!sent.withdraw());
        let back = Ticket::default();
        assert!(back.clone().withdraw());
        assert!(!back.send());
    }
}
