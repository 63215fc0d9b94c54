//! An operation with all that it needs to be sent, once, in whichever way.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Shared;
use super::config::check_time;
use super::operation::Operation;
use crate::primitives::error::Error;
use crate::primitives::status::Status;
use crate::transport::shutdown;

/// The longest name and the longest value of a header, in bytes.
const MAX_NAME_BYTES: usize = 128;
const MAX_VALUE_BYTES: usize = 8 << 10;
/// How many headers a call can have. Servers take less.
const MAX_HEADERS: usize = 256;

/// Headers that are this library's business.
const RESERVED: [&str; 9] = [
    "host",
    "authorization",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "upgrade",
    "expect",
    "accept-encoding",
];
const RESERVED_PREFIX: &str = "proxy-";

/// A call, described but not sent. It keeps what it needs of its client.
#[derive(Debug, Clone)]
pub struct Description {
    pub(super) shared: Arc<Shared>,
    pub(super) operation: Operation,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    timeout: Option<Duration>,
    max_retries: Option<u32>,
}

impl Description {
    pub(super) fn new(shared: Arc<Shared>, operation: Operation) -> Result<Description, Error> {
        let url = shared.settings.base_url.join(&operation.path)?;
        Ok(Description {
            shared,
            operation,
            url,
            headers: HeaderMap::new(),
            timeout: None,
            max_retries: None,
        })
    }

    /// The time for this call, retries and waits included, in ms. Else: the client's.
    ///
    /// # Errors
    /// `invalid_argument` outside of 1 to 86 400 000.
    pub fn set_timeout_ms(&mut self, timeout_ms: u64) -> Result<(), Error> {
        self.timeout = Some(check_time("timeout_ms", timeout_ms)?);
        Ok(())
    }

    /// How often a failed attempt of this call is repeated, also where the server may have acted. Else:
    /// as the client's settings and the operation say.
    pub fn set_max_retries(&mut self, max_retries: u32) {
        self.max_retries = Some(max_retries);
    }

    /// A header of this call, in place of an earlier one of that name.
    ///
    /// # Errors
    /// `invalid_argument` where the name is no token of at most 128 bytes or is this library's business,
    /// or the value is longer than 8 KiB or contains more than visible ASCII, spaces and tabs, or there are
    /// 256 headers already.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let name = header_name(name)?;
        if self.headers.len() >= MAX_HEADERS && !self.headers.contains_key(&name) {
            return Err(Error::invalid_argument(
                "the call has 256 headers already: leave some out",
            ));
        }
        self.headers.insert(name, header_value(value)?);
        Ok(())
    }

    /// Can it be sent at this moment? Asked again when it is.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        match (shutdown::is_in_progress(), self.shared.is_closed()) {
            (true, _) => Err(Error::new(
                Status::Cancelled,
                "a shutdown is in progress: send the call when it is over",
            )),
            (_, true) => Err(closed()),
            (false, false) => Ok(()),
        }
    }

    /// Under which number the I/O thread keeps the client's connections.
    pub(crate) fn owner(&self) -> u64 {
        self.shared.owner
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(self.shared.settings.timeout)
    }

    pub(super) fn max_retries(&self) -> u32 {
        self.max_retries.unwrap_or(self.shared.settings.max_retries)
    }

    /// May it be sent again when nobody knows whether the server acted?
    pub(super) fn is_repeatable(&self) -> bool {
        self.operation.is_idempotent() || self.max_retries.is_some()
    }
}

/// The client takes nothing more.
pub(super) fn closed() -> Error {
    Error::new(
        Status::InvalidState,
        "the client was shut down: make a new one",
    )
}

/// The name of a header, in lower case, whether a call may set it or not.
pub fn token(name: &str) -> Option<HeaderName> {
    let is_short = (1..=MAX_NAME_BYTES).contains(&name.len());
    is_short
        .then(|| HeaderName::from_bytes(name.as_bytes()).ok())
        .flatten()
}

/// The name of a header that a call may set.
fn header_name(name: &str) -> Result<HeaderName, Error> {
    let token = token(name).ok_or_else(|| {
        Error::invalid_argument(
            "the name of the header is no token of 1 to 128 bytes: pass one such as X-Trace-Id",
        )
    })?;
    match RESERVED.contains(&token.as_str()) || token.as_str().starts_with(RESERVED_PREFIX) {
        true => Err(Error::invalid_argument(format!(
            "the header {token} is set by the library alone: leave it out"
        ))),
        false => Ok(token),
    }
}

fn header_value(value: &str) -> Result<HeaderValue, Error> {
    let is_good = |byte: u8| matches!(byte, b' '..=b'~' | b'\t');
    let value = (value.len() <= MAX_VALUE_BYTES && value.bytes().all(is_good))
        .then(|| HeaderValue::from_str(value).ok())
        .flatten();
    value.ok_or_else(|| {
        Error::invalid_argument(
            "the value of the header is longer than 8192 bytes or contains more than visible ASCII, \
             spaces and tabs: encode it",
        )
    })
}
