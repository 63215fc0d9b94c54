//! Queues of finished calls: what lands in them, who takes it, and what their descriptor says.

use std::time::Duration;

use crate::calls::KEY;
use crate::hosts::{against, emulator};
use crate::lateness::timed;
use crate::names::expect_each_by;
use crate::open::Open;
use crate::support::{Seen, c_program};

fn run(part: &str) -> Seen {
    c_program("queue").command().arg(part).run().expect_ok()
}

#[test]
fn a_completion_lands_once_however_its_call_ends_and_in_the_order_of_ends() {
    run("once");
}

#[test]
fn the_descriptor_is_readable_exactly_while_completions_wait() {
    run("readable");
}

#[test]
fn a_taker_waits_as_long_as_it_says() {
    timed(|| expect_each_by(&run("times"), Duration::from_millis(25)));
}

#[test]
fn inside_a_callback_all_works_but_waiting_for_a_completion() {
    run("inside-a-callback");
}

#[test]
fn null_freed_and_foreign_handles_are_told_apart_and_nothing_is_taken() {
    run("arguments");
}

#[test]
fn freeing_a_queue_ends_who_waits_for_it_and_cancels_what_runs() {
    run("freed");
}

#[test]
fn every_user_data_is_had_back_by_cancelling_and_taking() {
    run("given-back");
}

#[test]
fn what_a_shutdown_ended_has_landed_and_the_queue_serves_on() {
    run("shut-down");
}

#[test]
fn a_queue_belongs_to_the_process_that_made_it() {
    run("inherited");
}

#[test]
fn a_start_that_fails_lands_nothing() {
    run("refused");
}

#[test]
fn a_host_that_closes_the_descriptors_keeps_what_gets_their_numbers() {
    c_program("queue_descriptors").command().run().expect_ok();
}

#[test]
fn ten_thousand_calls_on_one_queue_all_come_and_take_one_thread() {
    let emulator = emulator(false);
    let id = emulator.add_files(1, 1).remove(0);
    let run = against(&emulator, "queue", "flood");
    run.arg("--file").arg(id).run().expect_ok();
    assert_eq!(emulator.requests(), 10_000);
}

#[test]
fn of_a_clients_calls_on_a_queue_256_are_open_at_once() {
    let server = Open::expecting(256);
    let run = c_program("queue").command().arg("flood");
    let run = run.arg("--base-url").arg(server.url());
    let run = run.arg("--key").arg(KEY).arg("--calls").arg("600");
    run.run().expect_ok();
    assert_eq!(server.requests().len(), 600);
    assert_eq!(server.most(), 256);
}

#[test]
fn thirty_two_threads_start_on_a_queue_and_take_from_it() {
    let emulator = emulator(false);
    against(&emulator, "queue", "crowd").run().expect_ok();
}
