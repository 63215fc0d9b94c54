//! Threads of ours that end by themselves and can be waited for.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::system::system;
use crate::primitives::lock::lock;

/// How many that have ended are kept to be joined.
const MAX_UNJOINED: usize = 8;

/// Some threads, until they are joined.
#[derive(Debug, Default)]
pub struct Threads {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    begun: u64,
    running: Vec<(u64, JoinHandle<()>)>,
    ended: Vec<JoinHandle<()>>,
    /// Those that will never end. Kept, so that they are not lost.
    abandoned: Vec<(u64, JoinHandle<()>)>,
    /// How many are joining what has ended.
    joining: usize,
}

impl Threads {
    /// Begins one more.
    pub fn begin(
        &'static self,
        name: &str,
        stack_bytes: usize,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<()> {
        let mut state = self.lock();
        // Whom nobody waited for, and who is long gone. Not joined here: the last that a thread does may be
        // a destructor of the host's, which waits for a lock that our caller holds.
        let gone = state.ended.len().saturating_sub(MAX_UNJOINED);
        state.ended.drain(..gone);
        let number = state.begun;
        let handle = system().spawn(
            name,
            stack_bytes,
            Box::new(move || {
                let _ending = Ending(self, number);
                body();
            }),
        )?;
        state.begun += 1;
        state.running.push((number, handle));
        Ok(())
    }

    /// Nobody is to wait for those that run: they will not end.
    pub fn abandon(&self) {
        let mut state = self.lock();
        let running = std::mem::take(&mut state.running);
        state.abandoned.extend(running);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until all have ended, and joins them. `false` where the time was too short.
    pub fn join(&self, until: Option<Instant>) -> bool {
        let mut state = self.lock();
        while !state.running.is_empty() || state.joining > 0 {
            match wait(&self.changed, state, until) {
                Some(woken) => state = woken,
                None => return false,
            }
        }
        let ended = std::mem::take(&mut state.ended);
        state.joining += 1;
        drop(state);
        for thread in ended {
            // It has nothing left to do, and a panic of its own has been reported.
            std::mem::forget(thread.join());
        }
        self.lock().joining -= 1;
        self.changed.notify_all();
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The last that a thread does.
struct Ending(&'static Threads, u64);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let mine = state
            .running
            .iter()
            .position(|(number, _)| *number == self.1);
        if let Some(mine) = mine {
            let (_, handle) = state.running.swap_remove(mine);
            state.ended.push(handle);
        }
        drop(state);
        self.0.changed.notify_all();
    }
}

/// How often those who wait for others make sure that somebody still works for them.
pub const TICK: Duration = Duration::from_secs(1);

/// When a time is over that begins now; never, where there is no limit or the clock ends before.
pub fn end_of(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

/// Waits for a change; `None` where the time is over.
pub fn wait<'a, T>(
    changed: &Condvar,
    state: MutexGuard<'a, T>,
    until: Option<Instant>,
) -> Option<MutexGuard<'a, T>> {
    let Some(until) = until else {
        return Some(changed.wait(state).unwrap_or_else(PoisonError::into_inner));
    };
    let left = until.saturating_duration_since(Instant::now());
    if left == Duration::ZERO {
        return None;
    }
    let woken = changed.wait_timeout(state, left);
    Some(woken.unwrap_or_else(PoisonError::into_inner).0)
}
