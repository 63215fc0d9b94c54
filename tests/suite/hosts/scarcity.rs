//! A process that has nothing to spare: no descriptor, no thread, no memory for one, not all system calls.

use super::{against, emulator};
use crate::support::{c_program, in_parallel};

#[test]
fn without_descriptors_a_call_says_so_and_recovers() {
    let rows = [
        ("first-use", false),
        ("first-use", true),
        ("warm", false),
        ("warm", true),
        ("making", false),
        ("making", true),
    ];
    in_parallel(&rows, |&(part, tls)| {
        let emulator = emulator(tls);
        let run = against(&emulator, "limits", part);
        run.arg("--max-retries").arg("0").run().expect_ok();
    });
}

#[test]
fn without_a_thread_a_call_says_so_and_recovers() {
    in_parallel(&["work", "callbacks", "look-ups", "room"], |part| {
        c_program("threadless")
            .command()
            .arg(part)
            .run()
            .expect_ok();
    });
}

#[test]
fn a_sandbox_that_refuses_system_calls_gets_a_status() {
    c_program("sandbox").command().run().expect_ok();
}
