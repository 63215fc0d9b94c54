//! Version and status.

use std::ffi::{CStr, c_char};

use crate::primitives::status::Status;

/// The version of this header as numbers, for the preprocessor. ik_version() is that of the library
/// which the program runs with.
pub const IK_VERSION_MAJOR: u32 = 0;
/// See IK_VERSION_MAJOR.
pub const IK_VERSION_MINOR: u32 = 1;
/// See IK_VERSION_MAJOR.
pub const IK_VERSION_PATCH: u32 = 0;

/// What came of a call: one of the numbers of enum ik_status_code, or one that a later version
/// added. 0 is success.
pub type ik_status = i32;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// Tells the version of the library.
///
/// @return  Such as "0.1.0". Never NULL; static, never to be freed.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_version() -> *const c_char {
    VERSION.as_ptr()
}

/// Tells the name of a status, as the field "code" of an error document has it.
///
/// @param status  Any number.
/// @return        Such as "not_found", or "unknown" for a number that is no status. Never NULL;
///                static, never to be freed.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub extern "C" fn ik_status_name(status: ik_status) -> *const c_char {
    Status::from_number(status)
        .map_or(c"unknown", Status::c_name)
        .as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_same_in_words_and_numbers() {
        let numbers = format!("{IK_VERSION_MAJOR}.{IK_VERSION_MINOR}.{IK_VERSION_PATCH}");
        assert_eq!(VERSION.to_str(), Ok(numbers.as_str()));
    }
}
