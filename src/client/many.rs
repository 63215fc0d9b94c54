//! Many files in one call: as many at once as wanted, each result as it arrives, on the caller's thread.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use super::Client;
use super::call::{Audience, Call, Clock, Completion, may_wait};
use super::description::closed;
use super::duplicates::{Duplicates, Ids};
use super::operation;
use super::pace::MAX_OPEN;
use crate::primitives::error::Error;
use crate::primitives::lock::lock;
use crate::primitives::status::Status;
use crate::transport::system::system;
use crate::transport::threads::{TICK, wait};
use crate::transport::{runtime, shutdown};

/// How many requests are open at once where the caller does not say.
const DEFAULT_CONCURRENCY: usize = 32;

/// What came of one file.
pub type Outcome = Result<Vec<u8>, Error>;

impl Client {
    /// Gets the versions of many files and reports each as it arrives, here and now. Files that are named
    /// more than once are fetched once and reported for each index. `on_result` says whether to stop.
    ///
    /// # Errors
    /// `cancelled` where `on_result` or a shutdown stopped it, `invalid_state` where the client was shut
    /// down before, `would_deadlock` inside a callback, `resource_exhausted` for want of memory.
    pub fn get_file_versions_many(
        &self,
        ids: &impl Ids,
        max_concurrency: u32,
        on_result: impl FnMut(u32, &Outcome) -> bool,
    ) -> Result<(), Error> {
        may_wait()?;
        if ids.count() == 0 {
            return Ok(());
        }
        let shutdowns = shutdown::begun();
        if shutdown::is_in_progress() {
            return Err(stopped("a shutdown is in progress"));
        }
        if self.shared.is_closed() {
            return Err(closed());
        }
        let mut many = Many {
            client: self,
            duplicates: Duplicates::new(ids)?,
            ids,
            on_result,
            shutdowns,
            fork_mark: system().fork_mark(),
            arrivals: Arc::default(),
            running: HashMap::new(),
        };
        let concurrency = match usize::try_from(max_concurrency) {
            Ok(0) => DEFAULT_CONCURRENCY,
            wanted => wanted.unwrap_or(MAX_OPEN).min(MAX_OPEN),
        };
        let done = many.run(concurrency);
        many.leave();
        done
    }
}

struct Many<'a, I, F> {
    client: &'a Client,
    ids: &'a I,
    duplicates: Duplicates<'a, I>,
    on_result: F,
    /// How many shutdowns had begun before.
    shutdowns: u64,
    fork_mark: u64,
    arrivals: Arc<Arrivals>,
    running: HashMap<u32, Arc<Call>>,
}

impl<I: Ids, F: FnMut(u32, &Outcome) -> bool> Many<'_, I, F> {
    fn run(&mut self, concurrency: usize) -> Result<(), Error> {
        let mut waiting = 0..self.ids.count();
        loop {
            while self.running.len() < concurrency {
                match waiting.next() {
                    Some(index) => self.take_up(index)?,
                    None => break,
                }
            }
            if self.running.is_empty() {
                return Ok(());
            }
            let (index, call) = self.next_arrival()?;
            self.running.remove(&index);
            self.report_all(index, &call.take())?;
        }
    }

    /// Sends the request for an id, unless it needs none.
    fn take_up(&mut self, index: u32) -> Result<(), Error> {
        let operation = match self.ids.id(index).and_then(operation::get_file_versions) {
            Ok(operation) => operation,
            Err(error) => return self.report(index, &Err(error)),
        };
        if !self.duplicates.is_first(index) {
            return Ok(());
        }
        let description = match self.client.describe(operation) {
            Ok(description) => Arc::new(description),
            Err(error) => return self.report_all(index, &Err(error)),
        };
        let arrival = Arrival {
            arrivals: self.arrivals.clone(),
            index,
        };
        // Its time runs from its first turn on: those that wait for the pace are not late.
        let clock = Clock::AtTurn;
        let call = Call::new(description, Audience::One, clock, Some(Box::new(arrival)));
        match call.send() {
            Ok(()) => {
                self.running.insert(index, call);
                Ok(())
            }
            Err(error) => self.report_all(index, &Err(error)),
        }
    }

    fn next_arrival(&self) -> Result<(u32, Arc<Call>), Error> {
        let mut tick = Instant::now() + TICK;
        let mut landed = self.arrivals.lock();
        loop {
            if let Some(arrived) = landed.calls.pop_front() {
                return Ok(arrived);
            }
            landed.is_awaited = true;
            let woken = wait(&self.arrivals.changed, landed, Some(tick));
            landed = woken.unwrap_or_else(|| {
                runtime::look_after();
                tick = Instant::now() + TICK;
                self.arrivals.lock()
            });
            self.check()?;
        }
    }

    /// Reports an outcome for every index that it is for.
    fn report_all(&mut self, index: u32, outcome: &Outcome) -> Result<(), Error> {
        let mut next = Some(index);
        while let Some(same) = next {
            self.report(same, outcome)?;
            next = self.duplicates.next_after(same);
        }
        Ok(())
    }

    fn report(&mut self, index: u32, outcome: &Outcome) -> Result<(), Error> {
        self.check()?;
        match (self.on_result)(index, outcome) {
            true => Err(stopped("its callback asked for it")),
            false => self.check(),
        }
    }

    /// Must it stop? A shutdown meant all of it, however many of its calls were there to be ended; and
    /// in a child that the callback forked there is nothing to go on with.
    fn check(&self) -> Result<(), Error> {
        let is_shut_down = shutdown::begun() != self.shutdowns || self.client.shared.is_closed();
        match self.is_in_child() || is_shut_down {
            true => Err(stopped("a shutdown")),
            false => Ok(()),
        }
    }

    fn is_in_child(&self) -> bool {
        self.fork_mark != system().fork_mark()
    }

    /// Cancels what still runs.
    fn leave(self) {
        if self.is_in_child() {
            return std::mem::forget((self.running, self.arrivals)); // the parent's
        }
        self.running.into_values().for_each(|call| call.cancel());
    }
}

/// The calls that have ended and were not reported yet.
#[derive(Default)]
struct Arrivals {
    landed: Mutex<Landed>,
    changed: Condvar,
}

#[derive(Default)]
struct Landed {
    calls: VecDeque<(u32, Arc<Call>)>,
    /// Does the caller sleep? To wake nobody would cost as much as to wake him.
    is_awaited: bool,
}

impl Arrivals {
    fn lock(&self) -> MutexGuard<'_, Landed> {
        lock(&self.landed)
    }
}

struct Arrival {
    arrivals: Arc<Arrivals>,
    index: u32,
}

impl Completion for Arrival {
    fn note(self: Box<Self>, call: Arc<Call>) {
        let mut landed = self.arrivals.lock();
        landed.calls.push_back((self.index, call));
        let is_awaited = std::mem::take(&mut landed.is_awaited);
        drop(landed);
        if is_awaited {
            self.arrivals.changed.notify_one();
        }
    }
}

fn stopped(why: &str) -> Error {
    Error::new(Status::Cancelled, format!("stopped: {why}"))
}
