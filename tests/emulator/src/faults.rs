//! Trouble on request: what `x-emulator-fault` may ask for. The crate's documentation has the list.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::api_error::ApiError;
use crate::breakage::Cut;
use crate::wire::Ending;

const FAULT: &str = "x-emulator-fault";
const FAULT_ID: &str = "x-emulator-fault-id";
const PAGE: &str = "<!doctype html><title>Welcome</title><p>This is not the API.</p>";

/// What one request asked for. The default is no trouble.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fault {
    pub delay: Duration,
    /// Given instead of carrying the request out.
    pub answer: Option<Answer>,
    pub cut: Option<Cut>,
    /// How the connection ends where the answer is cut.
    pub ending: Ending,
    /// Waited before each piece of the body but the first.
    pub drip: Duration,
    pub bad_gzip: bool,
    times: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Status(StatusCode),
    RateLimited { reset_ms: u32 },
    RetryAfter { seconds: u32 },
    Garbage,
}

#[derive(Default)]
pub struct Faults {
    /// How often each fault id was seen.
    seen: Mutex<HashMap<String, u32>>,
    /// How many requests each fault befell.
    befell: Mutex<BTreeMap<String, u64>>,
}

/// A file's id that asks for trouble after a `~`. There is always a file with such an id.
pub fn is_made_up(file_id: &str) -> bool {
    file_id.contains('~')
}

fn file_id(path: &str) -> Option<Cow<'_, str>> {
    let segment = path.strip_prefix("/v1/files/")?.split('/').next()?;
    percent_decode_str(segment).decode_utf8().ok()
}

impl Faults {
    /// The trouble that this request is to have. A request that is turned away here is not counted.
    pub fn of(&self, headers: &HeaderMap, path: &str) -> Result<Fault, ApiError> {
        let file_id = file_id(path).filter(|id| is_made_up(id));
        let in_id = file_id.as_deref().and_then(|id| id.split_once('~'));
        let mut asked = Vec::from_iter(in_id.map(|(_, asked)| asked));
        for value in headers.get_all(FAULT) {
            asked.push(value.to_str().map_err(|_| refusal("it is not ASCII"))?);
        }
        let parts = asked.iter().flat_map(|value| value.split(';'));
        let parts = parts.map(str::trim).filter(|part| !part.is_empty());

        let mut fault = Fault::default();
        for part in parts.clone() {
            fault.take_in(part)?;
        }
        if let Some(times) = fault.times {
            let id = headers.get(FAULT_ID).and_then(|id| id.to_str().ok());
            let id = id.or(file_id.as_deref());
            let id = id.ok_or_else(|| refusal("times=N needs a header x-emulator-fault-id"))?;
            if self.count(id) > times {
                return Ok(Fault::default());
            }
        }
        let mut befell = lock(&self.befell);
        for part in parts.filter(|part| !part.starts_with("times")) {
            let name = part.split_once('=').map_or(part, |(name, _)| name).trim();
            *befell.entry(name.to_owned()).or_default() += 1;
        }
        Ok(fault)
    }

    /// How many requests each fault befell so far.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        lock(&self.befell).clone()
    }

    fn count(&self, id: &str) -> u32 {
        let mut seen = lock(&self.seen);
        let count = seen.entry(id.to_owned()).or_default();
        *count = count.saturating_add(1);
        *count
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Fault {
    fn take_in(&mut self, part: &str) -> Result<(), ApiError> {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim()),
            None => (part, ""),
        };
        let number = || value.parse::<u32>().ok();
        let status = || StatusCode::from_bytes(value.as_bytes()).ok();
        let fits = match name {
            "delay" => number().is_some_and(|ms| {
                let delay = Duration::from_millis(ms.into());
                std::mem::replace(&mut self.delay, delay).is_zero()
            }),
            "times" => number().is_some_and(|times| self.times.replace(times).is_none()),
            "status" => status()
                .filter(|status| status.is_client_error() || status.is_server_error())
                .is_some_and(|status| self.answer_with(Answer::Status(status))),
            "rate-limited" => {
                number().is_some_and(|reset_ms| self.answer_with(Answer::RateLimited { reset_ms }))
            }
            "retry-after" => {
                number().is_some_and(|seconds| self.answer_with(Answer::RetryAfter { seconds }))
            }
            "garbage" => value.is_empty() && self.answer_with(Answer::Garbage),
            "bad-gzip" => value.is_empty() && !std::mem::replace(&mut self.bad_gzip, true),
            "drip" => number().is_some_and(|ms| {
                let wait = Duration::from_millis(ms.into());
                std::mem::replace(&mut self.drip, wait).is_zero()
            }),
            "truncate" => {
                let bytes = value.parse();
                bytes.is_ok_and(|bytes| self.cut_at(Cut::AfterBytes(bytes), ""))
            }
            "drop-before-head" => self.cut_at(Cut::BeforeHead, value),
            "drop-after-head" => self.cut_at(Cut::AfterBytes(0), value),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(refusal(&format!("\"{part}\" is unknown or out of place")))
        }
    }

    fn answer_with(&mut self, answer: Answer) -> bool {
        self.answer.replace(answer).is_none()
    }

    fn cut_at(&mut self, cut: Cut, how: &str) -> bool {
        self.ending = match how {
            "" => Ending::Close,
            "reset" => Ending::Reset,
            "noise" => Ending::Noise,
            _ => return false,
        };
        self.cut.replace(cut).is_none()
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Answer::Status(status) => ApiError::AskedFor(status).into_response(),
            Answer::RateLimited { reset_ms } => {
                let headers = [("x-ratelimit-reset", reset_ms.to_string())];
                (headers, ApiError::RateLimited).into_response()
            }
            Answer::RetryAfter { seconds } => {
                let headers = [(header::RETRY_AFTER, seconds.to_string())];
                (headers, ApiError::RateLimited).into_response()
            }
            Answer::Garbage => {
                ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], PAGE).into_response()
            }
        }
    }
}

fn refusal(what: &str) -> ApiError {
    ApiError::Malformed(format!(
        "The header x-emulator-fault cannot be used: {what}."
    ))
}

#[cfg(test)]
mod tests {
    use super::{Answer, Cut, Ending, FAULT, Fault, Faults};
    use axum::http::{HeaderMap, HeaderValue, StatusCode};
    use std::time::Duration;

    fn fault(asked: &'static str) -> Option<Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(FAULT, HeaderValue::from_static(asked));
        Faults::default().of(&headers, "/v1/files").ok()
    }

    #[test]
    fn faults_join() {
        let joined = Fault {
            delay: Duration::from_millis(20),
            answer: Some(Answer::Status(StatusCode::SERVICE_UNAVAILABLE)),
            cut: Some(Cut::AfterBytes(7)),
            ..Fault::default()
        };
        let asked = "delay=20; status = 503 ;truncate=7;";
        assert_eq!(fault(asked), Some(joined));
        assert_eq!(fault(""), Some(Fault::default()));
        let reset = fault("drop-before-head=reset").map(|fault| fault.ending);
        assert_eq!(reset, Some(Ending::Reset));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for asked in [
            "nonsense",
            "delay",
            "delay=-1",
            "delay=soon",
            "delay=1;delay=2",
            "status=200",
            "status=99",
            "status=500;garbage",
            "garbage=1",
            "bad-gzip=1",
            "bad-gzip;bad-gzip",
            "drip",
            "retry-after=soon",
            "retry-after=1;status=500",
            "rate-limited",
            "truncate",
            "truncate=1;drop-after-head",
            "drop-after-head=gently",
            "times=1", // without an id
        ] {
            assert_eq!(fault(asked), None, "{asked}");
        }
    }
}
