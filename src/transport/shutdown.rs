//! Shutdowns of the process. While one is in progress, nothing begins.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::lineage::PerProcess;

/// How many are in progress in each process.
static IN_PROGRESS: PerProcess<AtomicU32> = PerProcess::new();

/// How many have begun, here and before this process was forked.
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// The latest that has brought everything to its end.
static DONE: AtomicU64 = AtomicU64::new(0);

/// One shutdown, in progress until this is dropped.
pub struct Shutdown {
    in_progress: &'static AtomicU32,
    number: u64,
}

impl Shutdown {
    /// Begins one.
    pub fn begin() -> Shutdown {
        let in_progress = IN_PROGRESS.current();
        in_progress.fetch_add(1, Ordering::SeqCst);
        let number = BEGUN.fetch_add(1, Ordering::SeqCst) + 1;
        Shutdown {
            in_progress,
            number,
        }
    }

    /// What the host wanted to be told of before it began may be gone from now on.
    pub fn note_done(&self) {
        DONE.fetch_max(self.number, Ordering::SeqCst);
    }
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        self.in_progress.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Is one in progress?
pub fn is_in_progress() -> bool {
    IN_PROGRESS.current().load(Ordering::SeqCst) > 0
}

/// How many have begun: who waits for more than one job sees from it that all were meant to end.
pub fn begun() -> u64 {
    BEGUN.load(Ordering::SeqCst)
}

/// Has everything come to its end since then, when so many had begun?
pub fn is_over(begun: u64) -> bool {
    begun < DONE.load(Ordering::SeqCst)
}
