//! ImageKit, safe: what a Rust program sees, and what the C ABI is made of.

pub mod call;
pub mod config;
pub mod environment;
pub mod operation;
pub mod pace;
mod report;
pub mod retry;
pub mod urls;

use std::sync::Arc;

use crate::primitives::error::Error;
use crate::transport::failure::refusal;
use crate::transport::runtime::{self, Job};
use call::Call;
use config::{Config, Settings};
use environment::Environment;
use operation::Operation;

/// A client of ImageKit's API, for any number of threads at once.
///
/// It starts no thread and opens no connection before its first call. Cloning it gives another name
/// for the same client.
#[derive(Debug, Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

/// What a client and its calls have in common, until the last of them is gone.
#[derive(Debug)]
pub struct Shared {
    /// Under this number the I/O thread keeps the client's connections.
    pub owner: u64,
    /// The settings, which never change.
    pub settings: Settings,
}

impl Client {
    /// Makes a client. What `config` leaves open comes from the environment or is the default.
    ///
    /// # Errors
    /// `invalid_argument` where an option or a variable cannot be used, or there is no private key;
    /// `resource_exhausted` and `tls_failed` where the system's root certificates cannot be read.
    pub fn new(config: &Config) -> Result<Client, Error> {
        let settings = config.resolve(&Environment::read())?;
        let owner = runtime::new_owner();
        Ok(Client {
            shared: Arc::new(Shared { owner, settings }),
        })
    }

    /// Sends an operation and waits for its answer: the server's own bytes, checked.
    ///
    /// # Errors
    /// Every failing status from `bad_request` on, see [`Status`](crate::Status).
    pub fn perform(&self, operation: Operation) -> Result<Vec<u8>, Error> {
        let call = Arc::new(Call::new(self.shared.clone(), operation));
        let job: Arc<dyn Job> = call.clone();
        let body = runtime::submit(&job)
            .map_err(|error| call.refused(&refusal(&error)))
            .and_then(|()| call.wait());
        // Here, on the caller's thread: a large body must not hold up the others.
        let body = body.and_then(|answer| call.check(answer));
        body.map_err(|error| error.redacted(&self.shared.settings.redactor))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        runtime::evict(self.owner);
    }
}
