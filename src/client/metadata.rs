//! What is known of a call besides its answer.

use std::time::{Duration, Instant};

use reqwest::Version;
use reqwest::header::HeaderMap;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::retry::{RateLimit, rate_limit};
use crate::primitives::secret::Redactor;
use crate::transport::http::Head;

/// What was noted of a call on its way. The head is that of its last attempt.
#[derive(Debug, Clone)]
pub struct Metadata {
    pub(super) started: Instant,
    pub(super) attempts: u32,
    pub(super) head: Option<Head>,
    pub(super) retry_after: Option<Duration>,
    pub(super) first_sent: Option<Instant>,
    pub(super) first_byte: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) wire_bytes: Option<u64>,
}

impl Metadata {
    pub(super) fn new(started: Instant) -> Metadata {
        Metadata {
            started,
            attempts: 0,
            head: None,
            retry_after: None,
            first_sent: None,
            first_byte: None,
            ended: None,
            wire_bytes: None,
        }
    }

    /// An attempt begins: what is known of the one before does not belong to it.
    pub(super) fn begin_attempt(&mut self) {
        self.attempts += 1;
        self.head = None;
        self.first_byte = None;
        self.wire_bytes = None;
        self.first_sent.get_or_insert_with(Instant::now);
    }

    /// All of it; what was noted of the answer is left out in what stays behind.
    pub(super) fn take(&mut self) -> Metadata {
        let head = self.head.take();
        Metadata {
            head,
            ..self.clone()
        }
    }

    /// How long the call took.
    pub(super) fn total(&self) -> Duration {
        self.since_start(self.ended).unwrap_or_default()
    }

    /// As JSON, without the secrets that a server may have echoed.
    pub(super) fn document(&self, redactor: &Redactor) -> String {
        let document = Document {
            metadata: self,
            redactor,
        };
        serde_json::to_string(&document).unwrap_or_else(|_| "{}".to_owned())
    }

    fn since_start(&self, moment: Option<Instant>) -> Option<Duration> {
        moment.map(|moment| moment.saturating_duration_since(self.started))
    }
}

struct Document<'a> {
    metadata: &'a Metadata,
    redactor: &'a Redactor,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata = self.metadata;
        let head = metadata.head.as_ref();
        let headers = head.map(|head| Headers {
            headers: &head.headers,
            redactor: self.redactor,
        });
        let request_id = head.and_then(|head| head.headers.get("x-ik-requestid"));
        let request_id = request_id.map(|id| shown(id.as_bytes(), self.redactor));

        let mut fields = serializer.serialize_struct("Metadata", 9)?;
        fields.serialize_field("httpStatus", &head.map(|head| head.status))?;
        fields.serialize_field("httpVersion", &head.map(|head| version(head.version)))?;
        fields.serialize_field("requestId", &request_id)?;
        fields.serialize_field("attempts", &metadata.attempts)?;
        fields.serialize_field("retryAfterMs", &metadata.retry_after.map(millis))?;
        let limit = head.and_then(|head| rate_limit(&head.headers));
        fields.serialize_field("rateLimit", &limit.map(Limit))?;
        fields.serialize_field("timings", &Timings(metadata))?;
        fields.serialize_field("wireBytes", &metadata.wire_bytes)?;
        fields.serialize_field("headers", &headers)?;
        fields.end()
    }
}

struct Limit(RateLimit);

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("RateLimit", 3)?;
        fields.serialize_field("limit", &self.0.limit)?;
        fields.serialize_field("intervalMs", &self.0.interval_ms)?;
        fields.serialize_field("resetMs", &self.0.reset_ms)?;
        fields.end()
    }
}

struct Timings<'a>(&'a Metadata);

impl Serialize for Timings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let since_start = |moment| self.0.since_start(moment).map(micros);
        let mut fields = serializer.serialize_struct("Timings", 3)?;
        fields.serialize_field("queuedUs", &since_start(self.0.first_sent))?;
        fields.serialize_field("firstByteUs", &since_start(self.0.first_byte))?;
        fields.serialize_field("totalUs", &since_start(self.0.ended))?;
        fields.end()
    }
}

struct Headers<'a> {
    headers: &'a HeaderMap,
    redactor: &'a Redactor,
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.headers.keys_len()))?;
        for name in self.headers.keys() {
            let values = self.headers.get_all(name).iter();
            let values = values.map(|value| shown(value.as_bytes(), self.redactor));
            let name = shown(name.as_str().as_bytes(), self.redactor);
            map.serialize_entry(&name, &values.collect::<Vec<_>>())?;
        }
        map.end()
    }
}

fn shown(bytes: &[u8], redactor: &Redactor) -> String {
    redactor.redact(&String::from_utf8_lossy(bytes))
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
