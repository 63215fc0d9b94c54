//! Many files at once.

use std::ffi::{c_char, c_void};

use super::client::ik_client;
use super::handle;
use super::status::ik_status;
use super::string::{Text, in_c, is_null, status_of};
use crate::client::Client;
use crate::client::call::may_wait;
use crate::client::duplicates::Ids;
use crate::primitives::error::Error;

/// Told of each file as its result arrives. Runs on the thread that called
/// ik_get_file_versions_many(), where every function may be called. It must return: no exception, no
/// longjmp(), no end of the thread. In a child that is forked in it ik_get_file_versions_many() returns
/// IK_STATUS_CANCELLED when it has returned.
///
/// @param user_data  What was given to ik_get_file_versions_many().
/// @param index      Which of the ids this is about.
/// @param status     What came of it.
/// @param json       The array of versions, or an error document. Borrowed until this returns: copy
///                   what you keep.
/// @return           0 to go on; anything else stops, and cancels what is in flight.
///
/// Threads: the caller's.
/// Since 0.1.0.
pub type ik_file_versions_callback = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        index: u64,
        status: ik_status,
        json: *const c_char,
    ) -> i32,
>;

/// Gets the versions of many files, many requests at once, and reports each on this thread as it arrives,
/// in no certain order. All keep to the client's pace: after a 429 everyone waits together. The client's
/// timeout is for each file, from the moment when its first request may be sent. Ids that occur more
/// than once are fetched once and reported for each index. Besides the answers that wait to be
/// reported, max_concurrency of them at most, it takes 8 bytes of memory for each id. To stop it while
/// nothing arrives, another thread calls ik_client_shutdown().
///
/// @param handle           A client from ik_client_new().
/// @param file_ids         The ids, as ik_get_file_versions() takes them. One that is NULL or cannot be
///                         an id is reported as IK_STATUS_INVALID_ARGUMENT. The array and the ids are
///                         borrowed until this function returns. May be NULL if count is 0.
/// @param count            How many there are, 0 to 4294967294.
/// @param max_concurrency  How many requests are in flight at most, 1 to 256; more count as 256, 0 as 32.
/// @param on_result        What is told of each result.
/// @param user_data        Passed to on_result. May be NULL.
///
/// @retval IK_STATUS_OK                  Every index was reported, whatever came of it; or count is 0.
/// @retval IK_STATUS_INVALID_ARGUMENT    The handle, file_ids or on_result is NULL, or count is too large.
///                                       Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one. Nothing was sent.
/// @retval IK_STATUS_INVALID_STATE       The client was shut down. Nothing was sent.
/// @retval IK_STATUS_WOULD_DEADLOCK      This is the callback thread. Nothing was sent.
/// @retval IK_STATUS_CANCELLED           on_result stopped it, or a shutdown of the process or the client.
///                                       No further index is reported.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  No memory for so many ids. Nothing was sent.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
///
/// Threads: any, any number at once. Needs a stack of 16 KiB besides what on_result needs.
/// Since 0.1.0. GET /v1/files/{fileId}/versions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_get_file_versions_many(
    handle: *const ik_client,
    file_ids: *const *const c_char,
    count: u64,
    max_concurrency: u32,
    on_result: ik_file_versions_callback,
    user_data: *mut c_void,
) -> ik_status {
    status_of(|| {
        let client = handle::get::<Client>("handle", handle)?;
        may_wait()?;
        // SAFETY: the header's rule for pointers: NULL, or `count` of them until this call returns.
        let ids = unsafe { FileIds::new(file_ids, count) }?;
        let on_result = on_result.ok_or_else(|| is_null("on_result"))?;
        client.get_file_versions_many(&ids, max_concurrency, |index, outcome| {
            let (status, json) = in_c(outcome.as_deref());
            // SAFETY: by the header's rule the function may be called so; the string lives until then.
            let stop = unsafe { on_result(user_data, u64::from(index), status, json.as_ptr()) };
            stop != 0
        })
    })
}

/// The ids as C keeps them.
struct FileIds<'a> {
    ids: &'a [*const c_char],
    count: u32,
}

impl<'a> FileIds<'a> {
    /// # Safety
    /// `ids` is NULL, or `count` pointers that each are NULL or end with a NUL, for `'a`.
    unsafe fn new(ids: *const *const c_char, count: u64) -> Result<FileIds<'a>, Error> {
        let short = u32::try_from(count).ok().filter(|count| *count < u32::MAX);
        let short = short.ok_or_else(|| {
            let message = format!("count is {count}: pass at most 4294967294 ids at a time");
            Error::invalid_argument(message)
        })?;
        let length = usize::try_from(short).unwrap_or(0);
        let ids = match (ids.is_null(), length) {
            (_, 0) => &[],
            (true, _) => return Err(is_null("file_ids")),
            // SAFETY: not NULL, and the caller's promise.
            (false, _) => unsafe { std::slice::from_raw_parts(ids, length) },
        };
        Ok(FileIds { ids, count: short })
    }
}

impl Ids for FileIds<'_> {
    fn count(&self) -> u32 {
        self.count
    }

    fn id(&self, index: u32) -> Result<&str, Error> {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let id = self.ids.get(place).copied().unwrap_or(std::ptr::null());
        // SAFETY: the promise made to `new`.
        unsafe { Text::new("file_id", id) }.required()
    }
}
