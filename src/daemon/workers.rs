//! The working loop: claims what may start, polls it, and drains when told to stop.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    task::{AbortHandle, Id, JoinError, JoinSet},
    time::Instant,
};
use tracing::{error, warn};

use super::{STORE_PAUSE, clock::ClockWatch, pulse::Pulse};
use crate::{
    fetch::Ticket,
    ingest::{Ingest, Report},
    model::{DueFeed, FeedState},
    schedule::{Clock, Dispatch, Limits},
    store::{Claimed, StoreError},
};

/// The loop comes round this often, however little there is to do: the clock may have jumped.
const BEAT: Duration = Duration::from_secs(15);

/// A stop signal that many can wait for.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Stop {
    /// A signal not yet given.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Gives the signal.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Waits for the signal; returns at once if it was given.
    pub async fn wait(&self) {
        // The sender lives in `self`, so this cannot end early.
        let _ = self.0.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// What to do when the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// End with the error: a command's user is there to read it.
    GiveUp,
    /// Stop polling, say so, and try again each minute: a daemon outlives a full disk. Nothing is
    /// fetched that could not be stored.
    Wait,
}

/// How the loop runs.
pub struct Tempo {
    /// Notified when feeds or settings have changed.
    pub wake: Arc<Notify>,
    /// Limits to take over then.
    pub new_limits: watch::Receiver<Limits>,
    /// The wall clock.
    pub clock: Clock,
    /// What is known of the clock, and whether plans are to be made anew first.
    pub watch: ClockWatch,
    /// Asks whether the loop still comes round.
    pub pulse: Pulse,
    /// How long polls under way may take to end after a stop.
    pub drain: Duration,
    /// When the store fails.
    pub patience: Patience,
}

type Poll = Result<Option<Report>, StoreError>;

/// Polls until the source is exhausted or `stop` is given, then drains.
///
/// # Errors
/// The store's, if that cannot be waited out.
pub async fn drive(
    ingest: &Ingest,
    mut dispatch: Dispatch,
    stop: &Stop,
    mut tempo: Tempo,
    mut on_report: impl FnMut(Report),
) -> Result<(), StoreError> {
    let mut running = Running::default();
    let (started, mut watch) = (Instant::now(), std::mem::take(&mut tempo.watch));
    loop {
        tempo.pulse.beat();
        match claim(ingest, &mut dispatch, &mut watch, &tempo, started.elapsed()).await {
            Ok(claimed) => claimed
                .into_iter()
                .for_each(|feed| running.start(ingest, feed)),
            Err(error) => wait_for_store(error, &tempo, stop).await?,
        }
        if running.is_empty() && dispatch.is_exhausted() {
            return Ok(());
        }
        let rest = dispatch.rest().min(BEAT);
        tokio::select! {
            biased;
            () = stop.wait() => break,
            Some(done) = running.next() => {
                let mut trouble = finish(done, &mut dispatch, tempo.patience, &mut on_report)?;
                // What else is done by now is taken in the same round.
                while let Some(done) = running.try_next() {
                    trouble = finish(done, &mut dispatch, tempo.patience, &mut on_report)?.or(trouble);
                }
                if let Some(error) = trouble {
                    wait_for_store(error, &tempo, stop).await?;
                    // What failed in the pause failed for the same reason: one pause is enough.
                    while let Some(done) = running.try_next() {
                        finish(done, &mut dispatch, tempo.patience, &mut on_report)?;
                    }
                }
            }
            () = tempo.pulse.asked() => {}
            () = tempo.wake.notified() => dispatch.reconsider(*tempo.new_limits.borrow()),
            () = tokio::time::sleep(rest) => {}
        }
    }
    let unsent = running.withdraw();
    if !unsent.is_empty()
        && let Err(error) = dispatch.give_back(unsent).await
    {
        // Nothing is lost but time: they are polled an interval later.
        warn!("claims could not be given back: {error}");
    }
    drain(running, &tempo, &mut on_report).await
}

/// Claims what may start. The clock is looked at first: after a jump everything may look overdue.
async fn claim(
    ingest: &Ingest,
    dispatch: &mut Dispatch,
    watch: &mut ClockWatch,
    tempo: &Tempo,
    elapsed: Duration,
) -> Result<Vec<Claimed>, StoreError> {
    if watch.look((tempo.clock)(), elapsed) {
        let planned = dispatch.replan().await;
        planned.inspect_err(|_| watch.again())?;
        ingest.renew_pauses().await?;
    } else if watch.is_waiting() && dispatch.is_endless() {
        // What was due in 1970 would be due once more when the clock is set.
        return Ok(Vec::new());
    }
    if dispatch.may_claim() {
        // For a feed's own host the store sees to it; redirects lead to others.
        ingest.note_pauses().await?;
    }
    dispatch.claim().await
}

/// Gives back an error of the store that can be waited out.
fn finish(
    (scope, poll): (String, Poll),
    dispatch: &mut Dispatch,
    patience: Patience,
    on_report: &mut impl FnMut(Report),
) -> Result<Option<StoreError>, StoreError> {
    dispatch.finished(&scope);
    match poll {
        Ok(report) => report.into_iter().for_each(on_report),
        // The other poll has it; nothing is wrong with the store.
        Err(error @ StoreError::LeaseLost { .. }) => warn!("{error}"),
        Err(error) if can_wait(&error, patience) => return Ok(Some(error)),
        Err(error) => return Err(error),
    }
    Ok(None)
}

fn can_wait(error: &StoreError, patience: Patience) -> bool {
    patience == Patience::Wait && error.is_temporary()
}

async fn wait_for_store(error: StoreError, tempo: &Tempo, stop: &Stop) -> Result<(), StoreError> {
    if !can_wait(&error, tempo.patience) {
        return Err(error);
    }
    error!("polling pauses for {} s: {error}", STORE_PAUSE.as_secs());
    let until = Instant::now() + STORE_PAUSE;
    while Instant::now() < until {
        tempo.pulse.beat();
        tokio::select! {
            () = stop.wait() => break,
            () = tempo.pulse.asked() => {}
            () = tokio::time::sleep_until(until) => {}
        }
    }
    Ok(())
}

async fn drain(
    mut running: Running,
    tempo: &Tempo,
    on_report: &mut impl FnMut(Report),
) -> Result<(), StoreError> {
    let deadline = Instant::now() + tempo.drain;
    loop {
        tempo.pulse.beat();
        let (_, poll) = tokio::select! {
            () = tempo.pulse.asked() => continue,
            () = tokio::time::sleep_until(deadline) => break,
            done = running.next() => match done {
                Some(done) => done,
                None => break,
            },
        };
        match poll {
            Ok(report) => report.into_iter().for_each(&mut *on_report),
            Err(error) => warn!("a poll's result was lost: {error}"),
        }
    }
    if !running.is_empty() {
        warn!(
            polls = running.len(),
            "{} polls did not end in time and were cut off",
            running.len()
        );
    }
    Ok(())
}

/// The polls under way.
#[derive(Default)]
struct Running {
    tasks: JoinSet<Poll>,
    polls: HashMap<Id, Started>,
}

struct Started {
    scope: String,
    /// The claim, without what is known of the feed: there may be many.
    due: DueFeed,
    ticket: Ticket,
    task: AbortHandle,
}

impl Running {
    fn start(&mut self, ingest: &Ingest, claimed: Claimed) {
        let (ingest, ticket) = (ingest.clone(), Ticket::default());
        let due = DueFeed {
            id: claimed.feed.id.clone(),
            url: String::new(),
            state: FeedState::default(),
            ..claimed.feed
        };
        let poll = {
            let ticket = ticket.clone();
            async move { ingest.poll(claimed.feed, ticket).await }
        };
        let task = self.tasks.spawn(poll);
        let started = Started {
            scope: claimed.scope,
            due,
            ticket,
            task: task.clone(),
        };
        self.polls.insert(task.id(), started);
    }

    /// Ends the polls whose requests were not sent yet, and gives back their claims.
    fn withdraw(&mut self) -> Vec<DueFeed> {
        let unsent = self
            .polls
            .extract_if(|_, started| started.ticket.withdraw());
        unsent
            .map(|(_, started)| {
                started.task.abort();
                started.due
            })
            .collect()
    }

    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn len(&self) -> usize {
        self.tasks.len()
    }

    async fn next(&mut self) -> Option<(String, Poll)> {
        let joined = self.tasks.join_next_with_id().await?;
        Some(self.ended(joined))
    }

    fn try_next(&mut self) -> Option<(String, Poll)> {
        let joined = self.tasks.try_join_next_with_id()?;
        Some(self.ended(joined))
    }

    fn ended(&mut self, joined: Result<(Id, Poll), JoinError>) -> (String, Poll) {
        let (id, poll) = match joined {
            Ok((id, poll)) => (id, poll),
            Err(error) => {
                if !error.is_cancelled() {
                    // A panic in a poll ends that poll; its lease runs out by itself.
                    error!("a poll failed: {error}; this is a bug in Tidings, please report it");
                }
                (error.id(), Ok(None))
            }
        };
        let started = self.polls.remove(&id);
        (
            started.map(|started| started.scope).unwrap_or_default(),
            poll,
        )
    }
}
