//! Calls of the C functions in any order, freed handles included, over a server within this process. Each
//! gives only what the contract allows at that point, every callback and completion comes exactly once,
//! everyone hears the same of a call, nothing hangs, and nothing is lost.
//!
//! To be run with -detect_leaks=0: what is lost is looked for here, after a shutdown.
#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

use imagekit_fuzz::calls;
use libfuzzer_sys::fuzz_target;

/// How often it is asked whether something was lost.
const ROUNDS: u64 = 200;

fuzz_target!(|input: &[u8]| {
    static PLAYED: AtomicU64 = AtomicU64::new(1);
    calls::play(input);
    if PLAYED
        .fetch_add(1, Ordering::Relaxed)
        .is_multiple_of(ROUNDS)
    {
        calls::check_leaks();
    }
});
