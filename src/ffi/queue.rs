//! Queues of finished calls.

use std::collections::{HashMap, VecDeque};
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::call::{end_of, outcome_of};
use super::describe::ik_call;
use super::handle::{self, Object, Registry, Slots};
use super::process::{self, Signal};
use super::stage::{self, Stage};
use super::status::ik_status;
use super::string::{Out, is_null, quietly, status_of};
use crate::client::call::{Call, Completion, may_wait};
use crate::primitives::error::Error;
use crate::primitives::status::Status;
use crate::transport::failure::refusal;
use crate::transport::system::system;
use crate::transport::threads::wait;

/// A queue of calls that have ended: for a host with an event loop of its own, and for languages that
/// cannot be called back from a foreign thread. One takes calls of any number of clients.
///
/// In a child process every function on an inherited queue gives IK_STATUS_INVALID_STATE, and to free it
/// forgets it.
pub struct ik_queue {
    _private: [u8; 0],
}

/// What stands behind an `ik_queue`.
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
    is_freed: bool,
}

struct Landed {
    call: Arc<Call>,
    user_data: UserData,
}

/// What the host wants back. It is handed on and never looked at.
#[derive(Clone, Copy)]
struct UserData(*mut c_void);

// SAFETY: nobody here follows the pointer.
unsafe impl Send for UserData {}

impl Object for Queue {
    type Opaque = ik_queue;
    const NAME: &'static str = "queue";
    const MAKER: &'static str = "ik_queue_new()";
    const TYPE: u64 = 4;

    fn slots(registry: &mut Registry) -> &mut Slots<Self> {
        &mut registry.queues
    }
}

/// Makes a queue. It has two descriptors of its own until it is freed.
///
/// @param out_queue  Always set: the queue on success, else NULL. Yours: free it with ik_queue_free().
///
/// @retval IK_STATUS_OK                  The queue is in *out_queue.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are no descriptors, or about a million queues.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_queue_new(out_queue: *mut *mut ik_queue) -> ik_status {
    if !out_queue.is_null() {
        // SAFETY: not NULL, and by the header's rule valid until this call returns.
        unsafe { out_queue.write(ptr::null_mut()) };
    }
    status_of(|| {
        if out_queue.is_null() {
            return Err(is_null("out_queue"));
        }
        process::install();
        let queue = handle::insert(Queue::new()?)?;
        // SAFETY: as above.
        unsafe { out_queue.write(queue) };
        Ok(())
    })
}

/// Sends a call in the background. If this gives another status than IK_STATUS_OK, nothing was started
/// and the call stays as it is. Else exactly one completion lands in the queue, whatever happens.
///
/// @param queue      A queue.
/// @param call       A described call. May be freed at any time: freeing it before it has ended cancels
///                   it, and its completion lands as IK_STATUS_CANCELLED.
/// @param user_data  Comes back with the completion; never looked at. May be NULL.
///
/// @retval IK_STATUS_OK                  The call runs.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an option of the call was refused.
/// @retval IK_STATUS_INVALID_HANDLE      The queue or the call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE       The call was sent before, its client was shut down, or the queue
///                                       was inherited over a fork.
/// @retval IK_STATUS_CANCELLED           The call was cancelled, or a shutdown is in progress.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There is no room for a thread, or no descriptor.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_queue_start(
    queue: *mut ik_queue,
    call: *mut ik_call,
    user_data: *mut c_void,
) -> ik_status {
    status_of(|| {
        let queue = handle::get::<Queue>("queue", queue)?;
        handle::get::<Stage>("call", call)?;
        queue.check_process()?;
        queue.start(call, UserData(user_data))
    })
}

/// Takes the next completion, in the order in which calls ended. Each goes to one taker.
///
/// @param queue          A queue.
/// @param timeout_ms     How long to wait at most: 0 asks only, UINT64_MAX has no limit.
/// @param out_status     May be NULL. Else always set: what came of the call; 0 on failure.
/// @param out_user_data  May be NULL. Else always set: what was given to ik_queue_start(); NULL on failure.
/// @param out_json       Always set: with IK_STATUS_OK the call's answer, or its error document if
///                       *out_status is not IK_STATUS_OK; NULL with IK_STATUS_PENDING; with any other
///                       failure an error document about this function. Yours: free it with
///                       ik_string_free().
///
/// @retval IK_STATUS_OK                A completion was taken.
/// @retval IK_STATUS_PENDING           None came in this time.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL. Nothing was taken.
/// @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The queue was inherited over a fork.
/// @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread, and timeout_ms is above 0.
/// @retval IK_STATUS_CANCELLED         The queue was freed while this function waited.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any, any number at once. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_queue_next(
    queue: *mut ik_queue,
    timeout_ms: u64,
    out_status: *mut ik_status,
    out_user_data: *mut *mut c_void,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (taken, out) = unsafe { (Taken::new(out_status, out_user_data), Out::new(out_json)) };
    let Some(out) = out else {
        return Status::InvalidArgument as ik_status;
    };
    out.hand_over(|| {
        let queue = handle::get::<Queue>("queue", queue)?;
        if timeout_ms > 0 {
            may_wait()?;
        }
        queue.check_process()?;
        let landed = queue.next(timeout_ms)?;
        let (status, json) = outcome_of(&landed.call);
        taken.fill(status, landed.user_data);
        Ok(json)
    })
}

/// Tells how many calls were started on the queue whose completions were not taken yet.
///
/// @param queue      A queue.
/// @param out_count  Always set: their number; 0 on failure.
///
/// @retval IK_STATUS_OK                The number is in *out_count.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The queue was inherited over a fork.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_queue_get_pending(
    queue: *const ik_queue,
    out_count: *mut u64,
) -> ik_status {
    if !out_count.is_null() {
        // SAFETY: not NULL, and by the header's rule valid until this call returns.
        unsafe { out_count.write(0) };
    }
    status_of(|| {
        if out_count.is_null() {
            return Err(is_null("out_count"));
        }
        let queue = handle::get::<Queue>("queue", queue)?;
        queue.check_process()?;
        // SAFETY: as above.
        unsafe { out_count.write(queue.pending()) };
        Ok(())
    })
}

/// Gives the queue's descriptor, which polls readable exactly while completions wait to be taken
/// (level-triggered), with poll(), epoll, kqueue and all that is made of them. Only to be polled: it must
/// not be read, written or closed. It belongs to the queue and is closed with it: take it out of the event
/// loop before ik_queue_free().
///
/// @param queue   A queue.
/// @param out_fd  Always set: the descriptor; 0 on failure.
///
/// @retval IK_STATUS_OK                The descriptor is in *out_fd.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The queue was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The host closed it, or the queue was inherited over a fork.
///                                     ik_queue_next() works all the same where the host closed it.
/// @retval IK_STATUS_UNSUPPORTED       This platform has no such descriptors.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_queue_get_fd(queue: *const ik_queue, out_fd: *mut c_int) -> ik_status {
    if !out_fd.is_null() {
        // SAFETY: not NULL, and by the header's rule valid until this call returns.
        unsafe { out_fd.write(0) };
    }
    status_of(|| {
        if out_fd.is_null() {
            return Err(is_null("out_fd"));
        }
        let queue = handle::get::<Queue>("queue", queue)?;
        queue.check_process()?;
        let descriptor = queue.descriptor()?;
        // SAFETY: as above.
        unsafe { out_fd.write(descriptor) };
        Ok(())
    })
}

/// Frees a queue. Waits for nobody. Its calls that have not ended are cancelled, completions that were
/// not taken are dropped, and ik_queue_next() of other threads ends as IK_STATUS_CANCELLED. To get
/// each user_data back, cancel the calls and take until ik_queue_get_pending() says 0.
///
/// @param queue  A queue, or NULL or one that was freed, which does nothing.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_queue_free(queue: *mut ik_queue) {
    quietly(|| {
        let Some(queue) = handle::remove::<Queue>(queue) else {
            return;
        };
        match queue.check_process() {
            Ok(()) => queue.close(),
            // The parent's descriptors and locks.
            Err(_) => std::mem::forget(queue),
        }
    });
}

impl Queue {
    fn new() -> Result<Queue, Error> {
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
                is_freed: false,
            }),
            changed: Condvar::new(),
        })
    }

    /// A child must not even look at the lock of a queue that it inherited.
    fn check_process(&self) -> Result<(), Error> {
        match self.fork_mark == system().fork_mark() {
            true => Ok(()),
            false => Err(Error::new(
                Status::InvalidState,
                "the queue belongs to the process that this one was forked from: make a new one",
            )),
        }
    }

    fn start(self: &Arc<Self>, call: *mut ik_call, user_data: UserData) -> Result<(), Error> {
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

    fn next(&self, timeout_ms: u64) -> Result<Landed, Error> {
        let until = end_of(timeout_ms);
        let mut state = self.lock();
        loop {
            if state.is_freed {
                return Err(Error::new(Status::Cancelled, "the queue was freed"));
            }
            if let Some(landed) = state.landed.pop_front() {
                state.show();
                return Ok(landed);
            }
            let pending = || Error::new(Status::Pending, "no call has ended");
            state = wait(&self.changed, state, until).ok_or_else(pending)?;
        }
    }

    fn pending(&self) -> u64 {
        let state = self.lock();
        u64::try_from(state.bound.len() + state.landed.len()).unwrap_or(u64::MAX)
    }

    fn descriptor(&self) -> Result<c_int, Error> {
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

    fn close(&self) {
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Where C wants what belongs to a completion besides its string.
struct Taken {
    status: *mut ik_status,
    user_data: *mut *mut c_void,
}

impl Taken {
    /// Clears the places.
    ///
    /// # Safety
    /// Each is NULL, or a place that nobody else uses until this is dropped.
    unsafe fn new(status: *mut ik_status, user_data: *mut *mut c_void) -> Taken {
        let taken = Taken { status, user_data };
        taken.fill(0, UserData(ptr::null_mut()));
        taken
    }

    fn fill(&self, status: ik_status, user_data: UserData) {
        // SAFETY: each is written where it is not NULL, by the promise made to `new`.
        unsafe {
            if !self.status.is_null() {
                self.status.write(status);
            }
            if !self.user_data.is_null() {
                self.user_data.write(user_data.0);
            }
        }
    }
}
