//! Any document with any pointer, as C passes them. What is found is what RFC 6901 says, by a reader of our
//! own and, where it takes the document, by serde_json's.
#![no_main]

use std::ffi::CString;
use std::ptr;

use imagekit::Status;
use imagekit::ffi::json::ik_json_get;
use imagekit_fuzz::answers::{Given, status};
use imagekit_fuzz::json::{self, Kind, Value};
use libfuzzer_sys::fuzz_target;

const MAX_DEPTH: usize = 256;

/// What must come of it.
fn expected(document: &[u8], pointer: &[u8]) -> Result<String, Status> {
    let document = json::read(document, MAX_DEPTH).ok_or(Status::InvalidArgument)?;
    let pointer = std::str::from_utf8(pointer).map_err(|_| Status::InvalidArgument)?;
    let found = document.at(pointer).map_err(|_| Status::InvalidArgument)?;
    match found {
        None => Err(Status::NoValue),
        Some(Value {
            kind: Kind::Null, ..
        }) => Err(Status::NoValue),
        Some(Value {
            kind: Kind::String(units),
            ..
        }) => String::from_utf16(units)
            .ok()
            .filter(|text| !text.contains('\0'))
            .ok_or(Status::InvalidResponse),
        Some(value) => Ok(value.text.to_owned()),
    }
}

/// The same by another reader, as far as it goes: not beyond 127 levels, nor with numbers beyond f64.
fn check_by_serde(document: &[u8], pointer: &[u8], expected: &Result<String, Status>) {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(document) else {
        return;
    };
    let found = document.pointer(std::str::from_utf8(pointer).unwrap_or_default());
    match (expected, found) {
        (Err(Status::NoValue), None | Some(serde_json::Value::Null)) => {}
        (Err(Status::InvalidArgument), _) => {} // it takes pointers that are none
        (Err(Status::InvalidResponse), Some(serde_json::Value::String(text))) => {
            assert!(text.contains('\0'));
        }
        (Ok(given), Some(serde_json::Value::String(text))) => assert_eq!(given, text),
        (Ok(given), Some(value)) => assert_eq!(
            &serde_json::from_str::<serde_json::Value>(given).unwrap(),
            value
        ),
        (expected, found) => panic!("{expected:?} and {found:?}"),
    }
}

fuzz_target!(|input: &[u8]| {
    let mut texts = input.splitn(3, |byte| *byte == 0);
    let (document, pointer) = (
        texts.next().unwrap_or_default(),
        texts.next().unwrap_or_default(),
    );
    let expected = expected(document, pointer);
    check_by_serde(document, pointer, &expected);

    let (document, pointer) = (
        CString::new(document).unwrap(),
        CString::new(pointer).unwrap(),
    );
    let mut value = ptr::dangling_mut();
    // SAFETY: two strings that end with a NUL, and a place for a pointer.
    let got = status(unsafe { ik_json_get(document.as_ptr(), pointer.as_ptr(), &mut value) });
    let value = Given::new(value);
    assert_eq!(got, expected.as_ref().err().copied().unwrap_or(Status::Ok));
    match expected {
        Ok(expected) => assert_eq!(value.text(), Some(expected.as_str())),
        Err(Status::NoValue) => assert_eq!(value.text(), None),
        Err(status) => drop(value.expect_error(status)),
    }
});
