//! What stands behind an `ik_queue`: calls that have ended and wait to be taken.

use std::collections::{HashMap, VecDeque};
use std::ffi::{c_int, c_void};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

use super::call::limit;
use super::describe::ik_call;
use super::process::Signal;
use super::stage;
use crate::client::call::{Call, Completion};
use crate::primitives::error::Error;
use crate::primitives::lock::lock;
use crate::primitives::status::Status;
use crate::transport::failure::refusal;
use crate::transport::runtime;
use crate::transport::system::system;
use crate::transport::threads::{TICK, end_of, wait};

/// A queue of one process.
pub struct Queue {
    fork_mark: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Those that have ended and wait to be taken.
    landed: VecDeque<Landed>,
    /// Those that run, under the numbers of their tickets; none yet for one that is just being sent.
    bound: HashMap<u64, Option<Arc<Call>>>,
    tickets: u64,
    signal: Option<Signal>,
    /// When a taker last made sure that somebody still works for the calls.
    looked_after: Instant,
    is_freed: bool,
}

/// One that was taken.
pub struct Landed {
    /// The call, which has ended.
    pub call: Arc<Call>,
    /// What was given with it.
    pub user_data: UserData,
}

/// What the host wants back. It is handed on and never looked at.
#[derive(Clone, Copy)]
pub struct UserData(pub *mut c_void);

// SAFETY: nobody here follows the pointer.
unsafe impl Send for UserData {}

impl Queue {
    /// A queue without any call.
    pub fn new() -> Result<Queue, Error> {
        let signal = Signal::new().map_err(|error| {
            let message = format!("a queue needs two descriptors: {}", refusal(&error));
            Error::new(Status::ResourceExhausted, message)
        })?;
        Ok(Queue {
            fork_mark: system().fork_mark(),
            state: Mutex::new(State {
                landed: VecDeque::new(),
                bound: HashMap::new(),
                tickets: 0,
                signal,
                looked_after: Instant::now(),
                is_freed: false,
            }),
            changed: Condvar::new(),
        })
    }

    /// A child must not even look at the lock of a queue that it inherited.
    pub fn check_process(&self) -> Result<(), Error> {
        match self.fork_mark == system().fork_mark() {
            true => Ok(()),
            false => Err(Error::new(
                Status::InvalidState,
                "the queue belongs to the process that this one was forked from: make a new one",
            )),
        }
    }

    /// Sends a call that lands here.
    pub fn start(self: &Arc<Self>, call: *mut ik_call, user_data: UserData) -> Result<(), Error> {
        let ticket = self.bind();
        let landing = Landing {
            queue: self.clone(),
            ticket,
            user_data,
        };
        let sent = stage::send(call, |_| Ok(Some(Box::new(landing))), |_| false);
        let mut state = self.lock();
        let Ok(sent) = sent else {
            state.bound.remove(&ticket);
            return sent.map(drop);
        };
        if let Some(bound) = state.bound.get_mut(&ticket) {
            *bound = Some(sent.clone());
        }
        let is_freed = state.is_freed;
        drop(state);
        if is_freed {
            sent.cancel();
        }
        Ok(())
    }

    fn bind(&self) -> u64 {
        let mut state = self.lock();
        state.tickets += 1;
        let ticket = state.tickets;
        state.bound.insert(ticket, None);
        ticket
    }

    fn land(&self, ticket: u64, landed: Landed) {
        let mut state = self.lock();
        state.bound.remove(&ticket);
        if !state.is_freed {
            state.landed.push_back(landed);
            state.show();
            drop(state);
            self.changed.notify_one();
        }
    }

    /// Waits for the next that has landed.
    pub fn next(&self, timeout_ms: u64) -> Result<Landed, Error> {
        let until = end_of(limit(timeout_ms));
        let mut state = self.lock();
        loop {
            if state.is_freed {
                return Err(Error::new(Status::Cancelled, "the queue was freed"));
            }
            if let Some(landed) = state.landed.pop_front() {
                state.show();
                return Ok(landed);
            }
            // Who waits, or asks again and again, may do so for a thread that the host has cut off.
            if state.looked_after.elapsed() >= TICK {
                state.looked_after = Instant::now();
                drop(state);
                runtime::look_after();
                state = self.lock();
                continue;
            }
            let tick = state.looked_after + TICK;
            let soon = until.map_or(tick, |until| until.min(tick));
            let woken = wait(&self.changed, state, Some(soon));
            if woken.is_none() && until.is_some_and(|until| until <= Instant::now()) {
                return Err(Error::new(Status::Pending, "no call has ended"));
            }
            state = woken.unwrap_or_else(|| self.lock());
        }
    }

    /// How many were started and not taken.
    pub fn pending(&self) -> u64 {
        let state = self.lock();
        u64::try_from(state.bound.len() + state.landed.len()).unwrap_or(u64::MAX)
    }

    /// The descriptor to be polled, while it is ours.
    pub fn descriptor(&self) -> Result<c_int, Error> {
        let state = self.lock();
        let signal = state.signal.as_ref().ok_or_else(|| {
            Error::new(
                Status::Unsupported,
                "this platform has no descriptors for queues",
            )
        })?;
        signal.descriptor().ok_or_else(|| {
            Error::new(
                Status::InvalidState,
                "this process closed the queue's descriptor: make a new queue",
            )
        })
    }

    /// Cancels what runs, drops what has landed.
    pub fn close(&self) {
        let (landed, bound) = {
            let mut state = self.lock();
            state.is_freed = true;
            state.signal = None;
            (
                std::mem::take(&mut state.landed),
                std::mem::take(&mut state.bound),
            )
        };
        self.changed.notify_all();
        drop(landed);
        bound.into_values().flatten().for_each(|call| call.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Lets the descriptor say whether completions wait.
    fn show(&mut self) {
        if let Some(signal) = &mut self.signal {
            signal.show(!self.landed.is_empty());
        }
    }
}

/// Lands a call in its queue.
struct Landing {
    queue: Arc<Queue>,
    ticket: u64,
    user_data: UserData,
}

impl Completion for Landing {
    fn note(self: Box<Self>, call: Arc<Call>) {
        let user_data = self.user_data;
        self.queue.land(self.ticket, Landed { call, user_data });
    }
}
