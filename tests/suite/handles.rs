//! Handles: any number in, a status out. What is freed stays freed, and nobody is hurt by it.

use crate::hosts::{against, emulator};
use crate::support::c_program;

#[test]
fn null_foreign_and_garbage_handles_are_refused() {
    c_program("handles")
        .command()
        .arg("garbage")
        .run()
        .expect_ok();
}

#[test]
fn freed_handles_and_those_of_another_type_are_refused() {
    c_program("handles")
        .command()
        .arg("neighbours")
        .run()
        .expect_ok();
}

#[test]
fn a_freed_handle_never_becomes_another() {
    c_program("handles")
        .command()
        .arg("aliases")
        .run()
        .expect_ok();
}

#[test]
fn a_client_may_be_freed_during_a_call_of_another_thread() {
    c_program("handles")
        .command()
        .arg("freed-in-use")
        .run()
        .expect_ok();
}

#[test]
fn a_config_may_change_serve_again_or_go_after_its_client_is_made() {
    let emulator = emulator(false);
    against(&emulator, "handles", "config-reused")
        .run()
        .expect_ok();
    assert_eq!(emulator.requests(), 3);
}
