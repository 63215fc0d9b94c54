//! Names to addresses: what a resolver that hangs costs, and whom it keeps waiting.

use std::time::Duration;

use crate::hosts::CANNOT_RUN;
use crate::lateness::{expect_by, timed};
use crate::support::{Seen, c_program, leave_out};

fn run(part: &str) -> Seen {
    c_program("names").command().arg(part).run()
}

/// Every duration that the program printed is in time.
pub fn expect_each_by(seen: &Seen, limit: Duration) {
    let lines = seen.stdout.lines();
    let printed: Vec<u64> = lines
        .map(|line| line.parse().expect("milliseconds"))
        .collect();
    assert!(!printed.is_empty(), "{seen:?}");
    for took in printed {
        expect_by(Duration::from_millis(took), limit, seen);
    }
}

#[test]
fn a_hung_lookup_costs_one_thread_however_many_clients_ask_for_the_name() {
    timed(|| {
        let seen = run("one-name").expect_ok();
        expect_each_by(&seen, Duration::from_millis(200 + 50));
    });
}

#[test]
fn hung_lookups_of_many_names_take_sixteen_threads_at_most_and_no_call_its_deadline() {
    timed(|| {
        let seen = run("many-names").expect_ok();
        expect_each_by(&seen, Duration::from_millis(500 + 50));
    });
}

#[test]
fn while_look_ups_hang_another_name_and_a_plain_address_are_reached() {
    timed(|| {
        let seen = run("other-names");
        assert_eq!(seen.code, Some(42), "{seen:?}"); // it ends with all that hangs
        expect_each_by(&seen, Duration::from_millis(250));
    });
}

#[test]
fn without_a_network_a_call_fails_soon_and_names_its_host() {
    timed(|| {
        let seen = c_program("offline").command().run();
        if seen.code == Some(CANNOT_RUN) {
            return leave_out("calls without a network", seen.stdout.trim());
        }
        expect_each_by(&seen.expect_ok(), Duration::from_secs(1));
    });
}

#[test]
fn localhost_is_this_machine_whatever_a_resolver_would_say() {
    run("localhost").expect_ok();
}

#[test]
fn a_process_ends_at_once_while_a_lookup_hangs() {
    let seen = run("exit");
    assert_eq!(seen.code, Some(42), "{seen:?}");
    assert!(seen.took < Duration::from_secs(5), "{seen:?}"); // the call would wait for 60
}
