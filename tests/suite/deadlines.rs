//! A call ends at its deadline, whatever it waits for, and not before without a reason.

use std::time::Duration;

use crate::calls::Calls;
use crate::lateness::timed;
use crate::script::Step::{Flood, Hold, PauseMs, Read, Reset};
use crate::script::{Server, Step, answer, ok, send};
use crate::support::in_parallel;

/// These bytes, one each so many milliseconds.
fn drip(bytes: &[u8], ms: u64) -> Vec<Step> {
    bytes
        .iter()
        .flat_map(|&byte| [send([byte]), PauseMs(ms)])
        .collect()
}

#[test]
fn whatever_a_server_does_not_do_the_deadline_is_kept() {
    let head = "HTTP/1.1 200 OK\r\n";
    let after_a_request = |steps: Vec<Step>| [vec![Read], steps].concat();
    let spaces = [send("1\r\n \r\n"), PauseMs(50)]
        .into_iter()
        .cycle()
        .take(2000)
        .collect();
    let chunked = vec![
        send(head),
        send("Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"),
    ];
    let rows = [
        ("never reads", vec![Hold]),
        ("never answers", after_a_request(vec![Hold])),
        ("drips a head", after_a_request(drip(&ok("[]"), 100))),
        ("drips a body", after_a_request([chunked, spaces].concat())),
        (
            "never ends a body",
            after_a_request(vec![send(head), send("Connection: close\r\n\r\n["), Hold]),
        ),
        (
            "floods with 1xx",
            after_a_request(vec![Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())]),
        ),
    ];
    in_parallel(&rows, |(name, does)| {
        let server = Server::connections([does.clone()]);
        let answer = Calls::to(&server.url())
            .number("--timeout-ms", 1000)
            .answer();
        assert_eq!(answer.status, "timeout", "{name}: {answer:?}");
        answer.expect_at(Duration::from_millis(1000));
        assert_eq!(
            answer.attempts(),
            Some(1),
            "{name}: a timeout is not repeated"
        );
        assert_eq!(server.connection_count(), 1, "{name}");
        assert!(answer.message().contains("1000 ms"), "{answer:?}");
    });
}

#[test]
fn deadlines_are_kept_within_a_tenth_or_25_ms() {
    in_parallel(&[1, 20, 100, 300, 2500], |&ms| {
        let server = Server::connections([vec![Read, Hold]]);
        let answer = Calls::to(&server.url()).number("--timeout-ms", ms).answer();
        assert_eq!(answer.status, "timeout", "{answer:?}");
        answer.expect_at(Duration::from_millis(ms));
    });
}

#[test]
fn callers_on_one_client_time_out_each_for_itself() {
    timed(|| {
        let server = Server::connections([vec![Read, Hold]]);
        let calls = Calls::to(&server.url()).number("--timeout-ms", 1000);
        let answers = calls.number("--threads", 64).answers();
        assert_eq!(answers.len(), 64);
        for answer in answers {
            assert_eq!(answer.status, "timeout", "{answer:?}");
            answer.expect_at(Duration::from_millis(1000));
        }
    });
}

#[test]
fn a_slow_answer_in_time_is_whole() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";
    let does = [vec![Read, send(head)], drip(b"[1,2 ]", 100)].concat();
    let server = Server::connections([does]);
    assert_eq!(
        Calls::to(&server.url())
            .number("--timeout-ms", 5000)
            .answer()
            .json(),
        "[1,2 ]"
    );
}

#[test]
fn a_slow_failure_leaves_time_for_a_retry() {
    let server = Server::connections([vec![Read, PauseMs(700), Reset], vec![Read, send(ok("[]"))]]);
    assert_eq!(
        Calls::to(&server.url())
            .number("--timeout-ms", 5000)
            .answer()
            .json(),
        "[]"
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_backoff_that_the_deadline_makes_pointless_is_not_waited() {
    let server = Server::answers([answer(503, "", "")]);
    let answer = Calls::to(&server.url())
        .number("--timeout-ms", 1100)
        .answer();
    assert_eq!(answer.status, "server_error", "{answer:?}");
    assert_eq!(
        answer.attempts(),
        Some(2),
        "a third would be too late: {answer:?}"
    );
    assert!(answer.took < Duration::from_millis(1100), "{answer:?}");
}

#[test]
fn retries_do_not_go_past_the_deadline() {
    timed(|| {
        let server = Server::connections([vec![Read, PauseMs(700), send(answer(503, "", ""))]]);
        let answer = Calls::to(&server.url())
            .number("--timeout-ms", 1500)
            .answer();
        assert!(
            matches!(&*answer.status, "server_error" | "timeout"),
            "{answer:?}"
        );
        assert!(answer.attempts() <= Some(2), "{answer:?}");
        answer.expect_within(Duration::from_millis(1500));
    });
}
