//! Windows has no fork, no signals that hit a thread at random, no cancelled threads, and no errno to keep.

/// The runtime's own, portable system is all that is needed.
pub fn install() {}

/// Runs a call as it is.
pub fn undisturbed<T>(call: impl FnOnce() -> T) -> T {
    call()
}
