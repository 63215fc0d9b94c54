//! The barrier: after a shutdown no code of the host runs on our threads, and they are gone.

use std::time::Duration;

use crate::calls::KEY;
use crate::hosts::{against, emulator};
use crate::lateness::timed;
use crate::names::expect_each_by;
use crate::script::Step::{Hold, PauseMs};
use crate::script::{Server, answer, ok, send};
use crate::support::{Run, Seen, c_program};

fn run(part: &str) -> Seen {
    c_program("shutdown").command().arg(part).run().expect_ok()
}

#[test]
fn a_shutdown_of_nothing_is_ok_and_the_library_works_afterwards() {
    run("idle");
}

#[test]
fn a_shutdown_cancels_all_runs_every_callback_and_leaves_no_thread_and_no_descriptor() {
    run("busy");
}

#[test]
fn a_shutdown_gives_up_in_time_and_meanwhile_nothing_can_be_sent() {
    timed(|| expect_each_by(&run("blocked"), Duration::from_millis(100)));
}

#[test]
fn a_call_that_is_cancelled_while_a_shutdown_refuses_it_stays_cancelled() {
    run("cancelled-while-refused");
}

#[test]
fn two_shutdowns_at_once_see_every_callback_that_is_due() {
    run("behind");
}

#[test]
fn a_client_that_is_shut_down_ends_for_good_and_no_other_does() {
    run("one-client");
}

#[test]
fn the_shutdown_of_a_client_waits_for_its_callbacks_alone() {
    timed(|| expect_each_by(&run("blocked-client"), Duration::from_millis(100)));
}

#[test]
fn a_shutdown_ends_what_has_lost_its_descriptors_and_touches_none_of_the_hosts() {
    let program = c_program("lost");
    program.command().arg("descriptors").run().expect_ok();
}

/// A loss is noticed about once a second.
const NOTICED_BY: Duration = Duration::from_millis(2000);

#[test]
fn the_shutdown_of_a_client_leaves_the_lost_call_of_another_as_timed_out() {
    let program = c_program("lost");
    program.command().arg("of-two-clients").run().expect_ok();
}

#[test]
fn a_call_for_many_that_has_lost_its_descriptors_ends_soon() {
    timed(|| {
        let program = c_program("lost");
        let seen = program.command().arg("of-many").run().expect_ok();
        expect_each_by(&seen, NOTICED_BY);
    });
}

#[test]
fn a_call_that_has_lost_its_descriptors_tells_its_end_though_nobody_waits() {
    timed(|| {
        let program = c_program("lost");
        let seen = program.command().arg("of-nobody").run().expect_ok();
        expect_each_by(&seen, NOTICED_BY);
    });
}

#[test]
fn a_shutdown_comes_through_while_thirty_two_threads_send() {
    timed(|| {
        let emulator = emulator(false);
        let run = against(&emulator, "edges", "shutdowns-among-senders");
        expect_each_by(&run.run().expect_ok(), Duration::from_secs(5));
    });
}

#[test]
fn the_key_does_not_show_where_a_shutdown_refuses_or_a_child_is_told_off() {
    for part in ["key-in-a-refusal", "key-in-a-child"] {
        c_program("edges").command().arg(part).run().expect_ok();
    }
}

#[test]
fn a_shutdown_does_not_wait_for_a_resolver_longer_than_it_may() {
    timed(|| {
        let program = c_program("lost");
        let seen = program.command().arg("look-up").run().expect_ok();
        expect_each_by(&seen, Duration::from_millis(100));
    });
}

/// Answers at once, or for some files later, never, or with an error.
fn server() -> Server {
    Server::deciding(|_, request| match request.line().split('/').nth(3) {
        Some("slow") => vec![PauseMs(5), send(ok("[1]"))],
        Some("silent") => vec![Hold],
        Some("missing") => vec![send(answer(404, "", "{}"))],
        _ => vec![send(ok("[1]"))],
    })
}

fn storm(server: &Server, calls: usize) -> Run {
    let run = c_program("storm").command();
    let run = run.arg("--base-url").arg(server.url());
    let run = run.arg("--key").arg(KEY);
    run.arg("--calls").arg(calls.to_string())
}

#[test]
fn in_a_storm_of_calls_each_callback_comes_once_and_none_after_the_shutdown() {
    storm(&server(), 1000).run().expect_ok();
}

/// After a shutdown nothing of the library's is in use: what is left would be lost.
const VALGRIND: &[&str] = &[
    "--quiet",
    "--error-exitcode=9",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite,indirect,possible",
    "--show-leak-kinds=definite,indirect,possible",
];

#[test]
#[ignore = "needs valgrind; run with -- --ignored"]
fn valgrind_finds_no_error_and_nothing_lost_after_a_shutdown() {
    let server = server();
    let run = storm(&server, 100).under("valgrind", VALGRIND);
    run.time_limit(Duration::from_secs(300)).run().expect_ok();
}
