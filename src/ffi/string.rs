//! Strings in and out.

use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::process::undisturbed;
use super::status::ik_status;
use crate::primitives::error::{Error, INTERNAL};
use crate::primitives::status::Status;

/// Frees a string that a function of this library gave through an out parameter.
///
/// @param string  Such a string, or NULL, which does nothing. Freeing one twice is undefined, as with
///                free(); and free() itself must not be used on it.
///
/// Threads: any.
/// Since 0.1.0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ik_string_free(string: *mut c_char) {
    if string.is_null() {
        return;
    }
    undisturbed(|| {
        // SAFETY: by the header's rule the string is one that `give` gave away, not yet freed.
        drop(unsafe { CString::from_raw(string) });
    });
}

/// A text that C passed in, borrowed for the call.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    name: &'static str,
    text: Option<&'a CStr>,
}

impl<'a> Text<'a> {
    /// # Safety
    /// `text` is NULL, or ends with a NUL and stays as it is for `'a`.
    pub unsafe fn new(name: &'static str, text: *const c_char) -> Text<'a> {
        let text = match text.is_null() {
            true => None,
            // SAFETY: the caller's promise.
            false => Some(unsafe { CStr::from_ptr(text) }),
        };
        Text { name, text }
    }

    /// The text where there is one.
    pub fn optional(self) -> Result<Option<&'a str>, Error> {
        self.text.map(|_| self.required()).transpose()
    }

    /// The text, which must be there and be UTF-8.
    pub fn required(self) -> Result<&'a str, Error> {
        let name = self.name;
        let text = self.text.ok_or_else(|| is_null(name))?;
        text.to_str().map_err(|error| {
            let at = error.valid_up_to();
            Error::invalid_argument(format!(
                "{name} is not UTF-8 from byte {at} on: convert it first"
            ))
        })
    }
}

/// Where C wants a string: the answer, or the error document.
pub struct Out {
    slot: Option<*mut *mut c_char>,
}

impl Out {
    /// Clears the place and takes it; `None` where there is none.
    ///
    /// # Safety
    /// `slot` is NULL, or a place for a pointer that nobody else uses until this is dropped.
    pub unsafe fn new(slot: *mut *mut c_char) -> Option<Out> {
        // SAFETY: the caller's promise.
        unsafe { Out::optional(slot) }
            .slot
            .map(|slot| Out { slot: Some(slot) })
    }

    /// The same where NULL means that nobody wants to know.
    ///
    /// # Safety
    /// As for [`Out::new`].
    pub unsafe fn optional(slot: *mut *mut c_char) -> Out {
        if slot.is_null() {
            return Out { slot: None };
        }
        // SAFETY: not NULL, and the caller's promise.
        unsafe { slot.write(ptr::null_mut()) };
        Out { slot: Some(slot) }
    }

    /// Runs one C call whose success is a text. The status and the string always tell the same story,
    /// whatever `call` does.
    pub fn answer(self, call: impl FnOnce() -> Result<Vec<u8>, Error>) -> ik_status {
        self.reply(|| call().map(Some))
    }

    /// The same where the string is made already: one that C gets from elsewhere as well.
    pub fn hand_over(self, call: impl FnOnce() -> Result<*mut c_char, Error>) -> ik_status {
        let slot = self.slot;
        self.reply(|| {
            let string = call()?;
            if let Some(slot) = slot {
                // SAFETY: `slot` is valid for as long as this value, by the promise made to `new`.
                unsafe { slot.write(string) };
            }
            Ok(None)
        })
    }

    /// Does C want a string at all?
    pub fn is_wanted(&self) -> bool {
        self.slot.is_some()
    }

    /// Runs one C call whose success is no text.
    pub fn attempt(self, call: impl FnOnce() -> Result<(), Error>) -> ik_status {
        self.reply(|| call().map(|()| None))
    }

    /// The same where the text may be left out.
    pub fn reply(self, call: impl FnOnce() -> Result<Option<Vec<u8>>, Error>) -> ik_status {
        undisturbed(|| {
            let told = guard(|| tell(call()));
            let (status, string) =
                told.unwrap_or_else(|| (Status::Internal, CString::new(INTERNAL).ok()));
            self.give(string);
            status as ik_status
        })
    }

    fn give(&self, string: Option<CString>) {
        if let (Some(slot), Some(string)) = (self.slot, string) {
            // SAFETY: `slot` is valid for as long as this value, by the promise made to `new`.
            unsafe { slot.write(string.into_raw()) };
        }
    }
}

/// Runs one C call that gives nothing but its status.
pub fn status_of(call: impl FnOnce() -> Result<(), Error>) -> ik_status {
    Out { slot: None }.attempt(call)
}

/// Runs a call of which C learns nothing.
pub fn quietly<T>(call: impl FnOnce() -> T) -> Option<T> {
    undisturbed(|| guard(call))
}

/// No panic gets out to C.
fn guard<T>(call: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => Some(value),
        Err(panic) => {
            std::mem::forget(panic); // its own drop may panic again
            None
        }
    }
}

/// An argument that must not be NULL and is.
pub fn is_null(name: &str) -> Error {
    Error::invalid_argument(format!("{name} is NULL: pass a valid pointer"))
}

/// An outcome as C reads it: a status and a string that stays ours.
pub fn in_c(outcome: Result<&[u8], &Error>) -> (ik_status, CString) {
    let copied = match outcome {
        Ok(text) => copy(text),
        Err(error) => Err(error.clone()),
    };
    let (status, string) = tell(copied.map(Some));
    (status as ik_status, string.unwrap_or_default())
}

/// What C reads of an outcome: the status, and the answer or the error document.
fn tell(outcome: Result<Option<Vec<u8>>, Error>) -> (Status, Option<CString>) {
    match outcome {
        Ok(text) => (Status::Ok, text.and_then(to_c)),
        // That there is nothing, or not yet, is all there is to say.
        Err(error) if matches!(error.status, Status::NoValue | Status::Pending) => {
            (error.status, None)
        }
        Err(error) => (error.status, to_c(error.document().into_bytes())),
    }
}

/// A copy of an answer that others may ask for as well.
pub fn copy(text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut copied = Vec::new();
    // One more for the NUL that C wants at the end.
    copied.try_reserve_exact(text.len() + 1).map_err(|_| {
        let message = "no memory for a copy of the answer: free some, or lower max_response_bytes";
        Error::new(Status::ResourceExhausted, message)
    })?;
    copied.extend_from_slice(text);
    Ok(copied)
}

/// A NUL cannot occur: success bodies were checked for it, and JSON escapes it in documents.
fn to_c(text: Vec<u8>) -> Option<CString> {
    // The standard library looks for one too, eight times slower than what the JSON parser uses.
    match memchr::memchr(0, &text) {
        // SAFETY: there is no NUL in it.
        None => Some(unsafe { CString::from_vec_unchecked(text) }),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;
    use std::panic::panic_any;

    use super::*;

    /// What is thrown panics once more when it is dropped, which ends a process that does drop it.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload was dropped");
        }
    }

    #[test]
    fn a_panic_becomes_internal_whatever_it_throws() {
        for throws in [|| panic_any(Bomb), || panic!("a defect")] {
            let mut string = ptr::null_mut();
            // SAFETY: `string` is a place for a pointer, and nobody else's.
            let out = unsafe { Out::optional(&mut string) };
            let status = out.answer(|| -> Result<Vec<u8>, Error> { throws() });
            assert_eq!(status, Status::Internal as ik_status);
            // SAFETY: it was given just now.
            let document = unsafe { CStr::from_ptr(string) }.to_str();
            assert_eq!(document, Ok(INTERNAL));
            // SAFETY: as above; it is freed once.
            unsafe { ik_string_free(string) };
        }
        assert!(quietly(|| panic_any(Bomb)).is_none());
    }
}
