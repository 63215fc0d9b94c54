//! Described calls.

use std::ffi::c_char;
use std::ptr;

use super::client::ik_client;
use super::handle;
use super::operations::{VersionIds, request};
use super::place::Place;
use super::stage::Stage;
use super::status::ik_status;
use super::string::{Text, status_of};
use crate::client::Client;
use crate::client::operation::{self, Operation};
use crate::primitives::error::Error;

/// One described operation, to be sent at most once. It keeps what it needs of its client, which may be
/// freed before the call is sent.
///
/// A call is described, then it runs, then it has ended. What can be done with it when:
///
/// - described: set options, perform, start, cancel (it then ends as cancelled and is never sent);
/// - running: wait, cancel; its metadata is IK_STATUS_PENDING;
/// - ended: wait, which gives the result every time, and get its metadata.
///
/// To cancel it then has no effect, and it can be freed at any time. All else gives
/// IK_STATUS_INVALID_STATE, except that a call which was cancelled before it was sent gives
/// IK_STATUS_CANCELLED to whoever sends it.
pub struct ik_call {
    _private: [u8; 0],
}

/// Describes a request for the versions of a file: what ik_get_file_versions() sends at once. Nothing is
/// sent yet.
///
/// @param handle    A client from ik_client_new(). May be freed before the call is sent.
/// @param file_id   The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                  nor "..". Copied.
/// @param out_call  Always set: the call on success, else NULL. Yours: free it with ik_call_free().
///
/// @retval IK_STATUS_OK                  The call is in *out_call.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
/// The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
///
/// Threads: any.
/// Since 0.1.0. GET /v1/files/{fileId}/versions
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_get_file_versions_call(
    handle: *const ik_client,
    file_id: *const c_char,
    out_call: *mut *mut ik_call,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (file_id, out) = unsafe {
        (
            Text::new("file_id", file_id),
            Place::new(out_call, ptr::null_mut()),
        )
    };
    describe(handle, out, || {
        operation::get_file_versions(file_id.required()?)
    })
}

/// Describes a request for one version of a file: what ik_get_file_version_details() sends at once.
/// Nothing is sent yet.
///
/// @param handle      A client from ik_client_new(). May be freed before the call is sent.
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Copied.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
/// @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
///
/// @retval IK_STATUS_OK                  The call is in *out_call.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
/// The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
///
/// Threads: any.
/// Since 0.1.0. GET /v1/files/{fileId}/versions/{versionId}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_get_file_version_details_call(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_call: *mut *mut ik_call,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe {
        (
            VersionIds::new(file_id, version_id),
            Place::new(out_call, ptr::null_mut()),
        )
    };
    describe(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::get_file_version_details(file_id, version_id)
    })
}

/// Describes the deletion of a version: what ik_delete_file_version() sends at once.
/// Nothing is sent yet.
///
/// @param handle      A client from ik_client_new(). May be freed before the call is sent.
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Copied.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
/// @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
///
/// @retval IK_STATUS_OK                  The call is in *out_call.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
/// The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
///
/// Threads: any.
/// Since 0.1.0. DELETE /v1/files/{fileId}/versions/{versionId}
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_delete_file_version_call(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_call: *mut *mut ik_call,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe {
        (
            VersionIds::new(file_id, version_id),
            Place::new(out_call, ptr::null_mut()),
        )
    };
    describe(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::delete_file_version(file_id, version_id)
    })
}

/// Describes the restoration of an older version: what ik_restore_file_version() sends at once.
/// Nothing is sent yet.
///
/// @param handle      A client from ik_client_new(). May be freed before the call is sent.
/// @param file_id     The file's id, 1 to 256 bytes of UTF-8 without control characters, neither "."
///                    nor "..". Copied.
/// @param version_id  The version's id, as versionInfo.id has it, with the same bounds. Copied.
/// @param out_call    Always set: the call on success, else NULL. Yours: free it with ik_call_free().
///
/// @retval IK_STATUS_OK                  The call is in *out_call.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL, or an id that cannot be one.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
/// The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
///
/// Threads: any.
/// Since 0.1.0. PUT /v1/files/{fileId}/versions/{versionId}/restore
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_restore_file_version_call(
    handle: *const ik_client,
    file_id: *const c_char,
    version_id: *const c_char,
    out_call: *mut *mut ik_call,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (ids, out) = unsafe {
        (
            VersionIds::new(file_id, version_id),
            Place::new(out_call, ptr::null_mut()),
        )
    };
    describe(handle, out, || {
        let (file_id, version_id) = ids.required()?;
        operation::restore_file_version(file_id, version_id)
    })
}

/// Describes any other request to the API: what ik_request() sends at once. Nothing is sent yet.
///
/// @param handle     A client from ik_client_new(). May be freed before the call is sent.
/// @param method     "GET", "POST", "PUT", "PATCH" or "DELETE". Copied.
/// @param path       The path with its query, as ik_request() takes it. Copied.
/// @param body_json  The request's body, valid JSON, sent byte for byte; or NULL for none. Copied.
/// @param out_call   Always set: the call on success, else NULL. Yours: free it with ik_call_free().
///
/// @retval IK_STATUS_OK                  The call is in *out_call.
/// @retval IK_STATUS_INVALID_ARGUMENT    A NULL handle, method, path or out_call, or one of them or the
///                                       body cannot be sent.
/// @retval IK_STATUS_INVALID_HANDLE      The client was freed, or never was one.
/// @retval IK_STATUS_RESOURCE_EXHAUSTED  There are about a million calls that were not freed.
/// @retval IK_STATUS_INTERNAL            A defect in this library.
/// The reason of a refusal goes to the client's log, at warn: IMAGE_KIT_LOG=warn shows it.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_request_call(
    handle: *const ik_client,
    method: *const c_char,
    path: *const c_char,
    body_json: *const c_char,
    out_call: *mut *mut ik_call,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (texts, out) = unsafe {
        let texts = (
            Text::new("method", method),
            Text::new("path", path),
            Text::new("body_json", body_json),
        );
        (texts, Place::new(out_call, ptr::null_mut()))
    };
    describe(handle, out, || request(texts.0, texts.1, texts.2))
}

/// Describes an operation. The handle is looked at before the other arguments.
fn describe(
    handle: *const ik_client,
    place: Place<*mut ik_call>,
    operation: impl FnOnce() -> Result<Operation, Error>,
) -> ik_status {
    status_of(|| {
        let place = place.required("out_call")?;
        let client = handle::get::<Client>("handle", handle)?;
        let described = operation().and_then(|operation| client.describe(operation));
        let description = described.inspect_err(|why| client.log_refusal(why))?;
        place.fill(handle::insert(Stage::new(description))?);
        Ok(())
    })
}
