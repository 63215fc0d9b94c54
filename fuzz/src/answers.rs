//! Strings that the library gives to C, and what they must hold.

use std::ffi::{CStr, c_char};

use imagekit::Status;
use imagekit::ffi::string::ik_string_free;

/// The status of this number, which must be one.
pub fn status(number: i32) -> Status {
    let status = Status::from_number(number);
    let status = status.unwrap_or_else(|| panic!("{number} is no status"));
    assert_ne!(status, Status::Internal, "a defect was met");
    status
}

/// A string of the library's, freed once.
pub struct Given(*mut c_char);

impl Given {
    /// Takes a string over; what is there may be NULL.
    pub fn new(string: *mut c_char) -> Given {
        Given(string)
    }

    /// Its text, which is UTF-8.
    pub fn text(&self) -> Option<&str> {
        if self.0.is_null() {
            return None;
        }
        // SAFETY: the library's strings end with a NUL, and this one lives until it is freed in `drop`.
        let text = unsafe { CStr::from_ptr(self.0) };
        Some(text.to_str().expect("a string of the library's is UTF-8"))
    }

    /// It must be the document of this failure.
    pub fn expect_error(&self, status: Status) -> serde_json::Value {
        let text = self
            .text()
            .unwrap_or_else(|| panic!("{status:?} without a document"));
        let document = error_document(text);
        assert_eq!(document["code"], status.name(), "{text}");
        document
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        // SAFETY: from the library or NULL, and freed here alone.
        unsafe { ik_string_free(self.0) };
    }
}

/// What an error document says, which must be one.
pub fn error_document(text: &str) -> serde_json::Value {
    let mut document: serde_json::Value = serde_json::from_str(text).expect("a document is JSON");
    let error = document["error"].take();
    let members = error.as_object().expect("a document has one error");
    for name in [
        "help",
        "httpStatus",
        "requestId",
        "retryAfterMs",
        "attempts",
        "responseBody",
    ] {
        assert!(members.contains_key(name), "no {name} in {text}");
    }
    let message = error["message"].as_str().expect("a document has a message");
    assert!(!message.is_empty(), "{text}");
    error
}
