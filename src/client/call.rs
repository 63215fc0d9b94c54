//! One call's life: its deadline, its attempts, and the one outcome that its caller waits for.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use reqwest::Url;

use super::Shared;
use super::operation::Operation;
use super::pace::Pace;
use super::retry::{Outcome, Retries, Step, allowed_spacing, asked_wait};
use crate::primitives::error::Error;
use crate::primitives::json;
use crate::transport::failure::Failure;
use crate::transport::http::{self, Answer, Bounds, Head, Http, is_success};
use crate::transport::runtime::{Ended, Generation, Job, Work};

/// How long a caller waits beyond the deadline for the I/O thread's own word on it.
const GRACE: Duration = Duration::from_millis(100);

/// An operation on its way.
pub struct Call {
    pub(super) operation: Operation,
    pub(super) shared: Arc<Shared>,
    pub(super) timeout: Duration,
    pub(super) deadline: Instant,
    pub(super) attempts: AtomicU32,
    outcome: Mutex<Option<Result<Answer, Error>>>,
    ended: Condvar,
}

/// What a client has on the I/O thread of one generation.
struct Live {
    http: Http,
    pace: Pace,
}

impl Call {
    /// A call whose clock starts now.
    pub fn new(shared: Arc<Shared>, operation: Operation) -> Call {
        let timeout = shared.settings.timeout;
        Call {
            operation,
            shared,
            timeout,
            deadline: Instant::now() + timeout,
            attempts: AtomicU32::new(0),
            outcome: Mutex::new(None),
            ended: Condvar::new(),
        }
    }

    /// Waits for the outcome and takes it. A plain wait with a deadline of its own: it needs little
    /// stack and no runtime, and returns even where the I/O thread cannot answer.
    pub fn wait(&self) -> Result<Answer, Error> {
        let until = self.deadline + GRACE;
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(ended) = outcome.take() {
                return ended;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.timed_out("the I/O thread gave no answer"));
            }
            let woken = self.ended.wait_timeout(outcome, left);
            outcome = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The body of a success, if it is what the operation promises. Takes time for a large one.
    pub fn check(&self, answer: Answer) -> Result<Vec<u8>, Error> {
        let is_empty = answer.body.is_empty() || matches!(answer.head.status, 204 | 205);
        if is_empty && self.operation.may_be_empty {
            return Ok(b"{}".to_vec());
        }
        match json::check(&answer.body, self.operation.answer) {
            Ok(()) if !is_empty => Ok(answer.body),
            Ok(()) => Err(self.unusable(&answer, "a document was due")),
            Err(why) => Err(self.unusable(&answer, &why)),
        }
    }

    fn finish(&self, ended: Result<Answer, Error>) {
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert(ended);
        drop(outcome);
        self.ended.notify_all();
    }

    /// The call on the I/O thread, from its first attempt to its last.
    async fn drive(&self, live: &Live) -> Result<Answer, Error> {
        let settings = &self.shared.settings;
        let url = settings.base_url.join(&self.operation.path)?;
        let mut retries = Retries::new(settings.max_retries, self.operation.is_idempotent());
        let mut last = None;
        loop {
            if let Err(late) = live.pace.turn(self.deadline.into()).await {
                return Err(last.unwrap_or_else(|| self.without_turn(&late)));
            }
            if Instant::now() >= self.deadline {
                let late = || self.timed_out("its time was over before it could be sent");
                return Err(last.unwrap_or_else(late));
            }
            let (error, outcome) = match self.attempt(live, &url).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            let left = self.deadline.saturating_duration_since(Instant::now());
            match retries.next(&outcome, chance(), left) {
                Step::Stop => return Err(error),
                // The pause that a 429 asks for holds the whole client: it is waited out in the line.
                Step::Repeat(_) if is_pause(&outcome) => {}
                Step::Repeat(wait) => tokio::time::sleep(wait).await,
            }
            last = Some(error);
        }
    }

    async fn attempt(&self, live: &Live, url: &Url) -> Result<Answer, (Error, Outcome)> {
        let bounds = Bounds {
            deadline: self.deadline.into(),
            max_bytes: self.shared.settings.max_response_bytes,
        };
        self.attempts.fetch_add(1, Ordering::Relaxed);
        let exchanged = live
            .http
            .exchange(
                &self.operation.method,
                url,
                self.operation.body.as_deref(),
                &bounds,
            )
            .await;
        match exchanged.result {
            Ok(answer) => self.judge(live, answer),
            Err((head, failure)) => {
                let outcome = Outcome {
                    is_passing: failure.is_passing,
                    was_connected: failure.is_connected(),
                    was_stale: exchanged.was_stale,
                    ..FINAL
                };
                let error = self.failed(&failure);
                let error = match head {
                    Some(head) => {
                        live.observe(&head);
                        self.of_answer(error, &head)
                    }
                    None => error,
                };
                Err((error, outcome))
            }
        }
    }

    /// What an answer means for this call, and for the pace of all.
    fn judge(&self, live: &Live, answer: Answer) -> Result<Answer, (Error, Outcome)> {
        live.observe(&answer.head);
        let status = answer.head.status;
        if is_success(status) {
            return Ok(answer);
        }
        let asked = asked_wait(status, &answer.head.headers, SystemTime::now());
        if status == 429 {
            live.pace.pause(asked);
        }
        let outcome = Outcome {
            http_status: Some(status),
            asked,
            ..FINAL
        };
        Err((self.answered(&answer, asked), outcome))
    }
}

impl Job for Call {
    fn run(self: Arc<Self>, generation: &'static Generation) -> Work {
        Box::pin(async move {
            let live =
                generation.resident(self.shared.owner, || Live::new(generation, &self.shared));
            let ended = match live {
                Ok(live) => self.drive(&live).await,
                Err(failure) => Err(self.failed(&failure)),
            };
            // First let the pool put the connection away: a host that has its answer may close all
            // descriptors at once, and nothing of ours must be written to what takes their place.
            tokio::task::yield_now().await;
            self.finish(ended);
        })
    }

    fn end(&self, why: Ended) {
        let error = match why {
            Ended::Lost => self.timed_out("this process closed the descriptors of libimagekit"),
            Ended::Refused(reason) => self.refused(&reason),
            Ended::Defect => self.defect("its I/O thread dropped the call"),
        };
        self.finish(Err(error));
    }
}

impl Live {
    fn new(generation: &'static Generation, shared: &Shared) -> Result<Live, Failure> {
        let settings = &shared.settings;
        let proxy = settings.proxy.as_ref();
        let http = http::Settings {
            connect_timeout: settings.connect_timeout,
            roots: settings.roots.clone(),
            proxy: proxy.map(|proxy| (proxy.url.expose(), proxy.except.as_deref())),
        };
        Ok(Live {
            http: Http::new(generation, &http, settings.authorization.clone())?,
            pace: Pace::default(),
        })
    }

    /// Learns what an answer says of the server's rate limit.
    fn observe(&self, head: &Head) {
        if let Some(spacing) = allowed_spacing(&head.headers) {
            self.pace.observe(spacing);
        }
    }
}

/// An outcome that is not repeated.
const FINAL: Outcome = Outcome {
    http_status: None,
    is_passing: false,
    was_connected: true,
    was_stale: false,
    asked: None,
};

fn is_pause(outcome: &Outcome) -> bool {
    outcome.http_status == Some(429) && outcome.wait().is_some()
}

/// Between 0 and 1, fresh from the system: forked workers must not draw the same.
fn chance() -> f64 {
    let drawn = getrandom::u32().unwrap_or(u32::MAX / 2);
    f64::from(drawn) / f64::from(u32::MAX)
}
