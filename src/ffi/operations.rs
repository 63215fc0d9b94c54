//! Operations of the API.

use std::ffi::c_char;

use super::client::ik_client;
use super::handle;
use super::status::ik_status;
use super::string::{Out, Text};
use crate::client::{Client, operation};
use crate::primitives::status::Status;

/// Gets the versions of a file, the current one included. Sends a request and waits; the client's
/// timeout bounds the wait, retries included. To check the answer comes on top: about a millisecond
/// for each 300 kB.
///
/// @param handle    A client from ik_client_new().
/// @param file_id   The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                  nor "..". Borrowed until this function returns.
/// @param out_json  Always set: on success a JSON array of versions, byte for byte the server's; on
///                  failure an error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The array is in *out_json.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
/// @retval IK_STATUS_BAD_REQUEST       The server finds the id malformed.
/// @retval IK_STATUS_NOT_FOUND         No file has this id.
/// Or another status from 10 to 30: see "Statuses of a request" above.
///
/// Threads: any, at once, on one client. Needs a stack of 16 KiB.
/// Since 0.1.0. GET /v1/files/{fileId}/versions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_get_file_versions(
    handle: *const ik_client,
    file_id: *const c_char,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (file_id, out) = unsafe { (Text::new("file_id", file_id), Out::new(out_json)) };
    let Some(out) = out else {
        return Status::InvalidArgument as ik_status;
    };

    out.answer(|| {
        let client = handle::get::<Client>("handle", handle)?;
        let operation = operation::get_file_versions(file_id.required()?)?;
        client.perform(operation)
    })
}
