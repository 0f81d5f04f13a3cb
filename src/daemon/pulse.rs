//! Whether the working loop still comes round: it is asked, and answers.
//!
//! It is not watched how long ago it last did: how long a loop may rest is its own business, and
//! a watchdog's patience that of the service manager.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};

/// Between the loop and who watches it; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    asked: Arc<Notify>,
    beats: Arc<watch::Sender<u64>>,
}

impl Pulse {
    /// The loop has come round.
    pub(super) fn beat(&self) {
        self.beats
            .send_modify(|beats| *beats = beats.wrapping_add(1));
    }

    /// Waits until somebody asks; the loop then comes round.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Asks, and whether there was an answer in time.
    pub(super) async fn answers(&self, patience: Duration) -> bool {
        let mut beats = self.beats.subscribe();
        self.asked.notify_one();
        let answer = tokio::time::timeout(patience, beats.changed()).await;
        answer.is_ok_and(|beat| beat.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_rests_answers_and_one_that_hangs_does_not() {
        let pulse = Pulse::default();
        assert!(!pulse.answers(PATIENCE).await, "there is no loop");
        let (hang, hangs) = tokio::sync::oneshot::channel::<()>();
        let at_work = tokio::spawn({
            let pulse = pulse.clone();
            async move {
                // What was asked in vain is still to be answered.
                for _ in 0..3 {
                    pulse.asked().await;
                    pulse.beat();
                }
                let _ = hangs.await;
                pulse.beat();
            }
        });
        tokio::task::yield_now().await;
        for _ in 0..2 {
            assert!(pulse.answers(PATIENCE).await);
        }
        assert!(!pulse.answers(PATIENCE).await, "it hangs");
        let (heard, _) = tokio::join!(pulse.answers(PATIENCE), async {
            tokio::task::yield_now().await;
            hang.send(()).unwrap();
        });
        assert!(heard, "it came round after all");
        at_work.await.unwrap();
    }
}
