//! Callbacks, and what they were told. They run on the library's thread: what is wrong ends the process.

use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use imagekit::Status::{self, *};
use imagekit::ffi::call::{
    ik_call_free, ik_call_get_metadata, ik_call_perform, ik_call_start, ik_call_wait,
};
use imagekit::ffi::client::ik_client;
use imagekit::ffi::describe::{ik_call, ik_get_file_versions_call};
use imagekit::ffi::operations::ik_get_file_versions;
use imagekit::ffi::shutdown::{ik_client_shutdown, ik_shutdown};

use super::statuses::Statuses;
use crate::answers::{Given, status};

/// What a callback does besides: bits of it.
const FREES: u8 = 1;
const WAITS: u8 = 2;
const SENDS: u8 = 4;
const SHUTS: u8 = 8;
const STARTS: u8 = 16;

/// What one callback is given.
pub struct Told {
    pub does: u8,
    pub call: *mut ik_call,
    pub client: *mut ik_client,
    seen: Mutex<Vec<(Status, String)>>,
}

/// Rung whenever a callback has ended.
static BELL: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

impl Told {
    pub fn new(does: u8, call: *mut ik_call, client: *mut ik_client) -> Box<Told> {
        Box::new(Told {
            does,
            call,
            client,
            seen: Mutex::default(),
        })
    }

    pub fn frees(&self) -> bool {
        self.does & FREES != 0
    }

    /// What it was told, which has come exactly once.
    pub fn once(&self) -> (Status, String) {
        let seen = self.seen.lock().unwrap();
        assert_eq!(seen.len(), 1, "a callback came so often");
        seen[0].clone()
    }

    pub fn never(&self) {
        assert_eq!(
            self.seen.lock().unwrap().len(),
            0,
            "a callback came, but nothing was started"
        );
    }

    /// Waits for it where there is no barrier.
    pub fn wait(&self) {
        let bell = BELL.0.lock().unwrap();
        let has_none = |_: &mut ()| self.seen.lock().unwrap().is_empty();
        let waited = BELL
            .1
            .wait_timeout_while(bell, Duration::from_secs(20), has_none)
            .unwrap();
        assert!(!waited.1.timed_out(), "a callback did not come");
    }
}

pub unsafe extern "C" fn on_done(user_data: *mut c_void, number: i32, json: *mut c_char) {
    // SAFETY: given to `ik_call_start` for as long as the callback may come.
    let told = unsafe { &*user_data.cast::<Told>() };
    let (outcome, json) = (status(number), Given::new(json));
    if outcome != Ok {
        json.expect_error(outcome);
    }
    let text = json.text().expect("a text").to_owned();
    act(told, outcome, &text);
    told.seen.lock().unwrap().push((outcome, text));
    drop(BELL.0.lock());
    BELL.1.notify_all();
}

/// What may be done in a callback, and what may not. The handles may have been freed meanwhile.
fn act(told: &Told, outcome: Status, text: &str) {
    let expect = |number: i32, expected: &[Status]| {
        let got = status(number);
        assert!(
            Statuses::of(expected).has(got),
            "{got:?} inside a callback, not of {expected:?}"
        );
        got
    };
    let mut json = ptr::null_mut();
    if told.does & WAITS != 0 {
        // SAFETY: places for pointers, here and below.
        let got = expect(
            unsafe { ik_call_wait(told.call, 0, &mut json) },
            &[outcome, InvalidHandle],
        );
        let again = Given::new(json);
        if got == outcome {
            assert_eq!(again.text(), Some(text));
        }
        expect(
            unsafe { ik_call_wait(told.call, 1, ptr::null_mut()) },
            &[WouldDeadlock, InvalidHandle],
        );
        expect(
            unsafe { ik_call_get_metadata(told.call, &mut json) },
            &[Ok, InvalidHandle],
        );
        drop(Given::new(json));
    }
    if told.does & SENDS != 0 {
        expect(
            unsafe { ik_call_perform(told.call, &mut json) },
            &[WouldDeadlock, InvalidHandle],
        );
        drop(Given::new(json));
        let got = unsafe { ik_get_file_versions(told.client, c"fine".as_ptr(), &mut json) };
        expect(got, &[WouldDeadlock, InvalidHandle]);
        drop(Given::new(json));
    }
    if told.does & SHUTS != 0 {
        expect(ik_shutdown(u64::MAX), &[WouldDeadlock]);
        expect(
            ik_client_shutdown(told.client, 0),
            &[WouldDeadlock, InvalidHandle],
        );
    }
    if told.does & STARTS != 0 {
        let mut another = ptr::null_mut();
        let got = unsafe { ik_get_file_versions_call(told.client, c"slow".as_ptr(), &mut another) };
        if expect(got, &[Ok, InvalidHandle]) == Ok {
            let got = unsafe { ik_call_start(another, None, ptr::null_mut()) };
            expect(got, &[Ok, InvalidState, Cancelled]);
        }
        ik_call_free(another);
    }
    if told.does & FREES != 0 {
        ik_call_free(told.call);
    }
}

/// Takes lines of a log; `user_data` is freed once a shutdown has been.
pub unsafe extern "C" fn on_log(user_data: *mut c_void, level: i32, line: *const c_char) {
    // SAFETY: by the header's rule `user_data` is valid until a shutdown, and the line ends with a NUL.
    let (lines, line) = unsafe { (&*user_data.cast::<Mutex<u64>>(), CStr::from_ptr(line)) };
    *lines.lock().unwrap() += 1;
    let line = line.to_str().expect("UTF-8");
    assert!((1..=4).contains(&level) && !line.is_empty());
    assert!(
        !line.contains(super::KEY) && !line.contains(super::BASIC),
        "{line}"
    );
    assert_eq!(status(ik_shutdown(0)), WouldDeadlock);
}
