//! The client's own limit of requests in a second, and how it goes together with the server's.

use std::time::Duration;

use crate::calls::KEY;
use crate::lateness::{expect_by, timed};
use crate::names::expect_each_by;
use crate::script::{Request, Server, answer, ok};
use crate::support::{Run, Seen, c_program, in_parallel};

fn run(url: &str, part: &str, limit: u32) -> Run {
    let run = c_program("pacing").command().arg(part);
    let run = run.arg("--base-url").arg(url).arg("--key").arg(KEY);
    run.arg("--per-second").arg(limit.to_string())
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Between two requests lies so much time. A server on a busy machine may have noted the first one late.
fn expect_apart(first: &Request, second: &Request, least: Duration) {
    let apart = second.at.saturating_duration_since(first.at);
    expect_by(least.saturating_sub(apart), ms(2), &(first, second));
}

#[test]
fn no_second_holds_more_requests_than_the_limit_and_one() {
    timed(|| {
        let server = Server::answers([ok("[]")]);
        run(&server.url(), "crowd", 50).run().expect_ok();
        let mut requests = server.requests();
        requests.sort_by_key(|request| request.at);
        assert_eq!(requests.len(), 150);
        for (first, after_51) in requests.iter().zip(&requests[51..]) {
            expect_apart(first, after_51, ms(1000));
        }
        expect_apart(&requests[0], &requests[149], ms(149 * 20));
        let took = requests[149].at - requests[0].at;
        expect_by(took, ms(149 * 20 + 500), &"turns that nobody took");
    });
}

#[test]
fn who_can_have_no_turn_in_time_fails_at_once_and_who_leaves_passes_his_turn_on() {
    timed(|| {
        let seen = c_program("pacing").command().arg("in-time").run();
        expect_each_by(&seen.expect_ok(), ms(100));
    });
}

#[test]
fn the_limit_is_a_million_at_most_or_none() {
    c_program("pacing").command().arg("range").run().expect_ok();
}

/// What came of each call.
fn statuses(seen: &Seen) -> Vec<&str> {
    let lines = seen.stdout.lines();
    lines.filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn a_retry_takes_a_turn_too() {
    timed(|| {
        let server = Server::answers([answer(500, "", "{}"), ok("[]")]);
        let seen = run(&server.url(), "row", 1).run().expect_ok();
        assert_eq!(statuses(&seen), ["ok"]);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        expect_apart(&requests[0], &requests[1], ms(1000)); // the backoff is half of it
    });
}

#[test]
fn a_retry_without_a_turn_leaves_the_status_of_the_attempt_before() {
    let server = Server::answers([answer(503, "", "{}"), ok("[]")]);
    let run = run(&server.url(), "row", 1);
    let seen = run.arg("--timeout-ms").arg("900").run().expect_ok();
    assert_eq!(statuses(&seen), ["server_error"]);
    assert!(seen.stdout.contains("\"attempts\":1"), "{seen:?}");
    assert_eq!(server.requests().len(), 1);
}

#[rustfmt::skip]
const SLOWER: &[(u32, u64, u64)] = &[
    // the client's   the server's   the distance, ms
    (  1000,            20,            50),
    (    20,          1000,            50),
    (     0,            20,            50),
];

#[test]
fn of_the_clients_limit_and_the_servers_pace_the_slower_counts() {
    in_parallel(SLOWER, |&(limit, pace, distance)| {
        let headers = format!(
            "X-RateLimit-Reset: 100\r\nX-RateLimit-Limit: {pace}\r\nX-RateLimit-Interval: 1000\r\n"
        );
        let server = Server::answers([answer(429, &headers, "{}"), ok("[]")]);
        let seen = run(&server.url(), "row", limit)
            .arg("--repeat")
            .arg("8")
            .run();
        assert_eq!(statuses(&seen.expect_ok()), ["ok"; 8]);
        let requests = server.requests();
        assert_eq!(requests.len(), 9);
        for (turns, request) in (1..).zip(&requests[2..]) {
            expect_apart(&requests[1], request, ms(distance) * turns);
        }
        expect_apart(&requests[0], &requests[1], ms(100));
    });
}
