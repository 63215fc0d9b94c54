//! Windows has no fork, no signals that hit a thread at random, no cancelled threads, and no errno to keep.

/// The runtime's own, portable system is all that is needed.
pub fn install() {}

/// Runs a call as it is.
pub fn undisturbed<T>(call: impl FnOnce() -> T) -> T {
    call()
}

/// Windows polls no descriptors.
pub struct Signal;

impl Signal {
    /// Never there on this platform.
    pub fn new() -> std::io::Result<Option<Signal>> {
        Ok(None)
    }

    /// Makes the descriptor readable, or not.
    pub fn show(&mut self, _is_shown: bool) {}

    /// The end that is polled.
    pub fn descriptor(&self) -> Option<std::ffi::c_int> {
        None
    }
}
