//! The rate limit: no interval, wherever it begins, holds more than so many requests.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Remembers when each request of the last interval was let in. It has no clock: callers say
/// what time it is, and their clock never goes back.
pub struct RateLimiter {
    limit: u32,
    interval: Duration,
    admitted: VecDeque<Instant>,
}

impl RateLimiter {
    pub fn new(limit: u32, interval: Duration) -> RateLimiter {
        RateLimiter {
            limit,
            interval,
            admitted: VecDeque::new(),
        }
    }

    pub fn limit(&self) -> u32 {
        self.limit
    }

    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Takes a place if one is free. A request that is turned away takes none.
    pub fn admit(&mut self, now: Instant) -> bool {
        let is_free = self.until_free(now).is_zero();
        if is_free {
            self.admitted.push_back(now);
        }
        is_free
    }

    /// How long until a place is free; zero if one is.
    pub fn until_free(&mut self, now: Instant) -> Duration {
        while self.age_of_oldest(now) >= Some(self.interval) {
            self.admitted.pop_front();
        }
        if self.admitted.len() < self.limit as usize {
            return Duration::ZERO;
        }
        self.age_of_oldest(now)
            .map_or(self.interval, |age| self.interval - age)
    }

    fn age_of_oldest(&self, now: Instant) -> Option<Duration> {
        let oldest = *self.admitted.front()?;
        Some(now.saturating_duration_since(oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::RateLimiter;
    use std::time::{Duration, Instant};

    const INTERVAL: Duration = Duration::from_millis(1000);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_place_is_free_again_one_interval_after_it_was_taken() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(2, INTERVAL);
        for (at_ms, admitted, free_in_ms) in [
            (0, true, 0),
            (400, true, 600),
            (500, false, 500),
            (999, false, 1),
            (1000, true, 400),
            (1399, false, 1),
            (1400, true, 600),
            (9000, true, 0),
        ] {
            let now = start + ms(at_ms);
            assert_eq!(limiter.admit(now), admitted, "at {at_ms} ms");
            assert_eq!(limiter.until_free(now), ms(free_in_ms), "at {at_ms} ms");
        }
    }

    #[test]
    fn no_interval_holds_more_than_the_limit_however_hard_one_tries() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(5, INTERVAL);
        let admitted: Vec<Duration> = (0..10_000)
            .map(ms)
            .filter(|&at| limiter.admit(start + at))
            .collect();
        assert_eq!(admitted.len(), 50);
        for (first, sixth) in admitted.iter().zip(&admitted[5..]) {
            assert!(*sixth - *first >= INTERVAL);
        }
    }

    #[test]
    fn waiting_as_long_as_asked_is_enough() {
        let mut now = Instant::now();
        let mut limiter = RateLimiter::new(3, INTERVAL);
        for _ in 0..20 {
            now += limiter.until_free(now);
            assert!(limiter.admit(now));
        }
    }
}
