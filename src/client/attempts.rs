//! A call on the I/O thread, from its first attempt to its last.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::Shared;
use super::call::Call;
use super::log::Level;
use super::pace::{Pace, Place, TooLate};
use super::retry::{Outcome, Retries, Step, allowed_spacing, asked_wait};
use crate::primitives::error::Error;
use crate::transport::failure::Failure;
use crate::transport::generation::Generation;
use crate::transport::http::{self, Answer, Bounds, Head, Http, Outgoing, is_success};

/// What a client has on the I/O thread of one generation.
struct Live {
    http: Http,
    pace: Pace,
}

impl Call {
    /// Makes attempts until one counts.
    pub(super) async fn drive(&self, generation: &'static Generation) -> Result<Vec<u8>, Error> {
        let shared = &self.description.shared;
        let live = generation.resident(shared.owner, || Live::new(generation, shared));
        let live = live.map_err(|failure| self.failed(&failure))?;
        let description = &self.description;
        let mut retries = Retries::new(description.max_retries(), description.is_repeatable());
        let mut first_turn_by = self.first_deadline();
        let mut last = None;
        loop {
            let turn = self.turn(&live, first_turn_by).await;
            let place = match turn {
                Ok(place) => place,
                Err(late) => return Err(last.unwrap_or_else(|| self.without_turn(&late))),
            };
            let deadline = self.begin_clock();
            first_turn_by = Some(deadline);
            if Instant::now() >= deadline {
                let late = || self.timed_out("its time was over before it could be sent");
                return Err(last.unwrap_or_else(late));
            }
            let (error, outcome) = match self.attempt(&live, deadline).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            let step = retries.next(&outcome, chance(), left);
            self.log_step(&error, step);
            drop(place);
            match step {
                Step::Stop => return Err(error),
                // The pause that a 429 asks for holds the whole client: it is waited out in the line.
                Step::Repeat(_) if is_pause(&outcome) => {}
                Step::Repeat(wait) => tokio::time::sleep(wait).await,
            }
            last = Some(error);
        }
    }

    async fn turn<'a>(
        &self,
        live: &'a Live,
        deadline: Option<Instant>,
    ) -> Result<Place<'a>, TooLate> {
        let asked = Instant::now();
        let turn = live.pace.turn(deadline.map(Into::into)).await;
        let waited = asked.elapsed().as_millis();
        if waited > 0 {
            let log = &self.description.shared.log;
            log.tell(Level::Debug, || {
                format!("{}: waited {waited} ms in the line", self.request())
            });
        }
        turn
    }

    async fn attempt(&self, live: &Live, deadline: Instant) -> Result<Vec<u8>, (Error, Outcome)> {
        let description = &self.description;
        let note_first_byte = || self.record().metadata.first_byte = Some(Instant::now());
        let outgoing = Outgoing {
            method: &description.operation.method,
            url: &description.url,
            json: description.operation.body.as_deref(),
            headers: &description.headers,
        };
        let bounds = Bounds {
            deadline: deadline.into(),
            max_bytes: description.shared.settings.max_response_bytes,
            on_head: &note_first_byte,
        };
        self.record().metadata.begin_attempt();
        self.log_attempt();
        let exchanged = live.http.exchange(&outgoing, &bounds).await;
        match exchanged.result {
            Ok(answer) => self.weigh(live, answer),
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
                        let error = self.of_answer(error, &head);
                        self.record().metadata.head = Some(head);
                        error
                    }
                    None => error,
                };
                Err((error, outcome))
            }
        }
    }

    /// What an answer means for this call, and for the pace of all.
    fn weigh(&self, live: &Live, answer: Answer) -> Result<Vec<u8>, (Error, Outcome)> {
        live.observe(&answer.head);
        let status = answer.head.status;
        let asked = asked_wait(status, &answer.head.headers, SystemTime::now());
        if status == 429 {
            live.pace.pause(asked);
        }
        let error = (!is_success(status)).then(|| self.answered(&answer, asked));
        let mut record = self.record();
        record.metadata.wire_bytes = Some(answer.wire_bytes);
        record.metadata.head = Some(answer.head);
        record.metadata.retry_after = asked.or(record.metadata.retry_after);
        drop(record);
        let outcome = Outcome {
            http_status: Some(status),
            asked,
            ..FINAL
        };
        match error {
            None => Ok(answer.body),
            Some(error) => Err((error, outcome)),
        }
    }

    fn log_attempt(&self) {
        let log = &self.description.shared.log;
        log.tell(Level::Debug, || {
            format!("{}: attempt {}", self.request(), self.made())
        });
    }

    fn log_step(&self, error: &Error, step: Step) {
        let log = &self.description.shared.log;
        log.tell(Level::Debug, || {
            let then = match step {
                Step::Stop => "not repeated".to_owned(),
                Step::Repeat(wait) => format!("repeated after {} ms", wait.as_millis()),
            };
            format!(
                "{}: attempt {} ended as {}, {then}",
                self.request(),
                self.made(),
                error.status.name()
            )
        });
    }
}

impl Live {
    fn new(generation: &'static Generation, shared: &Arc<Shared>) -> Result<Live, Failure> {
        let settings = &shared.settings;
        let proxy = settings.proxy.as_ref();
        let http = http::Settings {
            connect_timeout: settings.connect_timeout,
            roots: settings.roots.clone(),
            proxy: proxy.map(|proxy| (proxy.url.expose(), proxy.except.as_deref())),
        };
        Ok(Live {
            http: Http::new(generation, &http, settings.authorization.clone())?,
            pace: Pace::new(settings.max_requests_per_second),
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
