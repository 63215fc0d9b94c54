//! When turns come, and who cannot wait for his: a reckoning without a line, a timer or a lock.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::retry::LONGEST_WAIT;

/// How many requests of a client are open at once.
pub const MAX_OPEN: usize = 256;

/// How long the server's pace is kept when no further 429 comes.
const MEMORY: Duration = Duration::from_secs(60);

/// A distance that no call lives to see the end of. Sums with it are still moments.
const LONGEST_SPACING: Duration = Duration::from_secs(86_400);

/// How late a timer may be without the next turn being late for it.
const LATENESS: Duration = Duration::from_millis(5);

const SECOND: Duration = Duration::from_secs(1);

/// How late timers often are: they tick in milliseconds.
const OFTEN_LATE: Duration = Duration::from_micros(2500);

/// The turn cannot come before the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLate {
    /// What makes it late.
    pub cause: Cause,
    /// How long that makes one wait. Zero for a place, as nobody knows when one is free.
    pub wait: Duration,
}

/// What a call waits for in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server's pause or pace.
    Server,
    /// The client's own limit, which alone would be too slow.
    Limit,
    /// A place among the open requests.
    Places,
}

/// The turns that were taken, and what the next ones wait for.
#[derive(Debug)]
pub struct Turns {
    /// What the client's own limit allows.
    limit: Rhythm,
    /// What the newest answer with a rate limit allows.
    server: Rhythm,
    /// The server's distance is kept until then.
    paced_until: Option<Instant>,
    /// No turn before this.
    paused_until: Option<Instant>,
    open: usize,
}

impl Turns {
    /// At most `limit` turns a second; 0 for as many as there are.
    pub fn new(limit: u32) -> Turns {
        Turns {
            limit: Rhythm::of_limit(limit),
            server: Rhythm::default(),
            paced_until: None,
            paused_until: None,
            open: 0,
        }
    }

    /// Learns the server's distance, and says whether that moves any turn.
    pub fn observe(&mut self, spacing: Duration, now: Instant) -> bool {
        let spacing = spacing.min(LONGEST_SPACING);
        let is_new = spacing != self.server.spacing;
        self.server.spacing = spacing;
        self.server.forgiven = LATENESS.min(spacing);
        is_new && self.forgotten_at(now).is_some()
    }

    /// Notes a 429 and the wait that it asks for, unless that is too long to be waited for.
    pub fn pause(&mut self, asked: Option<Duration>, now: Instant) {
        match asked.filter(|wait| !wait.is_zero() && *wait <= LONGEST_WAIT) {
            Some(wait) => {
                self.paused_until = self.paused_until.max(Some(now + wait));
                self.paced_until = self.paced_until.max(Some(now + wait + MEMORY));
                // The server says when there is a place again: its distances count from there. Ours
                // count on.
                self.server.last = None;
            }
            None if self.forgotten_at(now).is_some() => {
                self.paced_until = self.paced_until.max(Some(now + MEMORY));
            }
            None => {}
        }
    }

    /// Is the next turn to be had now, with a place?
    pub fn is_due(&self, now: Instant) -> bool {
        self.open < MAX_OPEN && self.next(now, 0) <= now
    }

    /// When the one with so many ahead of him has his turn, or a little earlier: the own limit also
    /// parts those whom the server's pace, once it is forgotten, lets go together.
    pub fn next(&self, now: Instant, ahead: usize) -> Instant {
        let Some(forgotten) = self.forgotten_at(now) else {
            return self.next_by_limit(now, ahead);
        };
        let free = self.paused_until.map_or(now, |until| until.max(now));
        // Once the server's pace is forgotten, nobody waits for it any more.
        let by_server = self.server.first(free).min(forgotten);
        let first = by_server.max(self.limit.first(now));
        let paced = after(first, ahead, self.server.spacing).min(forgotten);
        paced.max(after(first, ahead, self.limit.spacing))
    }

    /// Takes the turn that is due, and a place.
    pub fn take(&mut self, now: Instant) {
        let mut due = self.limit.due();
        if self.forgotten_at(now).is_some() {
            due = due.max(self.server.due()).max(self.paused_until);
        }
        let due = due.unwrap_or(now);
        self.limit.take(due, now);
        self.server.take(due, now);
        self.open += 1;
    }

    /// Gives a place back, and says whether there was none before.
    pub fn give_back(&mut self) -> bool {
        let was_full = self.open >= MAX_OPEN;
        self.open = self.open.saturating_sub(1);
        was_full
    }

    /// Is the turn too late for the one with so many ahead of him? It never says so of one who might
    /// still have it.
    pub fn verdict(
        &self,
        now: Instant,
        deadline: Option<Instant>,
        ahead: usize,
    ) -> Option<TooLate> {
        let deadline = deadline?;
        let late = |cause, turn: Instant| {
            let wait = turn.saturating_duration_since(now);
            Some(TooLate { cause, wait })
        };
        let is_over = now >= deadline;
        // The first would go: it is no pace that held the line up.
        if is_over && self.open >= MAX_OPEN && self.next(now, 0) <= now {
            return late(Cause::Places, now);
        }
        let turn = self.next_by_limit(now, ahead);
        if turn > deadline {
            return late(Cause::Limit, turn);
        }
        let turn = self.next(now, ahead);
        if turn > deadline {
            return late(Cause::Server, turn);
        }
        match is_over {
            true => late(Cause::Places, now),
            false => None,
        }
    }

    fn next_by_limit(&self, now: Instant, ahead: usize) -> Instant {
        after(self.limit.first(now), ahead, self.limit.spacing)
    }

    /// When the server's pace is forgotten, if it is kept now.
    fn forgotten_at(&self, now: Instant) -> Option<Instant> {
        self.paced_until.filter(|until| now < *until)
    }
}

/// A distance between turns, and the turn from which the next one counts.
#[derive(Debug, Default)]
struct Rhythm {
    spacing: Duration,
    /// How late a turn may be taken without the next one being late for it.
    forgiven: Duration,
    last: Option<Instant>,
}

impl Rhythm {
    /// At most `limit` turns and one in any second, however late each of them is taken.
    fn of_limit(limit: u32) -> Rhythm {
        if limit == 0 {
            return Rhythm::default();
        }
        // A turn that is late by less than a distance brings one turn more into a second, but not two.
        let lateness = LATENESS.min(SECOND / limit / 2);
        // For short distances timers are too coarse: if no more were forgiven, turns would come at half
        // the limit. What is forgiven there is shared out among the turns of a second, and as much again
        // for the way to the server.
        let (second, forgiven) = match lateness < OFTEN_LATE {
            true => (SECOND + 2 * OFTEN_LATE, OFTEN_LATE),
            false => (SECOND, lateness),
        };
        Rhythm {
            spacing: second / limit,
            forgiven,
            last: None,
        }
    }

    fn due(&self) -> Option<Instant> {
        self.last.map(|last| last + self.spacing)
    }

    fn first(&self, free: Instant) -> Instant {
        self.due().map_or(free, |due| due.max(free))
    }

    /// A timer wakes a little late, which must not add up along the line: the next distance counts from
    /// when the turn was due.
    fn take(&mut self, due: Instant, now: Instant) {
        let is_timers = now.saturating_duration_since(due) <= self.forgiven;
        self.last = Some(if is_timers { due } else { now });
    }
}

fn after(first: Instant, turns: usize, spacing: Duration) -> Instant {
    first + spacing.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))
}
