//! Queues of finished calls.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use super::call::outcome_of;
use super::completions::{Queue, UserData};
use super::describe::ik_call;
use super::handle::{self, Object, Registry, Slots};
use super::place::Place;
use super::process;
use super::stage::Stage;
use super::status::ik_status;
use super::string::{Out, quietly, status_of};
use crate::client::call::may_wait;
use crate::primitives::status::Status;

/// A queue of calls that have ended: for a host with an event loop of its own, and for languages that
/// cannot be called back from a foreign thread. One takes calls of any number of clients, and of calls as
/// many as there is memory for; but at most 256 requests of a client are open at once, and the time that
/// the others wait in line counts as theirs: do not start more than can end in time.
///
/// In a child process every function on an inherited queue gives IK_STATUS_INVALID_STATE, and to free it
/// forgets it.
pub struct ik_queue {
    _private: [u8; 0],
}

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
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let place = unsafe { Place::new(out_queue, ptr::null_mut()) };
    status_of(|| {
        let place = place.required("out_queue")?;
        process::install();
        place.fill(handle::insert(Queue::new()?)?);
        Ok(())
    })
}

/// Sends a call in the background. If this gives another status than IK_STATUS_OK, nothing was started
/// and the call stays as it is. Else exactly one completion lands in the queue, whatever happens.
///
/// @param queue      A queue.
/// @param call       A described call. Free it when its completion was taken, which user_data may lead
///                   to. It may be freed before: that cancels it, if it has not ended, and its
///                   completion lands as IK_STATUS_CANCELLED.
/// @param user_data  Comes back with the completion; never looked at. May be NULL.
///
/// @retval IK_STATUS_OK                  The call runs.
/// @retval IK_STATUS_INVALID_ARGUMENT    The queue or the call is NULL, or an option of the call was
///                                       refused.
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

/// Takes the next completion, in the order in which calls ended. Each goes to one taker, who has the
/// answer checked on his own time, whatever timeout_ms says: about a millisecond for each 300 kB.
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
/// @retval IK_STATUS_INVALID_ARGUMENT  The queue or out_json is NULL. Nothing was taken.
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
    let (status, data, out) = unsafe {
        let status = Place::new(out_status, 0);
        let data = Place::new(out_user_data, ptr::null_mut());
        (status, data, Out::new(out_json))
    };
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
        let (came_of_it, json) = outcome_of(&landed.call);
        status.fill(came_of_it);
        data.fill(landed.user_data.0);
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
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let place = unsafe { Place::new(out_count, 0) };
    status_of(|| {
        let place = place.required("out_count")?;
        let queue = handle::get::<Queue>("queue", queue)?;
        queue.check_process()?;
        place.fill(queue.pending());
        Ok(())
    })
}

/// Gives the queue's descriptor, which polls readable exactly while completions wait to be taken
/// (level-triggered), with poll(), epoll, kqueue and all that is made of them. Only to be polled: it must
/// not be read, written or closed. It belongs to the queue and is closed with it: take it out of the event
/// loop before ik_queue_free().
///
/// @param queue   A queue.
/// @param out_fd  Always set: the descriptor; 0 on failure, which is standard input: look at the status.
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
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let place = unsafe { Place::new(out_fd, 0) };
    status_of(|| {
        let place = place.required("out_fd")?;
        let queue = handle::get::<Queue>("queue", queue)?;
        queue.check_process()?;
        place.fill(queue.descriptor()?);
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
