//! What all requests share.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Options;
use crate::auth::Credentials;
use crate::faults::Faults;
use crate::library::Library;
use crate::rate_limit::RateLimiter;

/// Where no limit is asked for: more than one machine can send.
const GENEROUS: (u32, Duration) = (1_000_000, Duration::from_secs(1));

pub struct State {
    library: Mutex<Library>,
    limiter: Mutex<RateLimiter>,
    pub credentials: Credentials,
    pub delay: Duration,
    /// None: no request can ask for trouble.
    pub faults: Option<Faults>,
    pub requests: AtomicU64,
    pub connections: AtomicU64,
    /// Differs from start to start, so that no request id comes twice.
    seed: u64,
}

/// The rate limit as the headers tell it.
pub struct Quota {
    pub limit: u32,
    pub interval: Duration,
    pub until_free: Duration,
}

impl State {
    pub fn new(options: &Options) -> State {
        let (limit, interval) = options
            .requests_per_interval
            .map_or(GENEROUS, |limit| (limit, options.interval));
        State {
            library: Mutex::new(Library::with_fixtures()),
            limiter: Mutex::new(RateLimiter::new(limit, interval)),
            credentials: Credentials::new(&options.private_key),
            delay: options.delay,
            faults: options.faults.then(Faults::default),
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            seed: RandomState::new().hash_one(0),
        }
    }

    pub fn library(&self) -> MutexGuard<'_, Library> {
        lock(&self.library)
    }

    /// Takes a place within the rate limit, if one is free.
    pub fn admit(&self) -> bool {
        lock(&self.limiter).admit(Instant::now())
    }

    pub fn quota(&self) -> Quota {
        let mut limiter = lock(&self.limiter);
        Quota {
            limit: limiter.limit(),
            interval: limiter.interval(),
            until_free: limiter.until_free(Instant::now()),
        }
    }

    /// Counts a request and names it.
    pub fn next_request_id(&self) -> String {
        self.request_id(self.requests.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub fn request_id(&self, count: u64) -> String {
        let seed = format!("{:016x}", self.seed);
        let (high, low) = seed.split_at(8);
        let (middle, end) = low.split_at(4);
        format!(
            "{high}-{middle}-{end}-{:04x}-{:012x}",
            count >> 48,
            count & 0xffff_ffff_ffff
        )
    }
}

/// A thread that panicked under a lock left nothing half done: each change is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
