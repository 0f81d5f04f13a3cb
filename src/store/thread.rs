//! One owner thread per connection, a bounded queue in front of it, and group commit.
//!
//! Batches that wait together are committed in one transaction, each acknowledged after that
//! transaction is durable. A panic in a job becomes an error of that job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{Backend, Packed, StoreError};
use crate::model::Committed;

/// Batches in one transaction at most; bounds the memory and the time of one commit.
const GROUP: usize = 64;
/// How long a commit waits for company.
const LINGER: Duration = Duration::from_millis(20);
/// Jobs that may wait; a full queue makes callers wait, which is the back-pressure.
const QUEUE: usize = 256;

type Reply = oneshot::Sender<Result<Committed, StoreError>>;
type Call = Box<dyn FnOnce(&mut dyn Backend) + Send>;

enum Job {
    Commit(Box<Packed>, Reply),
    Call(Call),
    Stop,
}

/// The sending side; clones share the thread, which ends when it is told to or when the last clone
/// is gone.
#[derive(Clone)]
pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// Starts the thread that owns `backend`.
    pub(super) fn start(
        name: &str,
        mut backend: Box<dyn Backend>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || serve(backend.as_mut(), &mut queue))?;
        Ok((Self { jobs }, thread))
    }

    /// Runs `work` on the thread.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Backend) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Call(Box::new(move |backend| {
            // The caller may have stopped waiting; the work is done all the same.
            let _ = reply.send(work(backend));
        }));
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Lets the thread end when what is queued by now is done.
    pub(super) async fn stop(self) {
        // An error says that it has ended already.
        let _ = self.jobs.send(Job::Stop).await;
    }

    /// Commits one batch, in one transaction with others that wait at the same time.
    pub(super) async fn commit(&self, batch: Packed) -> Result<Committed, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send(Job::Commit(Box::new(batch), reply))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

fn serve(backend: &mut dyn Backend, queue: &mut mpsc::Receiver<Job>) {
    let mut waiting = Vec::with_capacity(GROUP);
    while queue.blocking_recv_many(&mut waiting, GROUP) > 0 {
        linger(&mut waiting, queue);
        let (mut batches, mut replies) = (Vec::new(), Vec::new());
        for job in waiting.drain(..) {
            match job {
                Job::Commit(batch, reply) => {
                    batches.push(*batch);
                    replies.push(reply);
                }
                // What is queued already is still done; the loop ends behind it.
                Job::Stop => queue.close(),
                // What was queued before this call is committed before it.
                Job::Call(call) => {
                    commit(backend, &mut batches, &mut replies);
                    // A panic drops the reply, which the caller sees as `Closed`.
                    let _ = catch_unwind(AssertUnwindSafe(|| call(backend)));
                }
            }
        }
        commit(backend, &mut batches, &mut replies);
    }
}

/// Lets a group of commits grow: every transaction writes the same index pages anew and waits for
/// the disk, so that a few milliseconds more for each poll halve the work of many.
fn linger(waiting: &mut Vec<Job>, queue: &mut mpsc::Receiver<Job>) {
    let only_commits = waiting.iter().all(|job| matches!(job, Job::Commit(..)));
    if !only_commits || waiting.len() >= GROUP {
        return;
    }
    std::thread::sleep(LINGER);
    while waiting.len() < GROUP
        && let Ok(job) = queue.try_recv()
    {
        waiting.push(job);
    }
}

/// Commits the group; when the whole group fails, each batch is tried alone, so that one bad
/// batch never loses another feed's articles.
fn commit(backend: &mut dyn Backend, batches: &mut Vec<Packed>, replies: &mut Vec<Reply>) {
    if batches.is_empty() {
        return;
    }
    let group = std::mem::take(batches);
    let replies = std::mem::take(replies);
    match guarded(backend, &group) {
        Ok(results) => {
            for (reply, result) in replies.into_iter().zip(results) {
                let _ = reply.send(result);
            }
        }
        Err(error) if group.len() == 1 => {
            if let Some(reply) = replies.into_iter().next() {
                let _ = reply.send(Err(error));
            }
        }
        // Nobody's fault, and each try alone would wait as long again.
        Err(StoreError::Busy { path }) => {
            for reply in replies {
                let _ = reply.send(Err(StoreError::Busy { path: path.clone() }));
            }
        }
        Err(_) => {
            for (batch, reply) in group.into_iter().zip(replies) {
                let alone = guarded(backend, std::slice::from_ref(&batch));
                let result =
                    alone.and_then(|mut results| results.pop().unwrap_or(Err(StoreError::Closed)));
                let _ = reply.send(result);
            }
        }
    }
}

fn guarded(
    backend: &mut dyn Backend,
    group: &[Packed],
) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    catch_unwind(AssertUnwindSafe(|| backend.commit_packed(group)))
        .unwrap_or(Err(StoreError::Closed))
}

#[cfg(test)]
#[path = "thread_tests.rs"]
mod tests;
