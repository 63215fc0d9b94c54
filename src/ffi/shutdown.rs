//! Shutdown.

use super::call::limit;
use super::client::ik_client;
use super::handle;
use super::process;
use super::status::ik_status;
use super::string::status_of;
use crate::client::Client;
use crate::client::shutdown::shutdown;

/// Ends everything in the process: all calls end as IK_STATUS_CANCELLED, those that other threads wait
/// for included; then waits until every callback that is due has returned and no code of the host runs
/// on the library's threads, and joins them. For a host that is about to tear its language's runtime
/// down or to unload a plugin. While at least one shutdown is in progress, everything that is sent gives
/// IK_STATUS_CANCELLED at once; after the last one the library can be used again.
///
/// Clients, calls and queues stay to be freed. A client that was made before logs to no callback any more.
///
/// @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
///
/// @retval IK_STATUS_OK              No code of the host runs on the library's threads, and they are
///                                   joined. With everything freed, a leak checker finds nothing.
/// @retval IK_STATUS_PENDING         The time ran out while a callback or the look-up of a name still
///                                   runs, or a thread is still ending. All calls have ended; call again
///                                   to wait longer.
/// @retval IK_STATUS_WOULD_DEADLOCK  This is the callback thread. Nothing was cancelled.
/// @retval IK_STATUS_INTERNAL        A defect in this library.
///
/// Threads: any, any number at once, each with a time of its own. Not from a library's destructor.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_shutdown(timeout_ms: u64) -> ik_status {
    status_of(|| {
        process::install();
        shutdown(limit(timeout_ms))
    })
}

/// Ends a client for good: its calls end as IK_STATUS_CANCELLED, and whatever is sent through it from now
/// on, also of calls that were described before, gives IK_STATUS_INVALID_STATE. Then waits until every
/// callback of this client that is due has returned, its log callback included. For a host that is about
/// to free what they use. Does not join threads, which other clients use. To be called before
/// ik_client_free(): nothing but ik_shutdown() waits for the callbacks of a client that was freed.
///
/// @param handle      A client from ik_client_new().
/// @param timeout_ms  How long to wait at most: 0 asks only, UINT64_MAX has no limit.
///
/// @retval IK_STATUS_OK                No callback of this client runs or will run.
/// @retval IK_STATUS_PENDING           The time ran out while a callback still runs. The client has ended
///                                     all the same; call again to wait longer.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one.
/// @retval IK_STATUS_WOULD_DEADLOCK    This is the callback thread. Nothing was cancelled.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any, any number at once, each with a time of its own.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_client_shutdown(handle: *mut ik_client, timeout_ms: u64) -> ik_status {
    status_of(|| handle::get::<Client>("handle", handle)?.shutdown(limit(timeout_ms)))
}
