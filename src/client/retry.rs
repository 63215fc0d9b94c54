//! When a failed attempt is worth another one. Pure: no clock, no chance of its own.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};

/// The wait before the first repetition; it doubles up to the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(8);
/// A backoff is shortened by up to this part of it, so that callers do not repeat in step.
const JITTER: f64 = 0.25;
/// A server that asks for more is not waited for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What came of an attempt, as far as repeating goes.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The HTTP status, where there was an answer.
    pub http_status: Option<u16>,
    /// Without an answer: may another attempt fare better?
    pub is_passing: bool,
    /// Without an answer: may the server have seen the request?
    pub was_connected: bool,
    /// Did a kept connection turn out to be dead before the answer began?
    pub was_stale: bool,
    /// How long the server asked to wait.
    pub asked: Option<Duration>,
}

impl Outcome {
    /// The wait that the server asked for, if it is one.
    pub fn wait(&self) -> Option<Duration> {
        self.asked.filter(|asked| !asked.is_zero())
    }
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The outcome is final.
    Stop,
    /// Another attempt after this wait.
    Repeat(Duration),
}

/// The repetitions of one call.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    left: u32,
    done: u32,
    has_replaced: bool,
    is_idempotent: bool,
}

impl Retries {
    /// At most `max` of them; `is_idempotent` where sending twice does no harm.
    pub fn new(max: u32, is_idempotent: bool) -> Retries {
        Retries {
            left: max,
            done: 0,
            has_replaced: false,
            is_idempotent,
        }
    }

    /// The step after this outcome. `chance` is between 0 and 1, `time_left` until the deadline.
    pub fn next(&mut self, outcome: &Outcome, chance: f64, time_left: Duration) -> Step {
        if self.left == 0 || !self.is_worthwhile(outcome) {
            return Step::Stop;
        }
        // A second dead connection may be the server's doing: it must not make us send in a loop.
        let is_replaced = outcome.was_stale && !self.has_replaced;
        let wait = match outcome.wait() {
            Some(asked) => asked,
            None if is_replaced => Duration::ZERO,
            None => self.backoff(chance),
        };
        // An attempt after the deadline cannot end in an answer.
        if wait > LONGEST_WAIT || wait >= time_left {
            return Step::Stop;
        }
        self.left -= 1;
        self.done += 1;
        self.has_replaced |= is_replaced;
        Step::Repeat(wait)
    }

    fn is_worthwhile(&self, outcome: &Outcome) -> bool {
        match outcome.http_status {
            // The server says that it did not act.
            Some(429) => true,
            Some(503) if outcome.asked.is_some() => true,
            Some(408 | 409 | 500..=599) => self.is_idempotent,
            Some(_) => false,
            None => outcome.is_passing && (self.is_idempotent || !outcome.was_connected),
        }
    }

    fn backoff(&self, chance: f64) -> Duration {
        let doubled = 1_u32.checked_shl(self.done).unwrap_or(u32::MAX);
        let whole = FIRST_BACKOFF.saturating_mul(doubled).min(LONGEST_BACKOFF);
        whole.mul_f64(1.0 - JITTER * chance.clamp(0.0, 1.0))
    }
}

/// How long an answer asks to wait; what cannot be understood counts as absent.
pub fn asked_wait(http_status: u16, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let limit = match http_status {
        429 => number(headers, &RATE_LIMIT_RESET)
            .filter(|ms| *ms > 0)
            .map(Duration::from_millis),
        408 | 409 | 500..=599 => None,
        _ => return None,
    };
    limit.or_else(|| retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?.trim(), now))
}

/// Requests travel for a little more or less time each. If they kept exactly to the limit, now and then
/// one would arrive too early for it.
const TRAVEL: Duration = Duration::from_millis(50);

/// The time between two requests that the server's rate limit allows.
pub fn allowed_spacing(headers: &HeaderMap) -> Option<Duration> {
    let said = rate_limit(headers)?;
    let limit = u32::try_from(said.limit?).ok()?;
    match Duration::from_millis(said.interval_ms?) {
        Duration::ZERO => Some(Duration::ZERO),
        interval => interval.saturating_add(TRAVEL).checked_div(limit),
    }
}

/// What a server says of its rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests it takes in an interval.
    pub limit: Option<u64>,
    /// The interval.
    pub interval_ms: Option<u64>,
    /// How long until there is room again.
    pub reset_ms: Option<u64>,
}

/// The rate limit that an answer names.
pub fn rate_limit(headers: &HeaderMap) -> Option<RateLimit> {
    let limit = RateLimit {
        limit: number(headers, &RATE_LIMIT_LIMIT),
        interval_ms: number(headers, &RATE_LIMIT_INTERVAL),
        reset_ms: number(headers, &RATE_LIMIT_RESET),
    };
    let is_named = limit.limit.or(limit.interval_ms).or(limit.reset_ms);
    is_named.map(|_| limit)
}

static RATE_LIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static RATE_LIMIT_INTERVAL: HeaderName = HeaderName::from_static("x-ratelimit-interval");
static RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    digits(headers.get(name)?.to_str().ok()?.trim())
}

/// A number of digits alone. One too large to be held is still a number.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Seconds, or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if let Some(seconds) = digits(text) {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    const LONG: Duration = Duration::from_secs(3600);
    const FAILED: Outcome = Outcome {
        http_status: None,
        is_passing: true,
        was_connected: true,
        was_stale: false,
        asked: None,
    };

    fn answered(http_status: u16, asked_ms: Option<u64>) -> Outcome {
        Outcome {
            http_status: Some(http_status),
            asked: asked_ms.map(Duration::from_millis),
            ..FAILED
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn backoff_doubles_from_half_a_second_to_eight() {
        let mut retries = Retries::new(7, true);
        let waits = [500, 1000, 2000, 4000, 8000, 8000, 8000].map(Duration::from_millis);
        for wait in waits {
            assert_eq!(retries.next(&FAILED, 0.0, LONG), Step::Repeat(wait));
        }
        assert_eq!(retries.next(&FAILED, 0.0, LONG), Step::Stop);
        let jittered = Retries::new(1, true).next(&FAILED, 1.0, LONG);
        assert_eq!(jittered, Step::Repeat(Duration::from_millis(375)));
    }

    #[test]
    fn the_largest_count_of_retries_does_not_overflow() {
        let mut retries = Retries::new(u32::MAX, true);
        for _ in 0..100 {
            assert!(matches!(retries.next(&FAILED, 0.5, LONG), Step::Repeat(_)));
        }
    }

    #[test]
    fn what_is_repeated_depends_on_whether_the_server_may_have_acted() {
        let repeated = |outcome: &Outcome, is_idempotent| {
            Retries::new(1, is_idempotent).next(outcome, 0.0, LONG) != Step::Stop
        };
        for (outcome, idempotent, other) in [
            (FAILED, true, false),
            (
                Outcome {
                    is_passing: false,
                    ..FAILED
                },
                false,
                false,
            ),
            (
                Outcome {
                    was_connected: false,
                    ..FAILED
                },
                true,
                true,
            ),
            (answered(408, None), true, false),
            (answered(409, None), true, false),
            (answered(429, None), true, true),
            (answered(500, None), true, false),
            (answered(503, None), true, false),
            (answered(503, Some(10)), true, true),
            (answered(599, None), true, false),
            (answered(600, None), false, false),
            (answered(404, None), false, false),
            (answered(302, None), false, false),
        ] {
            assert_eq!(repeated(&outcome, true), idempotent, "{outcome:?}");
            assert_eq!(repeated(&outcome, false), other, "{outcome:?}");
        }
    }

    #[test]
    fn no_wait_is_pointless_or_longer_than_a_minute() {
        let next = |asked_ms, left_ms| {
            let left = Duration::from_millis(left_ms);
            Retries::new(1, true).next(&answered(503, Some(asked_ms)), 0.0, left)
        };
        assert_eq!(next(300, 301), Step::Repeat(Duration::from_millis(300)));
        assert_eq!(next(300, 300), Step::Stop);
        assert_eq!(next(60_000, 100_000), Step::Repeat(LONGEST_WAIT));
        assert_eq!(next(60_001, 100_000), Step::Stop);
    }

    #[test]
    fn a_stale_connection_is_replaced_at_once_but_not_for_free() {
        let stale = Outcome {
            was_stale: true,
            ..FAILED
        };
        let mut retries = Retries::new(2, true);
        let waits = [0, 1000].map(Duration::from_millis);
        for wait in waits {
            assert_eq!(retries.next(&stale, 0.0, LONG), Step::Repeat(wait));
        }
        assert_eq!(retries.next(&stale, 0.0, LONG), Step::Stop);
    }

    #[test]
    fn a_wait_is_read_in_its_own_unit() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = |seconds| Some(Duration::from_secs(seconds));
        for (status, pairs, expected) in [
            (
                429,
                &[("x-ratelimit-reset", "300"), ("retry-after", "9")][..],
                Some(Duration::from_millis(300)),
            ),
            (
                429,
                &[("x-ratelimit-reset", "-1"), ("retry-after", "9")],
                date(9),
            ),
            (
                429,
                &[("x-ratelimit-reset", "0x10"), ("retry-after", "soon")],
                None,
            ),
            (429, &[("retry-after", "-5")], None),
            (429, &[("retry-after", "0.5")], None),
            (429, &[("retry-after", "0")], date(0)),
            (
                429,
                &[("retry-after", "Sun, 09 Sep 2001 01:46:42 GMT")],
                date(2),
            ),
            (
                429,
                &[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")],
                date(0),
            ),
            (
                429,
                &[("retry-after", "99999999999999999999")],
                date(u64::MAX),
            ),
            (503, &[("x-ratelimit-reset", "300")], None),
            (503, &[("retry-after", "2")], date(2)),
            (404, &[("retry-after", "2")], None),
        ] {
            assert_eq!(
                asked_wait(status, &headers(pairs), now),
                expected,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn a_rate_limit_is_a_spacing_where_both_headers_are_there() {
        for (limit, interval, spacing) in [
            ("50", "1000", Some(21)),
            ("1", "60000", Some(60_050)),
            ("0", "1000", None),
            ("x", "1000", None),
            ("40", "-1", None),
        ] {
            let pairs = [
                ("x-ratelimit-limit", limit),
                ("x-ratelimit-interval", interval),
            ];
            let spacing = spacing.map(Duration::from_millis);
            assert_eq!(
                allowed_spacing(&headers(&pairs)),
                spacing,
                "{limit} {interval}"
            );
        }
        assert_eq!(
            allowed_spacing(&headers(&[("x-ratelimit-limit", "40")])),
            None
        );
    }
}
