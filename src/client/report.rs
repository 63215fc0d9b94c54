//! What is said of a call that failed: what was attempted, what happened, what to do.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, LOCATION};

use super::call::Call;
use super::metadata::Metadata;
use super::pace::{Cause, MAX_OPEN, TooLate};
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
        let message = format!("this process lacks what {} needs: {why}", self.request());
        Error::new(Status::ResourceExhausted, message).after(self.made())
    }

    /// A success whose body is not what it should be.
    pub(super) fn unusable(&self, metadata: &Metadata, body: &[u8], why: &str) -> Error {
        let what = match body {
            [] => "the body is empty".to_owned(),
            body => format!("{why}; it begins with: {}", self.excerpt(body)),
        };
        let error = Error::new(Status::InvalidResponse, self.useless(&what));
        let error = error.after(metadata.attempts);
        match &metadata.head {
            Some(head) => self.with_head(error, head),
            None => error,
        }
    }

    fn useless(&self, what: &str) -> String {
        format!(
            "{} answered {} with a success that cannot be used: {what}: check that base_url is \
             ImageKit's API and nothing on the way changes its answers",
            self.server(),
            self.request()
        )
    }

    fn excerpt(&self, body: &[u8]) -> String {
        self.beginning(body, EXCERPT_CHARS)
    }

    fn beginning(&self, body: &[u8], chars: usize) -> String {
        // Enough of it that a secret in what is shown is found whole, and not so much that it takes long.
        let start = body.get(..SEARCHED_BYTES).unwrap_or(body);
        let redactor = &self.description.shared.settings.redactor;
        let text = String::from_utf8_lossy(start);
        let text = match start.len() < body.len() {
            true => redactor.redact_cut(&text),
            false => redactor.redact(&text),
        };
        clean(&text).chars().take(chars).collect()
    }

    /// What a peer sent, without secrets, short and without control characters.
    fn shown(&self, text: &str) -> String {
        self.beginning(text.as_bytes(), SHOWN_CHARS)
    }

    /// The error that the server answered with.
    pub(super) fn answered(&self, answer: &Answer, asked: Option<Duration>) -> Error {
        let body = String::from_utf8_lossy(&answer.body);
        // Whole secrets are masked with the rest of the document, on the caller's thread.
        let shown = match answer.is_cut {
            true => self.description.shared.settings.redactor.redact_cut(&body),
            false => body.into_owned(),
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
        let advice = match head.status {
            300..=399 => return self.redirected(head),
            400 | 422 => "check the arguments",
            401 | 403 => "check the private key",
            404 => "check the id and base_url",
            409 | 423 => "look at the present state, and try again",
            429 => "send less at once, or later",
            500..=599 => "try again later, and give ImageKit's support the request id",
            _ => "check base_url",
        };
        format!(
            "{} answered {} with HTTP {} and no message: {advice}",
            self.server(),
            self.request(),
            head.status
        )
    }

    fn redirected(&self, head: &Head) -> String {
        let location = head.headers.get(LOCATION);
        let target = location.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let base_url = &self.description.shared.settings.base_url;
        let target = target.map(|target| self.shown(&base_url.authority_of(&target)));
        let target = target.map(|target| format!(" to {target}"));
        format!(
            "{} redirects {} with HTTP {}{}, which is not followed, so that the private key does not \
             travel on: check base_url",
            self.server(),
            self.request(),
            head.status,
            target.unwrap_or_default()
        )
    }

    /// The same failure with what is known from the head of the answer.
    pub(super) fn of_answer(&self, error: Error, head: &Head) -> Error {
        self.with_head(error.after(self.made()), head)
    }

    fn with_head(&self, error: Error, head: &Head) -> Error {
        let answer = ErrorAnswer {
            http_status: head.status,
            request_id: self.request_id(&head.headers),
            ..ErrorAnswer::default()
        };
        Error {
            answer: Some(Box::new(answer)),
            ..error
        }
    }

    /// No answer: what was attempted, what happened, what to do.
    pub(super) fn failed(&self, failure: &Failure) -> Error {
        let (server, request) = (self.server(), self.request());
        let (cause, through) = (self.shown(&failure.cause), self.through());
        let message = match failure.status {
            Status::Timeout => return self.timed_out(&cause),
            Status::ResourceExhausted => return self.refused(&cause),
            Status::ConnectFailed => format!(
                "no connection to {server}{through}: {cause}: check base_url, the network and the proxy"
            ),
            Status::TlsFailed => format!(
                "no trust in {server}{through}: {cause}: check base_url, the clock and ca_file"
            ),
            Status::ConnectionLost => {
                let advice = match self.description.is_repeatable() {
                    true => "try again later",
                    false => "the server may have acted, so look before you send it again",
                };
                format!(
                    "the connection to {server}{through} was lost before {request} was answered: \
                     {cause}: {advice}{}",
                    self.scheme_hint()
                )
            }
            Status::InvalidResponse => self.useless(&cause),
            Status::ResponseTooLarge => {
                format!(
                    "{server} answered {request} with too much: {cause}: raise max_response_bytes"
                )
            }
            _ => return self.defect(&cause),
        };
        Error::new(failure.status, message).after(self.made())
    }

    pub(super) fn timed_out(&self, state: &str) -> Error {
        let message = format!(
            "{} was not answered by {}{} within {} ms: {state}: raise timeout_ms, or look at the network",
            self.request(),
            self.server(),
            self.through(),
            self.description.timeout().as_millis()
        );
        Error::new(Status::Timeout, message).after(self.made())
    }

    /// The call cannot have a turn in its time.
    pub(super) fn without_turn(&self, late: &TooLate) -> Error {
        let wait = late.wait.as_millis();
        let why = match late.cause {
            Cause::Server => {
                format!("after a 429 the server's rate limit leaves it no turn for {wait} ms")
            }
            Cause::Limit => format!("max_requests_per_second leaves it no turn for {wait} ms"),
            Cause::Places => format!("{MAX_OPEN} other requests of this client were still open"),
        };
        let deadline = self.record().deadline;
        let left = deadline.map_or(self.description.timeout(), |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        let message = format!(
            "{} was never sent: {why}, and of its {} ms only {} were left: send less at once, or raise \
             timeout_ms",
            self.request(),
            self.description.timeout().as_millis(),
            left.as_millis()
        );
        let error = |status| Error::new(status, message).after(self.made());
        match late.cause {
            Cause::Server => Error {
                retry_after: Some(late.wait),
                ..error(Status::RateLimited)
            },
            Cause::Limit | Cause::Places => error(Status::Timeout),
        }
    }

    /// The call was ended before it had an answer.
    pub(super) fn cancelled(&self, why: &str) -> Error {
        let message = format!(
            "{} was cancelled: {why}: describe a new call to send it again",
            self.request()
        );
        let error = Error::new(Status::Cancelled, message);
        match self.is_foreign() {
            true => error, // a child must not look at what its parent may have locked
            false => error.after(self.made()),
        }
    }

    /// The line that a log has of a call.
    pub(super) fn summary(&self, metadata: &Metadata, error: Option<&Error>) -> String {
        let status = metadata.head.as_ref().map(|head| head.status);
        let status = status.map_or("no answer".to_owned(), |status| format!("HTTP {status}"));
        format!(
            "{}: {}, {status}, attempts {}, {} ms",
            self.request(),
            error.map_or("ok", |error| error.status.name()),
            metadata.attempts,
            metadata.total().as_millis()
        )
    }

    /// Something that cannot happen.
    pub(super) fn defect(&self, what: &str) -> Error {
        let message = format!("libimagekit met a defect of its own: {what}: please report it");
        Error::new(Status::Internal, message).after(self.made())
    }

    fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let value = headers.get("x-ik-requestid")?;
        Some(self.shown(&String::from_utf8_lossy(value.as_bytes())))
    }

    pub(super) fn made(&self) -> u32 {
        self.record().metadata.attempts
    }

    pub(super) fn request(&self) -> String {
        let path = self
            .description
            .shared
            .settings
            .base_url
            .path_of(&self.description.operation.path);
        let redactor = &self.description.shared.settings.redactor;
        redactor.redact(&format!("{} {path}", self.description.operation.method))
    }

    fn server(&self) -> String {
        self.description.shared.settings.base_url.authority()
    }

    /// Plain http and https answer each other with what looks like noise.
    fn scheme_hint(&self) -> &'static str {
        match self.description.shared.settings.base_url.is_https() {
            true => "",
            false => ", and check that the server speaks http rather than https",
        }
    }

    fn through(&self) -> String {
        let proxy = self.description.shared.settings.proxy.as_ref();
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
