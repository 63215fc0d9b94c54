//! Why a call failed, and the document that says so.

use std::fmt;
use std::time::Duration;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::secret::Redactor;
use super::status::Status;

/// Why a call failed. What does not apply is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The kind of failure.
    pub status: Status,
    /// What was attempted, what happened and what to do; the server's own words where it sent some.
    pub message: String,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// How many requests were made.
    pub attempts: Option<u32>,
    /// What the last answer said, where there was one.
    pub answer: Option<Box<ErrorAnswer>>,
}

/// What an answer says of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub http_status: u16,
    /// The server's advice.
    pub help: Option<String>,
    /// The id under which ImageKit's support finds the request.
    pub request_id: Option<String>,
    /// What the server sent with its error, its first 4096 bytes at the most.
    pub body: Option<String>,
}

impl Error {
    /// A failure that is told by its kind and a message alone.
    pub fn new(status: Status, message: impl Into<String>) -> Error {
        Error {
            status,
            message: message.into(),
            retry_after: None,
            attempts: None,
            answer: None,
        }
    }

    /// An argument that cannot be used; the message names it and says what to pass instead.
    pub fn invalid_argument(message: impl Into<String>) -> Error {
        Error::new(Status::InvalidArgument, message)
    }

    /// The same failure with its number of attempts.
    pub fn after(mut self, attempts: u32) -> Error {
        self.attempts = Some(attempts);
        self
    }

    /// The same failure without the secrets that a server may have echoed.
    pub fn redacted(mut self, redactor: &Redactor) -> Error {
        self.message = redactor.redact(&self.message);
        if let Some(answer) = &mut self.answer {
            for text in [&mut answer.help, &mut answer.request_id, &mut answer.body] {
                *text = text.take().map(|text| redactor.redact(&text));
            }
        }
        self
    }

    /// The error document, as JSON.
    pub fn document(&self) -> String {
        serde_json::to_string(&Document { error: self }).unwrap_or_else(|_| INTERNAL.to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.name(), self.message)
    }
}

impl std::error::Error for Error {}

/// The document for a defect of ours, ready without any further work.
pub const INTERNAL: &str = concat!(
    r#"{"error":{"code":"internal","message":"libimagekit met a defect of its own: please report it.","#,
    r#""help":null,"httpStatus":null,"requestId":null,"retryAfterMs":null,"attempts":null,"responseBody":null}}"#
);

struct Document<'a> {
    error: &'a Error,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Document", 1)?;
        document.serialize_field("error", self.error)?;
        document.end()
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let retry_after_ms = self
            .retry_after
            .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));

        let answer = self.answer.as_deref();
        let help = answer.and_then(|answer| answer.help.as_ref());
        let request_id = answer.and_then(|answer| answer.request_id.as_ref());
        let body = answer.and_then(|answer| answer.body.as_ref());

        let mut fields = serializer.serialize_struct("Error", 8)?;
        fields.serialize_field("code", self.status.name())?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("help", &help)?;
        fields.serialize_field("httpStatus", &answer.map(|answer| answer.http_status))?;
        fields.serialize_field("requestId", &request_id)?;
        fields.serialize_field("retryAfterMs", &retry_after_ms)?;
        fields.serialize_field("attempts", &self.attempts)?;
        fields.serialize_field("responseBody", &body)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_every_field() {
        let error = Error::invalid_argument("file_id is \"empty\"");
        assert_eq!(
            error.document(),
            r#"{"error":{"code":"invalid_argument","message":"file_id is \"empty\"","help":null,"httpStatus":null,"requestId":null,"retryAfterMs":null,"attempts":null,"responseBody":null}}"#
        );
    }

    #[test]
    fn the_ready_made_document_has_the_same_fields() {
        let mut error = Error::new(Status::Internal, "x");
        error.message = "libimagekit met a defect of its own: please report it.".to_owned();
        assert_eq!(error.document(), INTERNAL);
    }
}
