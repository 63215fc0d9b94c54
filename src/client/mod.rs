//! ImageKit, safe: what a Rust program sees, and what the C ABI is made of.

pub mod answering;
mod attempts;
pub mod call;
pub mod config;
pub mod description;
pub mod duplicates;
pub mod environment;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod log;
pub mod many;
mod metadata;
pub mod operation;
pub mod pace;
mod report;
mod result;
pub mod retry;
pub mod shutdown;
pub mod urls;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::primitives::error::Error;
use crate::transport::runtime;
use answering::Answering;
use call::{Audience, Call, Clock, may_wait};
use config::{Config, Settings};
use description::Description;
use environment::Environment;
use log::{Level, Log};
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
    /// Where its work is told.
    pub log: Log,
    is_closed: AtomicBool,
}

impl Client {
    /// Makes a client. What `config` leaves open comes from the environment or is the default.
    ///
    /// # Errors
    /// `invalid_argument` where an option or a variable cannot be used, or there is no private key;
    /// `resource_exhausted` and `tls_failed` where the system's root certificates cannot be read.
    pub fn new(config: &Config) -> Result<Client, Error> {
        let environment = Environment::read();
        let settings = config.resolve(&environment)?;
        let owner = runtime::new_owner();
        let log = Log::new(
            owner,
            config.resolve_log(&environment),
            settings.redactor.clone(),
        );
        for warning in &settings.warnings {
            log.tell(Level::Warn, || warning.clone());
        }
        Ok(Client {
            shared: Arc::new(Shared {
                owner,
                settings,
                log,
                is_closed: AtomicBool::new(false),
            }),
        })
    }

    /// Describes a call, to be sent in one of several ways.
    ///
    /// # Errors
    /// `invalid_argument` where its path cannot be put after the base URL.
    pub fn describe(&self, operation: Operation) -> Result<Description, Error> {
        Description::new(self.shared.clone(), operation)
    }

    /// Logs that a call could not be described, for those who get no more than a status.
    pub(crate) fn log_refusal(&self, why: &Error) {
        let log = &self.shared.log;
        log.tell(Level::Warn, || {
            format!("a call was refused: {}", why.message)
        });
        log.deliver();
    }

    /// Sends an operation and waits for its answer: the server's own bytes, checked.
    ///
    /// # Errors
    /// Every failing status from `bad_request` on, see [`Status`](crate::Status).
    pub fn perform(&self, operation: Operation) -> Result<Vec<u8>, Error> {
        may_wait()?;
        let call = self.call(operation)?;
        call.send()?;
        call.wait(None);
        call.take()
    }

    /// Sends an operation; its answer is awaited: the server's own bytes, checked.
    ///
    /// # Errors
    /// `resource_exhausted`, `cancelled` and `invalid_state` where it cannot be sent.
    pub fn send(&self, operation: Operation) -> Result<Answering, Error> {
        let call = self.call(operation)?;
        call.send()?;
        Ok(Answering::new(call))
    }

    /// The versions of a file, see [`operation::get_file_versions`].
    ///
    /// # Errors
    /// As [`Client::perform`].
    pub async fn get_file_versions(&self, file_id: &str) -> Result<Vec<u8>, Error> {
        self.send(operation::get_file_versions(file_id)?)?.await
    }

    /// One version of a file, see [`operation::get_file_version_details`].
    ///
    /// # Errors
    /// As [`Client::perform`].
    pub async fn get_file_version_details(
        &self,
        file_id: &str,
        version_id: &str,
    ) -> Result<Vec<u8>, Error> {
        let operation = operation::get_file_version_details(file_id, version_id)?;
        self.send(operation)?.await
    }

    /// Deletes a version, see [`operation::delete_file_version`].
    ///
    /// # Errors
    /// As [`Client::perform`].
    pub async fn delete_file_version(
        &self,
        file_id: &str,
        version_id: &str,
    ) -> Result<Vec<u8>, Error> {
        let operation = operation::delete_file_version(file_id, version_id)?;
        self.send(operation)?.await
    }

    /// Makes an older version the current one, see [`operation::restore_file_version`].
    ///
    /// # Errors
    /// As [`Client::perform`].
    pub async fn restore_file_version(
        &self,
        file_id: &str,
        version_id: &str,
    ) -> Result<Vec<u8>, Error> {
        let operation = operation::restore_file_version(file_id, version_id)?;
        self.send(operation)?.await
    }

    fn call(&self, operation: Operation) -> Result<Arc<Call>, Error> {
        let description = Arc::new(self.describe(operation)?);
        Ok(Call::new(description, Audience::One, Clock::AtOnce, None))
    }
}

impl Shared {
    /// Was the client shut down?
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        runtime::evict(self.owner);
    }
}
