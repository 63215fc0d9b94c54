//! What a call gives to those who ask when it has ended: its answer, checked, and its metadata.

use super::call::{Body, Call, End};
use super::log::Level;
use super::metadata::Metadata;
use crate::primitives::error::Error;
use crate::primitives::json;
use crate::primitives::lock::lock;
use crate::primitives::status::Status;

/// What an operation gives whose answer needs no body.
const EMPTY: &[u8] = b"{}";

/// Why a call of the parent's counts as cancelled in its child.
const FOREIGN: &str = "it runs in the process that this one was forked from";

impl Call {
    /// The checked answer of a call that has ended. Whoever asks first has it checked, here and now: a
    /// large body must not hold up the I/O thread.
    ///
    /// # Errors
    /// Every failing status from `bad_request` on.
    pub fn result(&self) -> Result<&[u8], Error> {
        let end = self.ended()?;
        if self.verdict.get().is_none() {
            // A child must not wait for one that its parent held when it forked.
            let _one_at_a_time = (!self.is_foreign()).then(|| lock(&self.checking));
            self.verdict.get_or_init(|| Box::new(self.judge(end)));
        }
        match (self.verdict.get(), &end.body) {
            (Some(Err(error)), _) => Err(error.clone()),
            (_, Ok(Body::Kept(body))) if self.is_without_body(&end.metadata, body) => Ok(EMPTY),
            (_, Ok(Body::Kept(body))) => Ok(body),
            _ => Err(self.defect("its answer is not for all")),
        }
    }

    /// Everyone hears the same of it, without secrets.
    fn judge(&self, end: &End) -> Result<(), Error> {
        match &end.body {
            Ok(Body::Kept(body)) => self.check(&end.metadata, body),
            Ok(Body::ForOne(_)) => Ok(()),
            Err(error) => Err(self.redacted(error.clone())),
        }
    }

    /// The end, for those who know that it has come.
    fn ended(&self) -> Result<&End, Error> {
        if self.end.get().is_none() && !self.is_foreign() {
            drop(self.record()); // held until the end can be seen
        }
        self.end.get().ok_or_else(|| self.cancelled(FOREIGN))
    }

    /// The same for the only one who knows of the call, once and without a copy.
    ///
    /// # Errors
    /// As [`Call::result`].
    pub fn take(&self) -> Result<Vec<u8>, Error> {
        let end = self.ended()?;
        let body = match &end.body {
            Ok(Body::ForOne(body)) => std::mem::take(&mut *lock(body)),
            _ => return self.result().map(<[u8]>::to_vec),
        };
        self.check(&end.metadata, &body)?;
        match self.is_without_body(&end.metadata, &body) {
            true => Ok(EMPTY.to_vec()),
            false => Ok(body),
        }
    }

    /// Is the body of a success what the operation promises? Takes time for a large one.
    fn check(&self, metadata: &Metadata, body: &[u8]) -> Result<(), Error> {
        let checked = match self.is_without_body(metadata, body) {
            true => Ok(()),
            false => self.check_document(metadata, body),
        };
        checked.map_err(|error| {
            let error = self.redacted(error);
            let log = &self.description.shared.log;
            log.tell(Level::Warn, || error.message.clone());
            error
        })
    }

    fn check_document(&self, metadata: &Metadata, body: &[u8]) -> Result<(), Error> {
        match json::check(body, self.description.operation.answer) {
            Ok(()) if !is_empty(metadata, body) => Ok(()),
            Ok(()) => Err(self.unusable(metadata, body, "a document was due")),
            Err(why) => Err(self.unusable(metadata, body, &why)),
        }
    }

    fn is_without_body(&self, metadata: &Metadata, body: &[u8]) -> bool {
        self.description.operation.may_be_empty && is_empty(metadata, body)
    }

    fn redacted(&self, error: Error) -> Error {
        error.redacted(&self.description.shared.settings.redactor)
    }

    /// What is known of the call besides its answer, as JSON.
    ///
    /// # Errors
    /// `pending` while it runs, `invalid_state` in a child of the process where it runs.
    pub fn metadata(&self) -> Result<String, Error> {
        match self.end.get() {
            Some(end) => {
                let redactor = &self.description.shared.settings.redactor;
                Ok(end.metadata.document(redactor))
            }
            None if self.is_foreign() => Err(Error::new(
                Status::InvalidState,
                "the call runs in the process that this one was forked from: ask there",
            )),
            None => Err(Error::new(Status::Pending, "the call runs: wait for it")),
        }
    }
}

fn is_empty(metadata: &Metadata, body: &[u8]) -> bool {
    let status = metadata.head.as_ref().map(|head| head.status);
    body.is_empty() || matches!(status, Some(204 | 205))
}
