//! Defects of the library stay in it: a panic ends one call as `internal`, and the host lives on. The host
//! here breaks the clock, and the library panics wherever it looks at it.

use std::time::Duration;

use imagekit_emulator::{Emulator, Options};

use super::against;
use crate::calls::basic;
use crate::support::in_parallel;

#[test]
fn a_panic_on_any_thread_ends_one_call_and_tells_no_secret() {
    let rows = [("caller", 8), ("work", 8), ("callbacks", 1)];
    in_parallel(&rows, |(thread, least)| {
        // It answers late enough for somebody to wait.
        let delay = Duration::from_millis(if *thread == "callbacks" { 5 } else { 0 });
        let options = Options {
            delay,
            ..Options::default()
        };
        let emulator = Emulator::start(options).expect("an emulator");
        let seen = against(&emulator, "panics", thread)
            .env("RUST_BACKTRACE", "0") // which would take its time
            .run()
            .expect_ok();
        let panics = seen.stdout.trim().parse::<u32>().expect("a count");
        assert!(panics >= *least, "{panics} panics: {seen:?}");
        assert!(seen.stderr.contains("panicked at"), "{seen:?}");
        for secret in [emulator.private_key(), &basic(emulator.private_key())] {
            assert!(!seen.stderr.contains(secret), "the key shows: {seen:?}");
        }
    });
}
