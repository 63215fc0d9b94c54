//! The pace that all calls of a client share. A server that answers 429 pauses the whole client; after
//! that its requests keep the distance which the server's rate limit allows.
//!
//! A line of turns: first come, first served. Who leaves the line passes his turn on at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::retry::LONGEST_WAIT;

/// How long the server's pace is kept when no further 429 comes.
const MEMORY: Duration = Duration::from_secs(60);

/// How late a timer may be without the next turn being late for it.
const LATENESS: Duration = Duration::from_millis(5);

/// The turn cannot come before the deadline.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLate {
    /// How long the server's pause or pace makes one wait.
    pub wait: Duration,
}

/// The line in which the attempts of a client wait for their turns.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// No turn before this.
    paused_until: Option<Instant>,
    /// The distance between turns that the newest answer with a rate limit allows.
    spacing: Duration,
    /// The distance is kept until then.
    paced_until: Option<Instant>,
    last_turn: Option<Instant>,
    line: VecDeque<Arc<Place>>,
}

#[derive(Debug)]
struct Place {
    deadline: Instant,
    woken: Notify,
}

impl Pace {
    /// Learns what an answer says of the server's rate limit.
    pub fn observe(&self, spacing: Duration) {
        let mut state = self.lock();
        let is_new = spacing != state.spacing;
        state.spacing = spacing;
        if is_new {
            state.wake_all();
        }
    }

    /// Notes a 429 and the wait that it asks for, unless that is too long to be waited for.
    pub fn pause(&self, asked: Option<Duration>) {
        let now = Instant::now();
        let mut state = self.lock();
        match asked.filter(|wait| !wait.is_zero() && *wait <= LONGEST_WAIT) {
            Some(wait) => {
                state.paused_until = state.paused_until.max(Some(now + wait));
                state.paced_until = state.paced_until.max(Some(now + wait + MEMORY));
                // The server says when there is a place again: distances count from there.
                state.last_turn = None;
            }
            None if state.is_paced(now) => {
                state.paced_until = state.paced_until.max(Some(now + MEMORY));
            }
            None => {}
        }
        state.wake_all();
    }

    /// Waits for the next turn, if it can come before the deadline.
    pub async fn turn(&self, deadline: Instant) -> Result<(), TooLate> {
        let place = {
            let now = Instant::now();
            let mut state = self.lock();
            let turn = state.next_turn(now, state.line.len());
            if turn <= now && state.line.is_empty() {
                state.last_turn = Some(now);
                return Ok(());
            }
            if turn > deadline {
                return Err(TooLate { wait: turn - now });
            }
            let place = Arc::new(Place {
                deadline,
                woken: Notify::new(),
            });
            state.line.push_back(place.clone());
            InLine { pace: self, place }
        };
        place.wait().await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Some may now learn that their turn comes sooner, or too late.
    fn wake_all(&self) {
        self.line.iter().for_each(|place| place.woken.notify_one());
    }

    fn is_paced(&self, now: Instant) -> bool {
        self.paced_until.is_some_and(|until| now < until)
    }

    /// When the one with so many ahead of him has his turn.
    fn next_turn(&self, now: Instant, ahead: usize) -> Instant {
        let free = self.paused_until.map_or(now, |until| until.max(now));
        let Some(forgotten) = self.paced_until.filter(|until| now < *until) else {
            return free;
        };
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX);
        let first = match self.last_turn {
            Some(last) => last.checked_add(self.spacing).map(|turn| turn.max(free)),
            None => Some(free),
        };
        let turn = first.and_then(|first| first.checked_add(self.spacing.saturating_mul(ahead)));
        // Once the pace is forgotten, nobody waits for it any more.
        let latest = forgotten.max(free);
        turn.map_or(latest, |turn| turn.min(latest))
    }

    /// Takes the turn that was waited for. A timer wakes a little late, which must not add up along the
    /// line: the next distance counts from when the turn was due.
    fn take_due_turn(&mut self, now: Instant) {
        let after_last = self
            .last_turn
            .and_then(|last| last.checked_add(self.spacing));
        let due = after_last.max(self.paused_until).unwrap_or(now);
        let lateness = now.saturating_duration_since(due);
        let is_timers = lateness <= LATENESS.min(self.spacing);
        self.last_turn = Some(if is_timers { due } else { now });
    }
}

/// A place in the line, given up when this is dropped.
struct InLine<'a> {
    pace: &'a Pace,
    place: Arc<Place>,
}

impl InLine<'_> {
    async fn wait(self) -> Result<(), TooLate> {
        loop {
            let turn = {
                let now = Instant::now();
                let mut state = self.pace.lock();
                let ahead = self.ahead(&state);
                let turn = state.next_turn(now, ahead);
                if ahead == 0 && turn <= now {
                    state.take_due_turn(now);
                    return Ok(());
                }
                if now >= self.place.deadline || turn > self.place.deadline {
                    let wait = turn.saturating_duration_since(now);
                    return Err(TooLate { wait });
                }
                (ahead == 0).then_some(turn)
            };
            match turn {
                Some(turn) => tokio::select! {
                    () = sleep_until(turn) => {}
                    () = self.place.woken.notified() => {}
                },
                None => tokio::select! {
                    () = sleep_until(self.place.deadline) => {}
                    () = self.place.woken.notified() => {}
                },
            }
        }
    }

    fn ahead(&self, state: &State) -> usize {
        let mut line = state.line.iter();
        line.position(|place| Arc::ptr_eq(place, &self.place))
            .unwrap_or(0)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        let mut state = self.pace.lock();
        let ahead = self.ahead(&state);
        state.line.remove(ahead);
        if let Some(first) = state.line.front() {
            first.woken.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn paused(spacing: Duration, wait: Duration) -> Arc<Pace> {
        let pace = Pace::default();
        pace.observe(spacing);
        pace.pause(Some(wait));
        Arc::new(pace)
    }

    async fn turns(pace: &Arc<Pace>, count: usize) -> Vec<Duration> {
        let start = Instant::now();
        let turns = (0..count).map(|_| {
            let pace = pace.clone();
            tokio::spawn(async move {
                pace.turn(start + ms(100_000))
                    .await
                    .map(|()| start.elapsed())
            })
        });
        let mut taken = Vec::new();
        for turn in turns.collect::<Vec<_>>() {
            taken.push(turn.await.unwrap().unwrap());
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_429_nobody_waits() {
        let pace = Arc::new(Pace::default());
        pace.observe(ms(25));
        assert_eq!(turns(&pace, 3).await, [ms(0); 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everyone_and_then_the_pace_is_kept() {
        let pace = paused(ms(25), ms(300));
        assert_eq!(turns(&pace, 3).await, [ms(300), ms(325), ms(350)]);
    }

    #[tokio::test(start_paused = true)]
    async fn overlapping_pauses_end_with_the_latest() {
        let pace = paused(ms(0), ms(300));
        pace.pause(Some(ms(500)));
        pace.pause(Some(ms(100)));
        assert_eq!(turns(&pace, 2).await, [ms(500); 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_pace_is_forgotten_a_minute_after_the_pause() {
        let pace = paused(ms(25), ms(300));
        tokio::time::advance(ms(60_000)).await;
        assert_eq!(turns(&pace, 2).await, [ms(0), ms(25)]);
        tokio::time::advance(ms(300)).await;
        assert_eq!(turns(&pace, 2).await, [ms(0); 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn late_timers_do_not_add_up_along_the_line() {
        let pace = paused(ms(25), ms(300));
        let start = Instant::now();
        let mut taken = Vec::new();
        for _ in 0..4 {
            tokio::time::advance(ms(2)).await;
            pace.turn(start + ms(1000)).await.unwrap();
            taken.push(start.elapsed());
            tokio::time::advance(ms(2)).await;
        }
        assert_eq!(taken, [ms(300), ms(325), ms(350), ms(375)]);
        tokio::time::advance(ms(1000)).await;
        assert_eq!(turns(&pace, 3).await, [ms(0), ms(25), ms(50)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_behind_others_learns_in_time_that_he_is_late() {
        let pace = paused(ms(1000), ms(300));
        let start = Instant::now();
        let first = tokio::spawn({
            let pace = pace.clone();
            async move { pace.turn(start + ms(5000)).await }
        });
        tokio::task::yield_now().await;
        let second = tokio::spawn({
            let pace = pace.clone();
            async move { (pace.turn(start + ms(1300)).await, start.elapsed()) }
        });
        tokio::task::yield_now().await;
        pace.pause(Some(ms(800)));
        assert_eq!(
            second.await.unwrap(),
            (Err(TooLate { wait: ms(1800) }), ms(0))
        );
        assert_eq!(first.await.unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_pace_longer_than_it_is_kept() {
        let pace = paused(ms(3_600_000), ms(1));
        assert_eq!(turns(&pace, 3).await, [ms(1), ms(60_001), ms(60_001)]);
        let pace = paused(Duration::MAX, ms(1));
        assert_eq!(turns(&pace, 2).await, [ms(1), ms(60_001)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_faster_pace_is_felt_at_once() {
        let pace = paused(ms(20_000), ms(100));
        let waiting = tokio::spawn({
            let pace = pace.clone();
            async move { turns(&pace, 3).await }
        });
        tokio::time::sleep(ms(200)).await;
        pace.observe(ms(10));
        assert_eq!(waiting.await.unwrap(), [ms(100), ms(200), ms(210)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_without_a_wait_neither_shortens_nor_resets_the_pace() {
        for useless in [None, Some(ms(0)), Some(ms(60_001))] {
            let pace = paused(ms(1000), ms(60_000));
            pace.pause(useless);
            let paced = [ms(60_000), ms(61_000), ms(62_000)];
            assert_eq!(turns(&pace, 3).await, paced);
            pace.pause(useless);
            assert_eq!(turns(&pace, 2).await, [ms(1000), ms(2000)]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_of_more_than_a_minute_pauses_nobody() {
        let pace = paused(ms(25), ms(60_001));
        assert_eq!(turns(&pace, 2).await, [ms(0); 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_beyond_the_deadline_is_refused_at_once() {
        let pace = paused(ms(100), ms(300));
        let now = Instant::now();
        assert_eq!(
            pace.turn(now + ms(299)).await,
            Err(TooLate { wait: ms(300) })
        );
        let first = tokio::spawn({
            let pace = pace.clone();
            async move { pace.turn(now + ms(300)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(
            pace.turn(now + ms(399)).await,
            Err(TooLate { wait: ms(400) })
        );
        assert_eq!(now.elapsed(), ms(0));
        assert_eq!(first.await.unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_passes_his_turn_on() {
        let pace = paused(ms(100), ms(300));
        let start = Instant::now();
        let wait = |pace: Arc<Pace>| async move { pace.turn(start + ms(10_000)).await };
        let leaver = tokio::spawn(wait(pace.clone()));
        let stayer = tokio::spawn(wait(pace.clone()));
        tokio::task::yield_now().await;
        leaver.abort();
        assert_eq!(stayer.await.unwrap(), Ok(()));
        assert_eq!(start.elapsed(), ms(300));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slower_pace_sends_those_home_whose_turn_it_moves_too_far() {
        let pace = paused(ms(10), ms(300));
        let start = Instant::now();
        let line = [1000, 1000, 1000].map(|left| {
            let pace = pace.clone();
            tokio::spawn(async move {
                let turn = pace.turn(start + ms(left)).await;
                (turn, start.elapsed())
            })
        });
        tokio::task::yield_now().await;
        pace.observe(ms(2000));
        let [first, second, third] = line;
        assert_eq!(first.await.unwrap(), (Ok(()), ms(300)));
        let late = |wait| (Err(TooLate { wait: ms(wait) }), ms(0));
        assert_eq!(second.await.unwrap(), late(2300));
        // Once the second has left, the third is the next.
        assert_eq!(third.await.unwrap(), late(2300));
    }

    #[tokio::test(start_paused = true)]
    async fn a_longer_pause_sends_those_home_whose_turn_it_moves_too_far() {
        let pace = paused(ms(0), ms(300));
        let start = Instant::now();
        let waiting = tokio::spawn({
            let pace = pace.clone();
            async move { pace.turn(start + ms(400)).await }
        });
        tokio::task::yield_now().await;
        pace.pause(Some(ms(1000)));
        assert_eq!(waiting.await.unwrap(), Err(TooLate { wait: ms(1000) }));
        assert_eq!(start.elapsed(), ms(0));
    }
}
