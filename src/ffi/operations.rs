//! Operations of the API.

use std::ffi::c_char;

use super::client::ik_client;
use super::handle;
use super::status::ik_status;
use super::string::{Out, Text};
use crate::client::Client;
use crate::client::call::may_wait;
use crate::client::operation::{self, Operation};
use crate::primitives::error::Error;
use crate::primitives::path::{Path, check_id};
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
/// Or another one: see "Statuses of a request" above.
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
    perform(handle, out, || {
        operation::get_file_versions(file_id.required()?)
    })
}

/// Gets one version of a file. Sends a request and waits; the client's timeout bounds the wait, retries
/// included.
///
/// @param handle      A client from ik_client_new().
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Borrowed until this function returns.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
///                    this function returns.
/// @param out_json    Always set: on success the version, a JSON object, byte for byte the server's; on
///                    failure an error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The object is in *out_json.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
/// @retval IK_STATUS_BAD_REQUEST       The server finds an id malformed.
/// @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any, at once, on one client. Needs a stack of 16 KiB.
/// Since 0.1.0. GET /v1/files/{fileId}/versions/{versionId}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_get_file_version_details(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe { (VersionIds::new(file_id, version_id), Out::new(out_json)) };
    perform(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::get_file_version_details(file_id, version_id)
    })
}

/// Deletes a version of a file, which must not be the current one. Sends a request and waits; the
/// client's timeout bounds the wait, retries included. A request that is repeated after a lost
/// connection may find the version gone: IK_STATUS_NOT_FOUND, with more than one of "attempts".
///
/// @param handle      A client from ik_client_new().
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Borrowed until this function returns.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
///                    this function returns.
/// @param out_json    Always set: on success {}, or the server's JSON if it sent some; on failure an
///                    error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The version is deleted.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
/// @retval IK_STATUS_BAD_REQUEST       It is the current version, or the server finds an id malformed.
/// @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any, at once, on one client. Needs a stack of 16 KiB.
/// Since 0.1.0. DELETE /v1/files/{fileId}/versions/{versionId}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_delete_file_version(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe { (VersionIds::new(file_id, version_id), Out::new(out_json)) };
    perform(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::delete_file_version(file_id, version_id)
    })
}

/// Makes an older version of a file the current one. Sends a request and waits; the client's timeout
/// bounds the wait, retries included.
///
/// @param handle      A client from ik_client_new().
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Borrowed until this function returns.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Borrowed until
///                    this function returns.
/// @param out_json    Always set: on success the version, now current, a JSON object, byte for byte the
///                    server's; on failure an error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The object is in *out_json.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, or an id that cannot be one. Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
/// @retval IK_STATUS_BAD_REQUEST       The server finds an id malformed.
/// @retval IK_STATUS_NOT_FOUND         No file, or no version of it, has this id.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any, at once, on one client. Needs a stack of 16 KiB.
/// Since 0.1.0. PUT /v1/files/{fileId}/versions/{versionId}/restore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_restore_file_version(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe { (VersionIds::new(file_id, version_id), Out::new(out_json)) };
    perform(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::restore_file_version(file_id, version_id)
    })
}

/// Sends any other request to the API and waits; the client's timeout bounds the wait, retries
/// included. GET, PUT and DELETE are repeated as "Retries" above says; POST and PATCH only where the
/// server surely did not act: no connection, HTTP 429, or HTTP 503 with Retry-After.
///
/// @param handle     A client from ik_client_new().
/// @param method     "GET", "POST", "PUT", "PATCH" or "DELETE". Borrowed until this function returns.
/// @param path       The path with its query, 1 to 8192 bytes, such as "/v1/files?limit=10". It is put
///                   after the base URL as it stands, so it must be encoded: visible ASCII without #
///                   and backslashes, one / at its beginning; before a ? no segment that is . or ..,
///                   none with %2F or %5C, and no quotes, <, >, {, } or grave accents; after it quotes,
///                   < and > go out percent-encoded. Borrowed until
///                   this function returns.
/// @param body_json  The request's body, valid JSON, sent byte for byte; or NULL for none. Borrowed
///                   until this function returns.
/// @param out_json   Always set: on success the answer, any JSON, byte for byte the server's, or {}
///                   where it has no body; on failure an error document. Yours: free it with
///                   ik_string_free().
///
/// @retval IK_STATUS_OK                The answer is in *out_json.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL handle, method or path, or one of them or the body cannot
///                                     be sent. Nothing was sent.
/// @retval IK_STATUS_INVALID_HANDLE    The client was freed, or never was one. Nothing was sent.
/// Or another one: see "Statuses of a request" above.
///
/// Threads: any, at once, on one client. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_request(
    handle: *const ik_client,
    method: *const c_char,
    path: *const c_char,
    body_json: *const c_char,
    out_json: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (method, path, body, out) = unsafe {
        (
            Text::new("method", method),
            Text::new("path", path),
            Text::new("body_json", body_json),
            Out::new(out_json),
        )
    };
    perform(handle, out, || request(method, path, body))
}

/// A request of any kind. From the left to the right: the first argument that cannot be used is named.
pub(super) fn request(
    method: Text<'_>,
    path: Text<'_>,
    body: Text<'_>,
) -> Result<Operation, Error> {
    let method = operation::method(method.required()?)?;
    let path = Path::given(path.required()?)?;
    operation::request(method, path, body.optional()?)
}

/// The two ids of a version.
pub(super) struct VersionIds<'a> {
    file: Text<'a>,
    version: Text<'a>,
}

impl<'a> VersionIds<'a> {
    /// # Safety
    /// As for [`Text::new`], for each.
    pub(super) unsafe fn new(file_id: *const c_char, version_id: *const c_char) -> VersionIds<'a> {
        // SAFETY: the caller's promise.
        unsafe {
            VersionIds {
                file: Text::new("file_id", file_id),
                version: Text::new("version_id", version_id),
            }
        }
    }

    /// Both, looked at from the left to the right: the first that cannot be used is named.
    pub(super) fn required(self) -> Result<(&'a str, &'a str), Error> {
        let file_id = self.file.required()?;
        check_id("file_id", file_id)?;
        Ok((file_id, self.version.required()?))
    }
}

/// Describes an operation and sends it. The handle is looked at before the other arguments.
fn perform(
    handle: *const ik_client,
    out: Option<Out>,
    describe: impl FnOnce() -> Result<Operation, Error>,
) -> ik_status {
    let Some(out) = out else {
        return Status::InvalidArgument as ik_status;
    };
    out.answer(|| {
        let client = handle::get::<Client>("handle", handle)?;
        may_wait()?;
        client.perform(describe()?)
    })
}
