//! Windows: no fork, no signals that hit a thread at random, no cancelled threads.

use std::ffi::c_void;
use std::io::{self, Write};
use std::ptr;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::primitives::lock::lock;
use crate::transport::system::{self, System};

/// Hands this system down. Without effect after the first time.
pub fn install() {
    system::install(Windows);
    pin_library();
}

struct Windows;

impl System for Windows {
    fn write_line(&self, line: &str) {
        let _it_is_lost = STANDARD_ERROR.write(line);
    }
}

/// Runs a call and leaves the last error of this thread as it was.
pub fn undisturbed<T>(call: impl FnOnce() -> T) -> T {
    let error = GetLastError();
    let value = call();
    SetLastError(error);
    value
}

/// Keeps the module that we are in loaded, be it our own library or a plugin that we were linked into:
/// our threads may outlive it.
fn pin_library() {
    let mut module = ptr::null_mut();
    let here = pin_library as *const c_void;
    // SAFETY: with FROM_ADDRESS any address may be asked for; `module` is a place for the answer.
    unsafe { GetModuleHandleExW(FLAG_PIN | FLAG_FROM_ADDRESS, here, &mut module) };
}

const FLAG_PIN: u32 = 1;
const FLAG_FROM_ADDRESS: u32 = 4;

#[link(name = "kernel32")]
unsafe extern "system" {
    safe fn GetLastError() -> u32;
    safe fn SetLastError(error: u32);
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
}

/// A console that is being looked at, or a pipe that nobody reads, holds up whoever writes to it, and
/// neither can be asked. So a thread writes that may be held up, and lines that come meanwhile are lost.
static STANDARD_ERROR: StandardError = StandardError {
    state: Mutex::new(State {
        line: None,
        has_writer: false,
        is_stuck: false,
    }),
    changed: Condvar::new(),
};

/// How long a line may take that anybody reads.
const PATIENCE: Duration = Duration::from_millis(100);

struct StandardError {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    line: Option<String>, // until it is written
    has_writer: bool,
    is_stuck: bool,
}

impl StandardError {
    /// Has it written, so that it is there when the process ends at once. Is None where it is lost.
    fn write(&'static self, line: &str) -> Option<()> {
        let mut state = lock(&self.state);
        if state.is_stuck {
            return None;
        }
        if !state.has_writer {
            let writer = std::thread::Builder::new().name("imagekit-stderr".to_owned());
            writer.spawn(|| self.write_on()).ok()?;
            state.has_writer = true;
        }
        let mut state = self.until_free(state)?;
        state.line = Some(line.to_owned());
        self.changed.notify_all();
        self.until_free(state).map(drop)
    }

    fn until_free<'a>(&self, state: MutexGuard<'a, State>) -> Option<MutexGuard<'a, State>> {
        let is_busy = |state: &mut State| state.line.is_some();
        let waited = self.changed.wait_timeout_while(state, PATIENCE, is_busy);
        let (mut state, waited) = waited.ok()?;
        state.is_stuck = waited.timed_out();
        (!state.is_stuck).then_some(state)
    }

    /// The life of the writer.
    fn write_on(&self) {
        loop {
            let no_line = |state: &mut State| state.line.is_none();
            let Ok(state) = self.changed.wait_while(lock(&self.state), no_line) else {
                return;
            };
            let line = state.line.clone().unwrap_or_default();
            drop(state);
            let _nobody_to_tell = io::stderr().write_all(line.as_bytes());
            let mut state = lock(&self.state);
            state.line = None;
            state.is_stuck = false;
            self.changed.notify_all();
        }
    }
}

/// Windows polls no descriptors.
pub struct Signal;

impl Signal {
    /// Never there on this platform.
    pub fn new() -> io::Result<Option<Signal>> {
        Ok(None)
    }

    /// Makes the descriptor readable, or not.
    pub fn show(&mut self, _is_shown: bool) {}

    /// The end that is polled.
    pub fn descriptor(&self) -> Option<std::ffi::c_int> {
        None
    }
}
