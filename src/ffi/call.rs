//! Calls under control.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use super::describe::ik_call;
use super::handle;
use super::stage::{self, Stage};
use super::status::ik_status;
use super::string::{Out, Text, copy, quietly, status_of};
use crate::client::call::{Call, Completion, may_wait};
use crate::primitives::error::Error;
use crate::primitives::status::Status;
use crate::transport::callbacks::Reservation;
use crate::transport::failure::refusal;
use crate::transport::threads::end_of;

/// Told once that a call has ended. Runs on the library's callback thread, one at a time and in the
/// order in which calls end; it has a stack of 1 MiB and all signals blocked but those that a fault
/// raises. It may take its time, which holds up other callbacks and nothing else. It must return: no
/// exception, no longjmp(), no end of the thread.
///
/// Functions that wait give IK_STATUS_WOULD_DEADLOCK in it; all others may be called, ik_call_free() of
/// this very call included. For a child that is forked in it see "fork()" above. Threads that are
/// started in it inherit its blocked signals, and so do the processes that those start: reset them
/// there. A language runtime that stops its threads by signals, as Mono does, must not be called
/// back: it waits, or takes from a queue.
///
/// @param user_data  What was given to ik_call_start().
/// @param status     What came of the call.
/// @param json       The answer, or an error document. Yours: free it with ik_string_free().
///
/// Threads: the library's callback thread.
/// Since 0.1.0.
pub type ik_call_done =
    Option<unsafe extern "C" fn(user_data: *mut c_void, status: ik_status, json: *mut c_char)>;

/// Sets how long this call may take, retries and waits included.
///
/// @param call        A described call.
/// @param timeout_ms  Milliseconds, 1 to 86400000. Default: the client's.
///
/// @retval IK_STATUS_OK                The time is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or out of range. The old value stays, and the call cannot
///                                     be sent until this function succeeds.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_call_set_timeout_ms(call: *mut ik_call, timeout_ms: u64) -> ik_status {
    status_of(|| {
        stage::set(call, "timeout_ms", |description| {
            description.set_timeout_ms(timeout_ms)
        })
    })
}

/// Sets how often this call is repeated when an attempt fails. With it a POST or PATCH is repeated like
/// the others, even where the server may have acted.
///
/// @param call         A described call.
/// @param max_retries  Any number; 0 for none. Default: the client's.
///
/// @retval IK_STATUS_OK                The number is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_call_set_max_retries(call: *mut ik_call, max_retries: u32) -> ik_status {
    status_of(|| {
        stage::set(call, "max_retries", |description| {
            description.set_max_retries(max_retries);
            Ok(())
        })
    })
}

/// Sets a header of this call's requests, in place of an earlier one of that name.
///
/// @param call   A described call.
/// @param name   The header's name, a token of 1 to 128 bytes. Refused, as they are the library's own:
///               Host, Authorization, Proxy-*, Connection, Content-Length, Transfer-Encoding, TE,
///               Upgrade, Expect and Accept-Encoding. Copied.
/// @param value  Its value, at most 8192 bytes of visible ASCII, spaces and tabs. Copied. A call has at
///               most 256 headers.
///
/// @retval IK_STATUS_OK                The header is set.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or one of them cannot be sent. The old value stays, and
///                                     the call cannot be sent until this function succeeds for the
///                                     same name.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was sent or cancelled.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_call_set_header(
    call: *mut ik_call,
    name: *const c_char,
    value: *const c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (name, value) = unsafe { (Text::new("name", name), Text::new("value", value)) };
    status_of(|| stage::set_header(call, name.required(), value.required()))
}

/// Sends a call, waits, and gives its result.
///
/// @param call      A described call.
/// @param out_json  Always set: on success the answer, byte for byte the server's; on failure an error
///                  document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The answer is in *out_json.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an option of the call was refused. Nothing was sent,
///                                     and the call stays as it is; so it does with the next three.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was sent before, or its client was shut down.
/// @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread: start the call instead.
/// @retval IK_STATUS_CANCELLED         By ik_call_cancel(), ik_call_free() or a shutdown.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_call_perform(
    call: *mut ik_call,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let Some(out) = (unsafe { Out::new(out_json) }) else {
        return Status::InvalidArgument as ik_status;
    };
    out.answer(|| {
        handle::get::<Stage>("call", call)?;
        may_wait()?;
        let is_result = |status| status != Status::InvalidState;
        let sent = stage::send(call, |_| Ok(None), is_result)?;
        sent.wait(None);
        copy(sent.result()?)
    })
}

/// Sends a call in the background. If this gives another status than IK_STATUS_OK, nothing was started:
/// the call stays as it is, and user_data is not touched. Else on_done runs exactly once, whatever
/// happens: perhaps before this function returns, perhaps after ik_call_free() or ik_client_free() has
/// returned. Only ik_shutdown() and ik_client_shutdown() wait for it.
///
/// @param call       A described call. May be freed at any time: freeing it before it has ended cancels
///                   it. To fire and forget, free it in on_done.
/// @param on_done    What is told of its end, or NULL: then wait with ik_call_wait().
/// @param user_data  Passed to on_done, which alone touches it. May be NULL.
///
/// @retval IK_STATUS_OK                  The call runs.
/// @retval IK_STATUS_INVALID_ARGUMENT    The call is NULL, or an option of it was refused.
/// @retval IK_STATUS_INVALID_HANDLE      The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE       The call was sent before, or its client was shut down.
/// @retval IK_STATUS_CANCELLED           The call was cancelled, or a shutdown is in progress.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There is no room for a thread, or no descriptor.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_call_start(
    call: *mut ik_call,
    on_done: ik_call_done,
    user_data: *mut c_void,
) -> ik_status {
    status_of(|| {
        let on_done = on_done.map(|function| OnDone {
            function,
            user_data,
        });
        stage::send(
            call,
            |description| match on_done {
                // Before a thread is started: a shutdown waits for it.
                Some(on_done) => {
                    description.check_open()?;
                    Ok(Some(Box::new(Told::new(on_done, description.owner())?)))
                }
                None => Ok(None),
            },
            |_| false,
        )?;
        Ok(())
    })
}

/// Waits until a call has ended, and gives its result: every time, to any number of threads, to each a
/// string of its own. Whoever takes the result first has it checked, on his own time whatever timeout_ms
/// says: about a millisecond for each 300 kB; each string is a copy.
///
/// @param call        A call that was sent.
/// @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
/// @param out_json    May be NULL. Else always set: on success the answer, byte for byte the server's;
///                    NULL with IK_STATUS_PENDING; with any other failure an error document. Yours: free
///                    it with ik_string_free().
///
/// @retval IK_STATUS_OK                The answer is in *out_json.
/// @retval IK_STATUS_PENDING           The call has not ended in this time; it goes on.
/// @retval IK_STATUS_INVALID_ARGUMENT  The call is NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was not sent yet.
/// @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread, and timeout_ms is above 0.
/// @retval IK_STATUS_CANCELLED         By ik_call_cancel(), ik_call_free() or a shutdown; or the call runs
///                                     in the process that this one was forked from.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any, any number at once. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_call_wait(
    call: *mut ik_call,
    timeout_ms: u64,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let out = unsafe { Out::optional(out_json) };
    let is_wanted = out.is_wanted();
    out.reply(|| {
        let stage = handle::get::<Stage>("call", call)?;
        if timeout_ms > 0 {
            may_wait()?;
        }
        let call = stage.call()?;
        drop(stage);
        if !call.wait(end_of(limit(timeout_ms))) {
            return Err(Error::new(Status::Pending, "the call runs"));
        }
        let result = call.result()?;
        is_wanted.then(|| copy(result)).transpose()
    })
}

/// Cancels a call. If it has not ended, it ends as IK_STATUS_CANCELLED at once: its callback comes, its
/// connection does no further work, the server may have acted or not. A call that was not sent yet ends
/// so too: it is never sent, and nothing is told. Waits for nobody.
///
/// @param call  A call.
///
/// @retval IK_STATUS_OK                The call has ended, now or before.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_call_cancel(call: *mut ik_call) -> ik_status {
    status_of(|| stage::cancel(call))
}

/// Gets what is known of a call that has ended, besides its answer:
///
/// @code{.json}
/// {"httpStatus":200,"httpVersion":"HTTP/2","requestId":"...","attempts":2,"retryAfterMs":300,
///   "rateLimit":{"limit":40,"intervalMs":1000,"resetMs":300},
///   "timings":{"queuedUs":90,"firstByteUs":304211,"totalUs":304800},"wireBytes":812,
///   "headers":{"content-type":["application/json"],"x-ik-requestid":["..."]}}
/// @endcode
///
/// The answer's own are those of the last attempt; what does not apply is null, which all of them are
/// where there was no answer. "retryAfterMs" is the last wait that the server asked for. "timings" are
/// microseconds from the start of the call: until its first request was sent, until the head of the
/// last answer was there, until the end. "wireBytes" counts the body as it came, before
/// decompression. "headers" have lower-case names, each with all of its values. Fields may be added,
/// never removed. The private key and a proxy's password are *** in it.
///
/// @param call      A call.
/// @param out_json  Always set: on success this document; NULL with IK_STATUS_PENDING; with any other
///                  failure an error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The document is in *out_json.
/// @retval IK_STATUS_PENDING           The call has not ended.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The call was freed, or never was one.
/// @retval IK_STATUS_INVALID_STATE     The call was not sent yet, or it runs in the process that this one
///                                     was forked from.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_call_get_metadata(
    call: *const ik_call,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: NULL, or valid until this call returns.
    let Some(out) = (unsafe { Out::new(out_json) }) else {
        return Status::InvalidArgument as ik_status;
    };
    out.answer(|| {
        let call = handle::get::<Stage>("call", call)?.call()?;
        call.metadata().map(String::into_bytes)
    })
}

/// Frees a call. Waits for nobody. One that has not ended is cancelled: its callback still comes, once,
/// and a wait of another thread ends as IK_STATUS_CANCELLED.
///
/// @param call  A call, or NULL or one that was freed, which does nothing.
///
/// Threads: any, at any time, in the call's own callback too.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_call_free(call: *mut ik_call) {
    quietly(|| {
        let stage = handle::remove::<Stage>(call);
        if let Some(Ok(call)) = stage.map(|stage| stage.call()) {
            call.cancel();
        }
    });
}

/// A time as C gives it; `None` without a limit.
pub fn limit(timeout_ms: u64) -> Option<Duration> {
    (timeout_ms != u64::MAX).then(|| Duration::from_millis(timeout_ms))
}

/// What came of a call, for C: the status, and a string that its receiver frees.
pub fn outcome_of(call: &Call) -> (ik_status, *mut c_char) {
    let mut json = std::ptr::null_mut();
    // SAFETY: `json` is a place for a pointer, and nobody else's.
    let out = unsafe { Out::optional(&mut json) };
    let status = out.answer(|| copy(call.result()?));
    (status, json)
}

/// The host's function with what it wants to be given.
#[derive(Clone, Copy)]
struct OnDone {
    function: unsafe extern "C" fn(*mut c_void, ik_status, *mut c_char),
    user_data: *mut c_void,
}

// SAFETY: by the header's rule `user_data` may be used on the callback thread; we only hand it on.
unsafe impl Send for OnDone {}

impl OnDone {
    fn tell(self, call: &Call) {
        let (status, json) = outcome_of(call);
        // SAFETY: by the header's rule the function may be called so, once.
        unsafe { (self.function)(self.user_data, status, json) };
    }
}

/// Tells the host on the callback thread.
struct Told {
    on_done: OnDone,
    reservation: Reservation,
}

impl Told {
    /// Makes sure that there is a thread for it.
    fn new(on_done: OnDone, owner: u64) -> Result<Told, Error> {
        let reservation = Reservation::new(owner).map_err(|error| {
            let message = format!("there is no callback thread: {}", refusal(&error));
            Error::new(Status::ResourceExhausted, message)
        })?;
        Ok(Told {
            on_done,
            reservation,
        })
    }
}

impl Completion for Told {
    fn note(self: Box<Self>, call: Arc<Call>) {
        let on_done = self.on_done;
        self.reservation.fulfil(move || on_done.tell(&call));
    }
}
