//! Calls in the background: the callback of each comes once, on one thread, in order; what is
//! cancelled ends at once; and nothing waits for a callback.

use std::time::Duration;

use crate::hosts::{against, emulator};
use crate::lateness::timed;
use crate::names::expect_each_by;
use crate::support::{Seen, c_program};

fn run(program: &str, part: &str) -> Seen {
    c_program(program).command().arg(part).run().expect_ok()
}

#[test]
fn a_callback_comes_once_however_its_call_ends() {
    run("background", "once");
}

#[test]
fn a_callback_comes_once_where_call_or_client_are_freed_at_once() {
    run("background", "right-after");
}

#[test]
fn inside_a_callback_all_works_but_what_may_wait() {
    run("background", "inside");
}

#[test]
fn a_callback_may_free_its_call_and_start_the_next() {
    run("background", "chain");
}

#[test]
fn all_who_wait_for_a_call_get_a_string_of_their_own() {
    run("background", "waiters");
}

#[test]
fn a_call_that_is_freed_or_cancelled_ends_for_those_who_are_inside() {
    run("background", "in-use");
}

#[test]
fn a_process_ends_at_once_while_calls_and_a_callback_run() {
    for way in ["exit", "_exit"] {
        let program = c_program("background");
        let seen = program.command().arg("ends").arg(way).run();
        assert_eq!(seen.code, Some(42), "{seen:?}");
        assert!(seen.took < Duration::from_secs(5), "{seen:?}"); // the call would wait for 20
    }
}

#[test]
fn callbacks_come_one_at_a_time_in_the_order_of_ends_and_nothing_waits_for_them() {
    run("callbacks", "order");
}

#[test]
fn callbacks_have_our_signal_mask_and_a_megabyte_of_stack() {
    run("callbacks", "thread");
}

#[test]
fn a_cancelled_call_ends_at_once_wherever_it_is_and_its_connection_is_left() {
    timed(|| expect_each_by(&run("callbacks", "cancelled"), Duration::from_millis(50)));
}

#[test]
fn a_call_that_cannot_be_started_for_want_of_descriptors_stays_described() {
    run("lost", "limit");
}

#[test]
fn a_call_that_is_only_described_may_be_sent_by_parent_and_child() {
    run("fork_calls", "described");
}

#[test]
fn a_call_that_runs_at_a_fork_goes_on_in_the_parent_alone() {
    run("fork_calls", "running");
}

#[test]
fn a_call_that_had_ended_tells_the_same_in_parent_and_child() {
    run("fork_calls", "ended");
}

#[test]
fn a_child_of_a_callback_is_an_ordinary_process_and_ends_where_the_callback_returns() {
    run("fork_calls", "in-a-callback");
}

#[test]
fn a_child_knows_nothing_of_a_shutdown_in_progress() {
    run("fork_calls", "during-a-shutdown");
}

#[test]
fn forks_in_a_storm_of_calls_and_shutdowns_hang_no_child() {
    against(&emulator(false), "fork_storm", "")
        .run()
        .expect_ok();
}

#[test]
fn children_that_callbacks_fork_and_leave_hang_nowhere_while_others_start() {
    let emulator = emulator(false);
    let run = against(&emulator, "edges", "forks-in-callbacks");
    run.run().expect_ok();
}

#[test]
fn the_smallest_stack_suffices_for_all_that_is_done_with_a_call() {
    let emulator = emulator(false);
    against(&emulator, "call_stacks", "").run().expect_ok();
}
