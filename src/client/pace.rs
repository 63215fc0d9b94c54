//! The pace that all calls of a client share. A server that answers 429 pauses the whole client; after
//! that its requests keep the distance which the server's rate limit allows.
//!
//! A line of turns: first come, first served. Who leaves the line passes his turn on at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::retry::LONGEST_WAIT;

/// How long the server's pace is kept when no further 429 comes.
const MEMORY: Duration = Duration::from_secs(60);

/// How late a timer may be without the next turn being late for it.
const LATENESS: Duration = Duration::from_millis(5);

/// The turn cannot come before the deadline.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLate {
    /// How long the server's pause or pace makes one wait.
    pub wait: Duration,
}

/// The line in which the attempts of a client wait for their turns.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// No turn before this.
    paused_until: Option<Instant>,
    /// The distance between turns that the newest answer with a rate limit allows.
    spacing: Duration,
    /// The distance is kept until then.
    paced_until: Option<Instant>,
    last_turn: Option<Instant>,
    line: VecDeque<Arc<Place>>,
}

#[derive(Debug)]
struct Place {
    deadline: Instant,
    woken: Notify,
}

impl Pace {
    /// Learns what an answer says of the server's rate limit.
    pub fn observe(&self, spacing: Duration) {
        let mut state = self.lock();
        let is_new = spacing != state.spacing;
        state.spacing = spacing;
        if is_new {
            state.wake_all();
        }
    }

    /// Notes a 429 and the wait that it asks for, unless that is too long to be waited for.
    pub fn pause(&self, asked: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.lock();
        match asked.filter(|wait| !wait.is_zero() && *wait <= LONGEST_WAIT) {
            Some(wait) => {
                state.paused_until = state.paused_until.max(Some(now + wait));
                state.paced_until = state.paced_until.max(Some(now + wait + MEMORY));
                // The server says when there is a place again: distances count from there.
                state.last_turn = None;
            }
            None if state.is_paced(now) => {
                state.paced_until = state.paced_until.max(Some(now + MEMORY));
            }
            None => {}
        }
        state.wake_all();
    }

    /// Waits for the next turn, if it can come before the deadline.
    pub async fn turn(&self, deadline: Instant) -> Result<(), TooLate> {
        let place = {
            let now = Instant::now();
            let mut state = self.lock();
            let turn = state.next_turn(now, state.line.len());
            if turn <= now && state.line.is_empty() {
                state.last_turn = Some(now);
                return Ok(());
            }
            if turn > deadline {
                return Err(TooLate { wait: turn - now });
            }
            let place = Arc::new(Place {
                deadline,
                woken: Notify::new(),
            });
            state.line.push_back(place.clone());
            InLine { pace: self, place }
        };
        place.wait().await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Some may now learn that their turn comes sooner, or too late.
    fn wake_all(&self) {
        self.line.iter().for_each(|place| place.woken.notify_one());
    }

    fn is_paced(&self, now: Instant) -> bool {
        self.paced_until.is_some_and(|until| now < until)
    }

    /// When the one with so many ahead of him has his turn.
    fn next_turn(&self, now: Instant, ahead: usize) -> Instant {
        let free = self.paused_until.map_or(now, |until| until.max(now));
        let Some(forgotten) = self.paced_until.filter(|until| now < *until) else {
            return free;
        };
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let first = match self.last_turn {
            Some(last) => last.checked_add(self.spacing).map(|turn| turn.max(free)),
            None => Some(free),
        };
        let turn = first.and_then(|first| first.checked_add(self.spacing.saturating_mul(ahead)));
        // Once the pace is forgotten, nobody waits for it any more.
        let latest = forgotten.max(free);
        turn.map_or(latest, |turn| turn.min(latest))
    }

    /// Takes the turn that was waited for. A timer wakes a little late, which must not add up along the
    /// line: the next distance counts from when the turn was due.
    fn take_due_turn(&mut self, now: Instant) {
        let after_last = self
            .last_turn
            .and_then(|last| last.checked_add(self.spacing));
        let due = after_last.max(self.paused_until).unwrap_or(now);
        let lateness = now.saturating_duration_since(due);
        let is_timers = lateness <= LATENESS.min(self.spacing);
        self.last_turn = Some(if is_timers { due } else { now });
    }
}

/// A place in the line, given up when this is dropped.
struct InLine<'a> {
    pace: &'a Pace,
    place: Arc<Place>,
}

impl InLine<'_> {
    async fn wait(self) -> Result<(), TooLate> {
        loop {
            let turn = {
                let now = Instant::now();
                let mut state = self.pace.lock();
                let ahead = self.ahead(&state);
                let turn = state.next_turn(now, ahead);
                if ahead == 0 && turn <= now {
                    state.take_due_turn(now);
                    return Ok(());
                }
                if now >= self.place.deadline || turn > self.place.deadline {
                    let wait = turn.saturating_duration_since(now);
                    return Err(TooLate { wait });
                }
                (ahead == 0).then_some(turn)
            };
            match turn {
                Some(turn) => tokio::select! {
                    () = sleep_until(turn) => {}
                    () = self.place.woken.notified() => {}
                },
                None => tokio::select! {
                    () = sleep_until(self.place.deadline) => {}
                    () = self.place.woken.notified() => {}
                },
            }
        }
    }

    fn ahead(&self, state: &State) -> usize {
        let mut line = state.line.iter();
        line.position(|place| Arc::ptr_eq(place, &self.place))
            .unwrap_or(0)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.lock();
        let ahead = self.ahead(&state);
        state.line.remove(ahead);
        if let Some(first) = state.line.front() {
            first.woken.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
