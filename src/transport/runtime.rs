//! The I/O thread and its runtime. Callers hand jobs over and wait; they never run the runtime.
//!
//! A runtime belongs to a *generation*: to one process, and to descriptors that are still ours. After
//! a fork, or when the host has closed our descriptors, the generation is abandoned and a new one
//! begins. Nothing of an abandoned generation is dropped, woken or closed: its descriptors may be
//! the parent's, or the host's by now. It stays on a list for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use once_cell::race::OnceBox;
use tokio::runtime::Builder;

use super::generation::Generation;
use crate::primitives::lock::lock;

/// Work for the I/O thread.
pub trait Job: Send + Sync {
    /// Under which number its client's connections are kept.
    fn owner(&self) -> u64;

    /// May it still begin? Asked at the moment when it is taken.
    fn may_begin(&self) -> bool;

    /// The work itself, polled on the I/O thread.
    fn run(self: Arc<Self>, generation: &'static Generation) -> Work;

    /// Ends the job without its answer, in memory alone. Without effect where it has ended.
    fn end(self: Arc<Self>, why: Ended);
}

/// A job's work, as the runtime polls it.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a job ended without its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The host closed our descriptors under it.
    Lost,
    /// A defect of ours.
    Defect,
    /// The system refused what the runtime needs; this is its reason.
    Refused(String),
    /// A shutdown of the process or of its client.
    Shutdown,
}

/// Why a job was not taken.
#[derive(Debug)]
pub enum NotTaken {
    /// The system refused what the runtime needs.
    Refused(io::Error),
    /// The process is being shut down.
    Shutdown,
    /// Its owner may not begin anything any more.
    Closed,
}

/// The generations of this process and of those that it was forked from; the last is current.
static FIRST: OnceBox<Generation> = OnceBox::new();

/// Held while a generation, its runtime or an HTTP client is made, and over every fork: no child begins
/// its life in the middle of a construction.
static CONSTRUCTION: Mutex<Construction> = Mutex::new(Construction { builder: None });

/// What constructions have in common.
pub struct Construction {
    builder: Option<Builder>,
}

impl Construction {
    /// What makes runtimes, each with the hooks that were set last.
    pub(super) fn builder(&mut self) -> &mut Builder {
        self.builder.get_or_insert_with(Builder::new_current_thread)
    }
}

/// Waits for a construction in progress and keeps others from beginning.
pub fn lock_construction() -> MutexGuard<'static, Construction> {
    lock(&CONSTRUCTION)
}

/// Reads what runtimes want of the environment, here and now: later and on a thread of ours it might be
/// read while the host changes it.
pub fn read_environment() {
    lock_construction().builder();
}

/// Hands a job to the I/O thread, which is started where it does not run yet.
pub fn submit(job: &Arc<dyn Job>) -> Result<Ticket, NotTaken> {
    loop {
        let generation = current().map_err(NotTaken::Refused)?;
        // Abandoned between the look at it and the order: the next one is found or made.
        if let Some(ticket) = generation.take(job)? {
            return Ok(ticket);
        }
    }
}

/// A job that was taken.
#[derive(Clone, Copy)]
pub struct Ticket {
    generation: &'static Generation,
    key: u64,
}

impl Ticket {
    pub(super) fn new(generation: &'static Generation, key: u64) -> Ticket {
        Ticket { generation, key }
    }

    /// Lets the I/O thread drop the work, wherever it stands.
    pub fn withdraw(self) {
        if self.generation.is_ours() {
            self.generation.withdraw(self.key);
        }
    }
}

/// Drops what is kept under `owner` on the I/O thread. Without effect after a fork.
pub fn evict(owner: u64) {
    if let Some(generation) = newest().filter(|generation| generation.is_ours()) {
        generation.evict(owner);
    }
}

/// Ends all jobs, or those of one owner.
pub fn end_jobs(owner: Option<u64>) {
    generations_of_this_process().for_each(|generation| generation.end_jobs(owner));
}

/// Ends the jobs of a generation whose descriptors the host has closed, where its own thread sleeps.
pub fn look_after() {
    generations_of_this_process().for_each(Generation::end_if_lost);
}

/// Stops the I/O thread and waits for it and for the names that it looks up. `false` where the time
/// was too short for that.
pub fn stop(until: Option<Instant>) -> bool {
    // What is abandoned is never joined.
    let current = newest().filter(|generation| generation.is_ours());
    current.is_none_or(|generation| generation.stop(until))
}

/// A number under which an owner keeps something with each generation; never given twice.
pub fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn newest() -> Option<&'static Generation> {
    generations().last()
}

/// Those that nobody has found abandoned yet: of them all but the newest have lost their descriptors.
fn generations_of_this_process() -> impl Iterator<Item = &'static Generation> {
    generations().filter(|generation| generation.is_of_this_process())
}

fn generations() -> impl Iterator<Item = &'static Generation> {
    std::iter::successors(FIRST.get(), |generation| generation.next.get())
}

fn current() -> io::Result<&'static Generation> {
    if let Some(generation) = newest().filter(|generation| generation.is_ours()) {
        return Ok(generation);
    }
    let _construction = lock_construction();
    match newest() {
        Some(generation) if generation.is_ours() => Ok(generation),
        Some(abandoned) => abandoned
            .next
            .get_or_try_init(|| Generation::new().map(Box::new)),
        None => FIRST.get_or_try_init(|| Generation::new().map(Box::new)),
    }
}
