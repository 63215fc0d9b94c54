//! What is said of a call that failed: what was attempted, what happened, what to do.

use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};

use super::call::Call;
use super::pace::TooLate;
use crate::primitives::error::{Error, ErrorAnswer};
use crate::primitives::status::Status;
use crate::transport::failure::{Failure, clean};
use crate::transport::http::{Answer, Head};

/// How much of an unusable body a message shows, and how much is searched for secrets before.
const EXCERPT_CHARS: usize = 80;
const SEARCHED_BYTES: usize = 4096;
/// How much is shown of what else a peer says.
const SHOWN_CHARS: usize = 200;

impl Call {
    /// The system refused what the call needs.
    pub(super) fn refused(&self, why: &str) -> Error {
        let message = format!(
            "the system refused what the request needs: {why}: close files, or raise the limit"
        );
        Error::new(Status::ResourceExhausted, message).after(self.made())
    }

    /// A success whose body is not what it should be.
    pub(super) fn unusable(&self, answer: &Answer, why: &str) -> Error {
        let shown = match answer.body.as_slice() {
            [] => "the body is empty".to_owned(),
            body => format!("{why}; it begins with: {}", self.excerpt(body)),
        };
        let message = format!(
            "{} answered with a success that cannot be used: {shown}",
            self.server()
        );
        self.of_answer(Error::new(Status::InvalidResponse, message), &answer.head)
    }

    fn excerpt(&self, body: &[u8]) -> String {
        // Enough of it that a secret in what is shown is found whole.
        let start = body.get(..SEARCHED_BYTES).unwrap_or(body);
        let redactor = &self.shared.settings.redactor;
        let text = redactor.redact(&String::from_utf8_lossy(start));
        clean(&text).chars().take(EXCERPT_CHARS).collect()
    }

    /// What a peer sent, without secrets, short and without control characters.
    fn shown(&self, text: &str) -> String {
        let text = self.shared.settings.redactor.redact(text);
        clean(&text).chars().take(SHOWN_CHARS).collect()
    }

    /// The error that the server answered with.
    pub(super) fn answered(&self, answer: &Answer, asked: Option<Duration>) -> Error {
        let body = String::from_utf8_lossy(&answer.body);
        let redactor = &self.shared.settings.redactor;
        let shown = match answer.is_cut {
            true => redactor.redact_cut(&body),
            false => redactor.redact(&body),
        };
        let said = ServerError::read(&answer.body);
        let message = said
            .message
            .unwrap_or_else(|| self.unexplained(&answer.head));
        let error = Error {
            retry_after: asked,
            ..Error::new(Status::of_http(answer.head.status), message)
        };
        let mut error = self.of_answer(error, &answer.head);
        if let Some(answer) = &mut error.answer {
            answer.help = said.help;
            answer.body = Some(shown);
        }
        error
    }

    /// Our own message, where the server sent none that we understand.
    fn unexplained(&self, head: &Head) -> String {
        let location = head.headers.get(LOCATION);
        match (
            head.status,
            location.map(|value| String::from_utf8_lossy(value.as_bytes())),
        ) {
            (300..=399, Some(target)) => format!(
                "{} redirects (HTTP {}) to {}, which is not followed, so that the private key does \
                 not travel on: check base_url",
                self.server(),
                head.status,
                self.shared.settings.base_url.authority_of(&target)
            ),
            (status, _) => format!(
                "{} answered {} with HTTP {status}",
                self.server(),
                self.request()
            ),
        }
    }

    /// The same failure with what is known from the head of the answer.
    pub(super) fn of_answer(&self, error: Error, head: &Head) -> Error {
        let answer = ErrorAnswer {
            http_status: head.status,
            request_id: self.request_id(&head.headers),
            ..ErrorAnswer::default()
        };
        Error {
            answer: Some(Box::new(answer)),
            ..error.after(self.made())
        }
    }

    /// No answer: what was attempted, what happened, what to do.
    pub(super) fn failed(&self, failure: &Failure) -> Error {
        let (server, cause) = (self.server(), self.shown(&failure.cause));
        let message = match failure.status {
            Status::Timeout => return self.timed_out(&cause),
            Status::ResourceExhausted => return self.refused(&cause),
            Status::ConnectFailed => {
                format!(
                    "no connection to {server}{}: {cause}: check the address, the network and the proxy",
                    self.through()
                )
            }
            Status::TlsFailed => {
                format!(
                    "no trust in {server}{}: {cause}: check base_url, the clock and ca_file",
                    self.through()
                )
            }
            Status::ConnectionLost => {
                format!(
                    "the connection to {server} was lost before {} was answered: {cause}",
                    self.request()
                )
            }
            _ => format!(
                "{server} answered {} with a success that cannot be used: {cause}",
                self.request()
            ),
        };
        Error::new(failure.status, message).after(self.made())
    }

    pub(super) fn timed_out(&self, state: &str) -> Error {
        let message = format!(
            "{} was not answered by {} within {} ms: {state}: raise timeout_ms, or look at the network",
            self.request(),
            self.server(),
            self.timeout.as_millis()
        );
        Error::new(Status::Timeout, message).after(self.made())
    }

    /// The server's pause or pace leaves this call no turn.
    pub(super) fn without_turn(&self, late: &TooLate) -> Error {
        let message = format!(
            "{} was not sent: after a 429 the server's rate limit leaves it no turn for {} ms, which is \
             past its time of {} ms: send less at once, or raise timeout_ms",
            self.request(),
            late.wait.as_millis(),
            self.timeout.as_millis()
        );
        Error {
            retry_after: Some(late.wait),
            ..Error::new(Status::RateLimited, message).after(self.made())
        }
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let value = headers.get("x-ik-requestid")?;
        Some(self.shown(&String::from_utf8_lossy(value.as_bytes())))
    }

    /// Something that cannot happen.
    pub(super) fn defect(&self) -> Error {
        let message = "libimagekit met a defect of its own: please report it.";
        Error::new(Status::Internal, message).after(self.made())
    }

    fn made(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    fn request(&self) -> String {
        format!("{} {}", self.operation.method, self.operation.path)
    }

    fn server(&self) -> String {
        self.shared.settings.base_url.authority()
    }

    fn through(&self) -> String {
        let proxy = self.shared.settings.proxy.as_ref();
        proxy
            .map(|proxy| format!(" through the proxy {}", proxy.url.authority()))
            .unwrap_or_default()
    }
}

/// What the server says of its error, where it says it as ImageKit does.
#[derive(Default)]
struct ServerError {
    message: Option<String>,
    help: Option<String>,
}

impl ServerError {
    fn read(body: &[u8]) -> ServerError {
        let body = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
        let text = |name: &str| {
            body.get(name)?
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        ServerError {
            message: text("message"),
            help: text("help"),
        }
    }
}
