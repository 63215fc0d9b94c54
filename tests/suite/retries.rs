//! What is repeated, how often and after how long; and that `attempts` tells what the server saw.

use std::net::TcpListener;
use std::time::Duration;

use crate::calls::Calls;
use crate::lateness::{expect_by, timed};
use crate::script::Step::{PauseMs, Read, Reset};
use crate::script::{Server, Step, answer, ok, send};
use crate::support::in_parallel;

#[derive(Debug)]
struct Fault {
    name: &'static str,
    does: Vec<Step>,
    gives: &'static str,
    attempts: usize,
}

fn fault(
    name: &'static str,
    does: impl Into<Vec<Step>>,
    gives: &'static str,
    attempts: usize,
) -> Fault {
    Fault {
        name,
        does: does.into(),
        gives,
        attempts,
    }
}

/// Reads a request and answers so, then hangs up.
fn says(
    name: &'static str,
    what: impl Into<Vec<u8>>,
    gives: &'static str,
    attempts: usize,
) -> Fault {
    fault(name, [Read, send(what)], gives, attempts)
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

#[rustfmt::skip]
fn faults() -> Vec<Fault> {
    let lost = "connection_lost";
    let head = |rest: &str| HEAD.to_owned() + rest;
    let chunked = |rest: &str| head("Transfer-Encoding: chunked\r\n\r\n") + rest;
    let cut = || send(head("Content-Length: 10\r\n\r\n[1,"));
    vec![
        fault("hangs up on accept",       [],                                  lost, 3),
        fault("resets on accept",         [Reset],                             lost, 3),
        fault("hangs up after a request", [Read],                              lost, 3),
        fault("resets after a request",   [Read, Reset],                       lost, 3),
        fault("resets in a body",         [Read, cut(), PauseMs(50), Reset],   lost, 3),
        fault("stops in a body",          [Read, cut()],                       lost, 3),
        says("half a status line",        "HTTP/1.",                           lost, 3),
        says("only a status line",        "HTTP/1.1 200 OK\r\n",               lost, 3),
        says("half a head",               HEAD,                                lost, 3),
        says("half a chunk",              chunked("5\r\n[1"),                  lost, 3),
        says("no last chunk",             chunked("2\r\n[]\r\n"),              lost, 3),
        says("no end of the last chunk",  chunked("2\r\n[]\r\n0\r\n"),         lost, 3),
        says("a bad chunk size",          chunked("zz\r\n[]\r\n0\r\n\r\n"),    lost, 3),
        says("chunk data too long",       chunked("2\r\n[]XX0\r\n\r\n"),       lost, 3),
        says("garbage",                   b"\x00\xff\x01garbage\r\n\r\n",      lost, 3),
        says("HTTP/0.9",                  "[]",                                lost, 3),
        says("a bad length",              head("Content-Length: -2\r\n\r\n[]"), lost, 3),
        says("two lengths",               head("Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]x"), lost, 3),
        says("408",                       answer(408, "", "{}"),               "unexpected_status", 3),
        says("409",                       answer(409, "", "{}"),               "conflict", 3),
        says("429 without a header",      answer(429, "", "{}"),               "rate_limited", 3),
        says("500",                       answer(500, "", "<h1>no</h1>"),      "server_error", 3),
        says("501",                       answer(501, "", "{}"),               "server_error", 3),
        says("503",                       answer(503, "", ""),                 "server_error", 3),
        says("599",                       answer(599, "", "{}"),               "server_error", 3),
        says("half a 500",                "HTTP/1.1 500 No\r\nContent-Length: 500\r\n\r\nhalf", "server_error", 3),
        says("400",                       answer(400, "", "{}"),               "bad_request", 1),
        says("401",                       answer(401, "WWW-Authenticate: Basic\r\n", "{}"), "unauthenticated", 1),
        says("403",                       answer(403, "", "{}"),               "forbidden", 1),
        says("404",                       answer(404, "", "{}"),               "not_found", 1),
        says("405",                       answer(405, "", "{}"),               "unexpected_status", 1),
        says("410",                       answer(410, "", "{}"),               "unexpected_status", 1),
        says("422",                       answer(422, "", "{}"),               "bad_request", 1),
        says("423",                       answer(423, "", "{}"),               "conflict", 1),
        says("600",                       answer(600, "", "{}"),               "unexpected_status", 1),
        says("not JSON",                  ok("<html>"),                        "invalid_response", 1),
    ]
}

#[test]
fn what_may_pass_is_repeated_twice_and_attempts_tells_the_truth() {
    in_parallel(&faults(), |fault| {
        let server = Server::connections([fault.does.clone()]);
        let answer = Calls::to(&server.url()).answer();
        let name = fault.name;
        assert_eq!(answer.status, fault.gives, "{name}: {answer:?}");
        assert_eq!(
            answer.attempts(),
            Some(fault.attempts as u64),
            "{name}: {answer:?}"
        );
        assert_eq!(
            server.connection_count(),
            fault.attempts,
            "{name}: {answer:?}"
        );
        if matches!(fault.does[..], [Read, ..]) {
            assert_eq!(
                server.requests().len(),
                fault.attempts,
                "{name}: {answer:?}"
            );
        }
    });
}

#[test]
fn what_passes_is_not_seen() {
    let cut = || vec![Read, send(HEAD), send("Content-Length: 10\r\n\r\n[1,")];
    let says = |status| vec![Read, send(answer(status, "", "{}"))];
    let good = || vec![Read, send(ok("[1]"))];
    let rows = [
        vec![vec![Read, Reset], good()],
        vec![vec![], good()],
        vec![cut(), cut(), good()],
        vec![says(500), good()],
        vec![says(408), says(409), good()],
        vec![says(503), vec![Read], good()],
        vec![says(429), says(502), good()],
    ];
    in_parallel(&rows, |scripts| {
        let server = Server::connections(scripts.clone());
        assert_eq!(Calls::to(&server.url()).answer().json(), "[1]");
        assert_eq!(server.connection_count(), scripts.len());
    });
}

/// A port that nobody listens on.
fn dead_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("its number").port()
}

#[test]
fn a_refused_connection_is_tried_three_times_and_names_host_and_port() {
    timed(|| {
        let port = dead_port();
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://127.0.0.1:{port}");
            let answer = Calls::to(&url).number("--timeout-ms", 10_000).answer();
            assert_eq!(answer.status, "connect_failed", "{answer:?}");
            assert_eq!(answer.attempts(), Some(3));
            assert!(
                answer.message().contains(&format!("127.0.0.1:{port}")),
                "{answer:?}"
            );
            answer.expect_within(Duration::from_secs(10));
            assert!(answer.error()["httpStatus"].is_null(), "{answer:?}");
            assert!(answer.error()["responseBody"].is_null(), "{answer:?}");
        }
    });
}

#[test]
fn max_retries_is_what_it_says() {
    in_parallel(&[0, 1, 2, 3], |&retries| {
        let server = Server::answers([answer(503, "", "")]);
        let answer = Calls::to(&server.url())
            .number("--max-retries", retries)
            .answer();
        assert_eq!(answer.status, "server_error");
        assert_eq!(answer.attempts(), Some(retries + 1));
        assert_eq!(server.requests().len() as u64, retries + 1);
    });
}

#[test]
fn endless_retries_end_with_the_deadline() {
    timed(|| {
        let server = Server::answers([answer(503, "", "")]);
        let calls = Calls::to(&server.url()).number("--max-retries", u32::MAX.into());
        let answer = calls.number("--timeout-ms", 3000).answer();
        assert!(
            matches!(&*answer.status, "server_error" | "timeout"),
            "{answer:?}"
        );
        let requests = server.requests().len() as u64;
        assert!(requests >= 2, "{answer:?}");
        assert_eq!(answer.attempts(), Some(requests));
        answer.expect_within(Duration::from_millis(3000));
    });
}

#[test]
fn backoff_is_half_a_second_then_one_less_at_most_a_quarter() {
    timed(|| {
        let server = Server::answers([answer(503, "", "")]);
        assert_eq!(Calls::to(&server.url()).answer().status, "server_error");
        let at: Vec<_> = server.requests().iter().map(|request| request.at).collect();
        for (number, most) in [500, 1000].into_iter().enumerate() {
            let gap = at[number + 1] - at[number];
            assert!(
                gap >= Duration::from_millis(most * 3 / 4),
                "{gap:?} of {most} ms"
            );
            let late = Duration::from_millis(most + 150);
            expect_by(gap, late, &most);
        }
    });
}

#[test]
fn backoff_is_not_the_same_for_every_process() {
    let gap = |_: &_| {
        let server = Server::answers([answer(503, "", ""), ok("[]")]);
        assert_eq!(Calls::to(&server.url()).answer().json(), "[]");
        let requests = server.requests();
        (requests[1].at - requests[0].at).as_millis()
    };
    let gaps = std::sync::Mutex::new(Vec::new());
    in_parallel(&[(); 8], |row| {
        let gap = gap(row);
        gaps.lock().expect("a list").push(gap);
    });
    let gaps = gaps.into_inner().expect("a list");
    let spread = gaps.iter().max().unwrap_or(&0) - gaps.iter().min().unwrap_or(&0);
    assert!(spread >= 5, "no jitter in {gaps:?} ms");
}

/// What the first connection does after it has served one call well.
fn reused_ends() -> [Vec<Step>; 2] {
    let begins = [Read, send(ok("[1]")), Read];
    [begins.to_vec(), [&begins[..], &[Reset]].concat()]
}

#[test]
fn a_reused_connection_that_is_dead_is_replaced_at_once() {
    timed(|| {
        for first in reused_ends() {
            let good = vec![Read, send(ok("[2]"))];
            let server = Server::connections([first, good]);
            let answers = Calls::to(&server.url()).number("--repeat", 2).answers();
            assert_eq!([answers[0].json(), answers[1].json()], ["[1]", "[2]"]);
            assert_eq!(server.requests().len(), 3, "the second call needed two");
            let at = server.requests();
            let gap = at[2].at - at[1].at;
            expect_by(gap, Duration::from_millis(200), &"no backoff");
        }
    });
}

#[test]
fn replacing_a_dead_connection_is_one_of_the_retries() {
    for first in reused_ends() {
        let none = Server::connections([first.clone(), vec![Read, send(ok("[2]"))]]);
        let calls = Calls::to(&none.url()).number("--max-retries", 0);
        let answers = calls.number("--repeat", 2).answers();
        assert_eq!(answers[1].status, "connection_lost", "{answers:?}");
        assert_eq!(answers[1].attempts(), Some(1));
        assert_eq!(none.requests().len(), 2);

        let always = Server::connections([first, vec![Read, Reset]]);
        let answers = Calls::to(&always.url()).number("--repeat", 2).answers();
        assert_eq!(answers[1].status, "connection_lost", "{answers:?}");
        assert_eq!(answers[1].attempts(), Some(3));
        assert_eq!(always.requests().len(), 4);
    }
}

#[test]
fn an_idle_connection_that_was_closed_costs_nothing() {
    let server = Server::connections([vec![Read, send(ok("[]")), PauseMs(20)]]);
    let calls = Calls::to(&server.url()).number("--max-retries", 0);
    let answers = calls
        .number("--repeat", 3)
        .number("--pause-ms", 300)
        .answers();
    assert!(answers.iter().all(|answer| answer.json() == "[]"));
    assert_eq!((server.requests().len(), server.connection_count()), (3, 3));
}

#[test]
fn a_connection_is_kept_and_used_again() {
    let server = Server::answers([ok("[]")]);
    let answers = Calls::to(&server.url()).number("--repeat", 10).answers();
    assert!(answers.iter().all(|answer| answer.json() == "[]"));
    assert_eq!(
        (server.requests().len(), server.connection_count()),
        (10, 1)
    );
}

#[test]
fn bytes_after_an_answer_never_become_the_next_one() {
    let smuggled = || [ok("[]"), ok("[\"smuggled\"]")].concat();
    let glued = vec![Read, send(smuggled()), Step::Hold];
    let closing = vec![
        Read,
        send(answer(200, "Connection: close\r\n", "[]")),
        Step::Hold,
    ];
    let stray = vec![
        Read,
        send([ok("[]"), b"EXTRA".to_vec()].concat()),
        Step::Hold,
    ];
    for first in [glued, closing, stray] {
        let server = Server::connections([first, vec![Read, send(ok("[2]"))]]);
        let answers = Calls::to(&server.url()).number("--repeat", 2).answers();
        assert_eq!([answers[0].json(), answers[1].json()], ["[]", "[2]"]);
        assert_eq!(server.connection_count(), 2);
    }
}
