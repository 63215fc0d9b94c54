//! Shutdowns of the process. While one is in progress, nothing begins.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::lineage::PerProcess;

#[derive(Debug, Default)]
struct Count {
    in_progress: AtomicU32,
    begun: AtomicU64,
}

static COUNT: PerProcess<Count> = PerProcess::new();

/// One shutdown, in progress until this is dropped.
pub struct Shutdown(&'static Count);

impl Shutdown {
    /// Begins one.
    pub fn begin() -> Shutdown {
        let count = COUNT.current();
        count.in_progress.fetch_add(1, Ordering::SeqCst);
        count.begun.fetch_add(1, Ordering::SeqCst);
        Shutdown(count)
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        self.0.in_progress.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Is one in progress?
pub fn is_in_progress() -> bool {
    COUNT.current().in_progress.load(Ordering::SeqCst) > 0
}

/// How many have begun in this process: who waits for more than one job sees from it that all were
/// meant to end.
pub fn begun() -> u64 {
    COUNT.current().begun.load(Ordering::SeqCst)
}
