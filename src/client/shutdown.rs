//! The barrier: after it, no code of the host runs on our threads.

use std::time::Duration;

use super::Client;
use super::call::may_wait;
use crate::primitives::error::Error;
use crate::primitives::status::Status;
use crate::transport::shutdown::Shutdown;
use crate::transport::threads::end_of;
use crate::transport::{callbacks, runtime};

/// Ends every call of the process as cancelled, waits until all callbacks have returned, and joins the
/// library's threads; without a time limit where `timeout` is `None`. The library can be used again.
///
/// # Errors
/// `pending` where the time was too short, `would_deadlock` inside a callback.
pub fn shutdown(timeout: Option<Duration>) -> Result<(), Error> {
    may_wait()?;
    let until = end_of(timeout);
    let in_progress = Shutdown::begin();
    runtime::end_jobs(None);
    // Callbacks go on meanwhile, so the second wait is short.
    let is_io_stopped = runtime::stop(until);
    let are_callbacks_stopped = callbacks::stop(&in_progress, until);
    match is_io_stopped && are_callbacks_stopped {
        true => Ok(()),
        false => Err(pending("a callback or the look-up of a name still runs")),
    }
}

impl Client {
    /// Ends the client for good: its calls end as cancelled, and everything that is sent through it is
    /// refused from now on. Waits until its callbacks have returned; without a time limit where
    /// `timeout` is `None`.
    ///
    /// # Errors
    /// `pending` where the time was too short, `would_deadlock` inside a callback.
    pub fn shutdown(&self, timeout: Option<Duration>) -> Result<(), Error> {
        may_wait()?;
        let until = end_of(timeout);
        self.shared.close();
        runtime::end_jobs(Some(self.shared.owner));
        runtime::evict(self.shared.owner);
        self.shared.log.close();
        match callbacks::wait_for(self.shared.owner, until) {
            true => Ok(()),
            false => Err(pending("a callback of this client still runs")),
        }
    }
}

fn pending(what: &str) -> Error {
    Error::new(Status::Pending, format!("{what}: wait again"))
}
