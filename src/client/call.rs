//! One call's life: it is sent once, ends once, and gives its result to everyone who asks.

use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;

use super::description::{Description, closed};
use super::log::Level;
use super::metadata::Metadata;
use crate::primitives::error::Error;
use crate::primitives::lock::lock;
use crate::primitives::status::Status;
use crate::transport::failure::refusal;
use crate::transport::generation::Generation;
use crate::transport::runtime::{self, Ended, Job, NotTaken, Ticket, Work};
use crate::transport::system::system;
use crate::transport::{callbacks, threads};

/// How long a caller waits beyond the deadline for the I/O thread's own word on it.
const GRACE: Duration = Duration::from_millis(100);

/// A call that was sent. In a forked child one that was running counts as cancelled.
pub struct Call {
    pub(super) description: Arc<Description>,
    audience: Audience,
    clock: Clock,
    fork_mark: u64,
    /// What is known so far. Of the process that sent the call alone: a child may find it locked.
    record: Mutex<Record>,
    changed: Condvar,
    pub(super) end: OnceBox<End>,
    /// Held by the one who has the answer checked.
    pub(super) checking: Mutex<()>,
    pub(super) verdict: OnceBox<Result<(), Error>>,
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
    /// Has anybody waited? To wake nobody would cost as much as to wake somebody.
    is_waited_for: bool,
}

/// How a call ended.
pub(super) struct End {
    pub(super) body: Result<Body, Error>,
    pub(super) metadata: Metadata,
}

/// The body of a success, not yet checked.
pub(super) enum Body {
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
                is_waited_for: false,
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
                if matches!(refused, NotTaken::Refused(_)) {
                    // Who started it gets no more than a status.
                    let log = &self.description.shared.log;
                    log.tell(Level::Warn, || error.message.clone());
                }
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
        let is_waited_for = record.is_waited_for;
        drop(record);
        if is_waited_for {
            self.changed.notify_all();
        }
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
        record.is_waited_for = true;
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
            give_way().await;
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

/// Lets the tasks run that have been woken before. The runtime's own way to do so asks the system for events as
/// well, which each call would pay for.
async fn give_way() {
    let mut has_waited = false;
    poll_fn(|context| match std::mem::replace(&mut has_waited, true) {
        true => Poll::Ready(()),
        false => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
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
