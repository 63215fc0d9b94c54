//! One call's life: it is sent once, ends once, and gives its result to everyone who asks.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use super::description::{Description, closed};
use super::log::Level;
use super::metadata::Metadata;
use crate::primitives::error::Error;
use crate::primitives::json;
use crate::primitives::status::Status;
use crate::transport::failure::refusal;
use crate::transport::generation::Generation;
use crate::transport::runtime::{self, Ended, Job, NotTaken, Ticket, Work};
use crate::transport::system::system;
use crate::transport::{callbacks, threads};

/// How long a caller waits beyond the deadline for the I/O thread's own word on it.
const GRACE: Duration = Duration::from_millis(100);

/// What an operation gives whose answer needs no body.
const EMPTY: &[u8] = b"{}";

/// Why a call of the parent's counts as cancelled in its child.
const FOREIGN: &str = "it runs in the process that this one was forked from";

/// A call that was sent. In a forked child one that was running counts as cancelled.
pub struct Call {
    pub(super) description: Arc<Description>,
    audience: Audience,
    clock: Clock,
    fork_mark: u64,
    /// What is known so far. Of the process that sent the call alone: a child may find it locked.
    record: Mutex<Record>,
    changed: Condvar,
    end: OnceBox<End>,
    checking: Mutex<()>,
    verdict: OnceBox<Result<(), Error>>,
}

/// When a call's time begins to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// When it is sent.
    AtOnce,
    /// When it has its first turn.
    AtTurn,
}

pub(super) struct Record {
    pub(super) metadata: Metadata,
    /// None while the clock has not begun.
    pub(super) deadline: Option<Instant>,
    completion: Option<Box<dyn Completion>>,
    ticket: Option<Ticket>,
    wakers: Vec<Waker>,
}

/// How a call ended.
struct End {
    body: Result<Body, Error>,
    metadata: Metadata,
}

/// The body of a success, not yet checked.
enum Body {
    /// For all who ask; without a lock, as a child may ask as well.
    Kept(Vec<u8>),
    /// For the only one who knows of the call.
    ForOne(Mutex<Vec<u8>>),
}

/// Who can ask for the result of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone, any number of times: [`Call::result`].
    All,
    /// One, once: [`Call::take`].
    One,
}

/// Who is told, once, that a call has ended.
pub trait Completion: Send {
    /// Takes note of it, in memory: a lock of the call's is held, so that calls are noted in the order
    /// in which they end. The result can be had when this has returned.
    fn note(self: Box<Self>, call: Arc<Call>);
}

impl Call {
    /// A call whose clock starts now, unless it waits for a turn. The completion is told of its end.
    pub fn new(
        description: Arc<Description>,
        audience: Audience,
        clock: Clock,
        completion: Option<Box<dyn Completion>>,
    ) -> Arc<Call> {
        let now = Instant::now();
        let deadline = (clock == Clock::AtOnce).then(|| now + description.timeout());
        Arc::new(Call {
            description,
            audience,
            clock,
            fork_mark: system().fork_mark(),
            record: Mutex::new(Record {
                metadata: Metadata::new(now),
                deadline,
                completion,
                ticket: None,
                wakers: Vec::new(),
            }),
            changed: Condvar::new(),
            end: OnceBox::new(),
            checking: Mutex::new(()),
            verdict: OnceBox::new(),
        })
    }

    /// Hands the call to the I/O thread. Where that fails it ends so, and no completion is told.
    ///
    /// # Errors
    /// `resource_exhausted` where the system refuses a thread or a descriptor, `cancelled` during a
    /// shutdown, `invalid_state` where the client was shut down.
    pub fn send(self: &Arc<Self>) -> Result<(), Error> {
        self.description.shared.log.deliver();
        let job: Arc<dyn Job> = self.clone();
        match runtime::submit(&job) {
            Ok(ticket) => {
                self.record().ticket = Some(ticket);
                if self.has_ended() {
                    ticket.withdraw(); // it was cancelled meanwhile
                }
                Ok(())
            }
            // Cancelled meanwhile: its completion has been told of that, and must not come to nothing.
            Err(_) if self.has_ended() => Ok(()),
            Err(refused) => {
                let error = self.not_taken(&refused);
                let untold = self.record().completion.take();
                match self.conclude(Err(error.clone()), false) || untold.is_some() {
                    true => Err(error),
                    false => Ok(()),
                }
            }
        }
    }

    fn not_taken(&self, why: &NotTaken) -> Error {
        match why {
            NotTaken::Refused(error) => self.refused(&refusal(error)),
            NotTaken::Shutdown => self.cancelled("a shutdown is in progress"),
            NotTaken::Closed => closed(),
        }
    }

    /// Ends the call as cancelled. Without effect where it has ended.
    pub fn cancel(self: &Arc<Self>) {
        if self.has_ended() {
            return;
        }
        if self.finish(Err(self.cancelled("it was asked for"))) {
            let ticket = self.record().ticket.take();
            if let Some(ticket) = ticket {
                ticket.withdraw();
            }
        }
    }

    /// Ends the call in this way, unless it has ended. `false` where it had.
    pub fn finish(self: &Arc<Self>, body: Result<Vec<u8>, Error>) -> bool {
        self.conclude(body, true)
    }

    /// The same; a call that came to nothing before it began is not told of.
    fn conclude(self: &Arc<Self>, body: Result<Vec<u8>, Error>, is_told: bool) -> bool {
        let mut record = self.record();
        if self.end.get().is_some() {
            return false;
        }
        record.metadata.ended = Some(Instant::now());
        let body = body.map(|body| match self.audience {
            Audience::All => Body::Kept(body),
            Audience::One => Body::ForOne(Mutex::new(body)),
        });
        let mut metadata = record.metadata.take();
        // The wait that the server asked for stays known, whatever the last attempt came to.
        let body = body.map_err(|error| {
            metadata.retry_after = error.retry_after.or(metadata.retry_after);
            Error {
                retry_after: metadata.retry_after,
                ..error
            }
        });
        // Told before anyone can know of the end: who does may close the log, or end the process.
        if is_told {
            self.log_end(&body, &metadata);
        }
        // Noted before it can be seen: what ends because of this end is noted after it.
        if let Some(completion) = record.completion.take() {
            completion.note(self.clone());
        }
        self.end.get_or_init(|| Box::new(End { body, metadata }));
        let wakers = std::mem::take(&mut record.wakers);
        drop(record);
        self.changed.notify_all();
        wakers.into_iter().for_each(Waker::wake);
        true
    }

    fn log_end(&self, body: &Result<Body, Error>, metadata: &Metadata) {
        let log = &self.description.shared.log;
        log.tell(Level::Info, || self.summary(metadata, body.as_ref().err()));
        if let Err(error) = body
            && error.status == Status::Internal
        {
            log.tell(Level::Error, || error.message.clone());
        }
    }

    /// Has the call ended? In a child also where it was its parent's.
    pub fn has_ended(&self) -> bool {
        self.end.get().is_some() || self.is_foreign()
    }

    /// Does it run in the process that this one was forked from?
    pub(super) fn is_foreign(&self) -> bool {
        self.fork_mark != system().fork_mark()
    }

    /// Waits for the end; `false` where the time was too short. A plain wait with a deadline of its own:
    /// it needs little stack and no runtime, and returns even where the I/O thread cannot answer.
    pub fn wait(self: &Arc<Self>, until: Option<Instant>) -> bool {
        if self.has_ended() {
            return true;
        }
        let mut record = self.record();
        while self.end.get().is_none() {
            let overdue = record.deadline.map(|deadline| deadline + GRACE);
            let next = [until, overdue].into_iter().flatten().min();
            let waited = threads::wait(&self.changed, record, next);
            if let Some(woken) = waited {
                record = woken;
                continue;
            }
            if until.is_some() && until <= overdue.or(until) {
                return self.end.get().is_some();
            }
            self.finish(Err(self.timed_out("the I/O thread gave no answer")));
            return true;
        }
        true
    }

    /// Sees to it that somebody polls again when the call has ended; `true` where it has.
    pub(super) fn is_ready_or_wakes(&self, waker: &Waker) -> bool {
        let mut record = self.record();
        let has_ended = self.end.get().is_some();
        if !has_ended && !record.wakers.iter().any(|known| known.will_wake(waker)) {
            record.wakers.push(waker.clone());
        }
        has_ended
    }

    /// The checked answer of a call that has ended. Whoever asks first has it checked, here and now: a
    /// large body must not hold up the I/O thread.
    ///
    /// # Errors
    /// Every failing status from `bad_request` on.
    pub fn result(&self) -> Result<&[u8], Error> {
        let end = self.ended()?;
        let body = match &end.body {
            Ok(Body::Kept(body)) => body.as_slice(),
            Ok(Body::ForOne(_)) => return Err(self.defect("its answer is not for all")),
            Err(error) => return Err(self.redacted(error.clone())),
        };
        if self.verdict.get().is_none() {
            // A child must not wait for one that its parent held when it forked.
            let _one_at_a_time = (!self.is_foreign()).then(|| lock(&self.checking));
            self.verdict
                .get_or_init(|| Box::new(self.check(&end.metadata, body)));
        }
        match self.verdict.get() {
            Some(Err(error)) => Err(error.clone()),
            _ if self.is_without_body(&end.metadata, body) => Ok(EMPTY),
            _ => Ok(body),
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

    /// Under which number the I/O thread keeps the client's connections.
    pub fn client(&self) -> u64 {
        self.description.shared.owner
    }

    /// The clock begins to run, where it has not before.
    pub(super) fn begin_clock(&self) -> Instant {
        let timeout = self.description.timeout();
        let mut record = self.record();
        if record.deadline.is_none() {
            record.metadata.started = Instant::now();
        }
        let started = record.metadata.started;
        *record.deadline.get_or_insert(started + timeout)
    }

    /// By when it must have its first turn.
    pub(super) fn first_deadline(&self) -> Option<Instant> {
        match self.clock {
            Clock::AtOnce => Some(self.begin_clock()),
            Clock::AtTurn => None,
        }
    }

    pub(super) fn record(&self) -> MutexGuard<'_, Record> {
        lock(&self.record)
    }
}

impl Job for Call {
    fn owner(&self) -> u64 {
        self.client()
    }

    fn may_begin(&self) -> bool {
        !self.description.shared.is_closed()
    }

    fn run(self: Arc<Self>, generation: &'static Generation) -> Work {
        Box::pin(async move {
            if self.has_ended() {
                return;
            }
            let ended = self.drive(generation).await;
            // First let the pool put the connection away: a host that has its answer may close all
            // descriptors at once, and nothing of ours must be written to what takes their place.
            tokio::task::yield_now().await;
            self.finish(ended);
        })
    }

    fn end(self: Arc<Self>, why: Ended) {
        let error = match why {
            Ended::Lost => self.timed_out("this process closed the descriptors of libimagekit"),
            Ended::Refused(reason) => self.refused(&reason),
            Ended::Defect => self.defect("its I/O thread dropped the call"),
            Ended::Shutdown => self.cancelled("a shutdown"),
        };
        self.finish(Err(error));
    }
}

/// Refuses to wait on the callback thread, which what is waited for may need.
///
/// # Errors
/// `would_deadlock`.
pub fn may_wait() -> Result<(), Error> {
    match callbacks::is_current() {
        false => Ok(()),
        true => Err(Error::new(
            Status::WouldDeadlock,
            "this would wait inside a callback, and hold up all others: start a call here, or wait on a \
             thread of your own",
        )),
    }
}

fn is_empty(metadata: &Metadata, body: &[u8]) -> bool {
    let status = metadata.head.as_ref().map(|head| head.status);
    body.is_empty() || matches!(status, Some(204 | 205))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
