//! The one line in which all attempts of a client wait: for the server's pause and pace, which a 429
//! begins, for the client's own limit, and for a place among its open requests.
//!
//! First come, first served. Who leaves the line passes his turn on at once.

mod turns;

use std::collections::VecDeque;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::primitives::lock::lock;
use turns::Turns;
pub use turns::{Cause, MAX_OPEN, TooLate};

/// How long a long line is left alone after a look through it, and what a long one is.
const BETWEEN_SWEEPS: Duration = Duration::from_millis(10);
const LONG_LINE: usize = 1000;

/// The line in which the attempts of a client wait for their turns.
#[derive(Debug)]
pub struct Pace {
    state: Mutex<State>,
}

/// A place among the open requests, given back when this is dropped.
#[derive(Debug)]
#[must_use = "the request is open for as long as this is kept"]
pub struct Place<'a> {
    pace: &'a Pace,
}

#[derive(Debug)]
struct State {
    turns: Turns,
    /// In the order of their tickets.
    line: VecDeque<Arc<Waiter>>,
    /// How many ever stood in the line.
    tickets: u64,
    /// No sweep before this: a server that moves the turns with each answer must not keep us busy.
    next_sweep: Option<Instant>,
    /// Were turns moved since the last one?
    is_moved: bool,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    deadline: Option<Instant>,
    woken: Notify,
    /// Set when he was sent home.
    late: OnceLock<TooLate>,
}

impl Pace {
    /// A line that takes at most `limit` turns a second; 0 for no such limit.
    pub fn new(limit: u32) -> Pace {
        Pace {
            state: Mutex::new(State {
                turns: Turns::new(limit),
                line: VecDeque::new(),
                tickets: 0,
                next_sweep: None,
                is_moved: false,
            }),
        }
    }

    /// Learns what an answer says of the server's rate limit.
    pub fn observe(&self, spacing: Duration) {
        let now = Instant::now();
        let mut state = self.lock();
        if state.turns.observe(spacing, now) {
            state.note_move(now);
        }
    }

    /// Notes a 429 and the wait that it asks for, unless that is too long to be waited for.
    pub fn pause(&self, asked: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.lock();
        state.turns.pause(asked, now);
        state.note_move(now);
    }

    /// Waits for the next turn and a place, if they can come before the deadline.
    pub async fn turn(&self, deadline: Option<Instant>) -> Result<Place<'_>, TooLate> {
        let waiter = self.lock().join(deadline);
        InLine { pace: self, waiter }.wait().await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.lock();
        if state.turns.give_back() {
            state.wake_first();
        }
    }
}

impl State {
    fn join(&mut self, deadline: Option<Instant>) -> Arc<Waiter> {
        self.tickets += 1;
        let waiter = Arc::new(Waiter {
            ticket: self.tickets,
            deadline,
            woken: Notify::new(),
            late: OnceLock::new(),
        });
        self.line.push_back(waiter.clone());
        waiter
    }

    /// Turns were moved: at once, or soon, somebody looks through the line.
    fn note_move(&mut self, now: Instant) {
        self.is_moved = true;
        self.sweep_if_due(now);
        self.wake_first();
    }

    fn sweep_if_due(&mut self, now: Instant) {
        if self.is_moved && self.next_sweep.is_none_or(|next| next <= now) {
            let is_long = self.line.len() > LONG_LINE;
            self.next_sweep = is_long.then(|| now + BETWEEN_SWEEPS);
            self.is_moved = false;
            self.sweep(now);
        }
    }

    /// Turns were moved. Who is too late now goes home, and no longer stands before the others; only
    /// the first has to look at the clock anew.
    fn sweep(&mut self, now: Instant) {
        let (turns, mut ahead) = (&self.turns, 0);
        self.line.retain(|waiter| {
            let late = turns.verdict(now, waiter.deadline, ahead);
            match late {
                Some(late) => waiter.send_home(late),
                None => ahead += 1,
            }
            late.is_none()
        });
        self.wake_first();
    }

    fn wake_first(&self) {
        if let Some(first) = self.line.front() {
            first.woken.notify_one();
        }
    }

    /// How many stand before this one, if he stands in the line.
    fn ahead_of(&self, waiter: &Waiter) -> Option<usize> {
        let found = self
            .line
            .binary_search_by_key(&waiter.ticket, |one| one.ticket);
        found.ok()
    }

    fn leave(&mut self, waiter: &Waiter) {
        if let Some(ahead) = self.ahead_of(waiter) {
            self.line.remove(ahead);
            // Who stands behind the first waits for nothing but to be the first.
            if ahead == 0 {
                self.wake_first();
            }
        }
    }
}

impl Waiter {
    fn send_home(&self, late: TooLate) {
        let _ = self.late.set(late);
        self.woken.notify_one();
    }

    async fn until(&self, alarm: Option<Instant>) {
        let alarm = async {
            match alarm {
                Some(alarm) => sleep_until(alarm).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = alarm => {}
            () = self.woken.notified() => {}
        }
    }
}

/// One who stands in the line until this is dropped.
struct InLine<'a> {
    pace: &'a Pace,
    waiter: Arc<Waiter>,
}

impl<'a> InLine<'a> {
    async fn wait(self) -> Result<Place<'a>, TooLate> {
        loop {
            let alarm = {
                let now = Instant::now();
                let mut state = self.pace.lock();
                state.sweep_if_due(now);
                if let Some(late) = self.waiter.late.get() {
                    return Err(*late);
                }
                let ahead = state.ahead_of(&self.waiter).unwrap_or(0);
                if ahead == 0 && state.turns.is_due(now) {
                    state.turns.take(now);
                    state.leave(&self.waiter);
                    return Ok(Place { pace: self.pace });
                }
                let deadline = self.waiter.deadline;
                if let Some(late) = state.turns.verdict(now, deadline, ahead) {
                    return Err(late);
                }
                // For a place the first waits without a clock, as the others do for being the first.
                let turn = Some(state.turns.next(now, 0));
                let turn = turn.filter(|turn| ahead == 0 && *turn > now).or(deadline);
                // The first sees to it that the line is looked through when it may be.
                let sweep = state.next_sweep.filter(|_| ahead == 0 && state.is_moved);
                [turn, sweep].into_iter().flatten().min()
            };
            self.waiter.until(alarm).await;
        }
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.pace.lock().leave(&self.waiter);
    }
}

#[cfg(test)]
mod tests;
