//! Values out of JSON documents.

use std::ffi::c_char;

use super::status::ik_status;
use super::string::{Out, Text};
use crate::primitives::pointer::Document;
use crate::primitives::status::Status;

/// Reads one value out of a JSON document, so that plain C needs no JSON parser. Each call reads the
/// document from its beginning: for many values of a large one, a parser is faster.
///
/// @param json       The document, such as an answer of this library or an error document. Borrowed
///                   until this function returns.
/// @param pointer    Where the value is, as RFC 6901 has it: "/0/versionInfo/id", "/error/message", or
///                   "" for the whole document. ~1 stands for a slash in a name, ~0 for a tilde.
///                   Borrowed until this function returns.
/// @param out_value  Always set: on success the value, a string as its text without quotes and
///                   escapes, anything else as JSON text; NULL with IK_STATUS_NO_VALUE; with any other
///                   failure an error document. Yours: free it with ik_string_free().
///
/// @retval IK_STATUS_OK                The value is in *out_value. Of members with the same name the
///                                     last counts.
/// @retval IK_STATUS_NO_VALUE          There is nothing at that place, or null.
/// @retval IK_STATUS_INVALID_ARGUMENT  A NULL, a document that is no JSON or is nested deeper than 256,
///                                     or no such pointer.
/// @retval IK_STATUS_INVALID_RESPONSE  The string holds U+0000 or half of a surrogate pair.
/// @retval IK_STATUS_INTERNAL          A defect in this library.
///
/// Threads: any. Needs a stack of 16 KiB.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_json_get(
    json: *const c_char,
    pointer: *const c_char,
    out_value: *mut *mut c_char,
) -> ik_status {
    // SAFETY: the header's rule for pointers: each is NULL, or valid until this call returns.
    let (json, pointer, out) = unsafe {
        (
            Text::new("json", json),
            Text::new("pointer", pointer),
            Out::new(out_value),
        )
    };
    let Some(out) = out else {
        return Status::InvalidArgument as ik_status;
    };
    out.answer(|| {
        let document = Document::read(json.required()?)?;
        document.get(pointer.required()?).map(String::into_bytes)
    })
}
