//! Which methods are sent again, and after what: GET, PUT and DELETE as always; POST and PATCH where
//! the server surely did not act.

use std::net::TcpListener;
use std::time::Duration;

use super::on_version;
use crate::calls::Calls;
use crate::lateness::{expect_by, timed};
use crate::script::Step::{PauseMs, Read, ReadSome, Reset};
use crate::script::{Server, Step, answer, ok, send};
use crate::support::in_parallel;

const ANY: [&str; 5] = ["GET", "PUT", "DELETE", "POST", "PATCH"];
const CAREFUL: [&str; 2] = ["POST", "PATCH"];

#[derive(Debug)]
struct Fault {
    name: &'static str,
    does: Vec<Step>,
    gives: &'static str,
    /// May the server have acted?
    may_have_acted: bool,
}

#[rustfmt::skip]
fn faults() -> Vec<Fault> {
    let row = |name, does: &[Step], gives, may_have_acted| Fault { name, does: does.to_vec(), gives, may_have_acted };
    let says = |name, http_status, headers: &str, gives, may_have_acted| {
        row(name, &[Read, send(answer(http_status, headers, "{}"))], gives, may_have_acted)
    };
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";
    let (lost, failed) = ("connection_lost", "server_error");
    vec![
        says("408",                   408, "",                        "unexpected_status", true),
        says("408 with Retry-After",  408, "Retry-After: 0\r\n",      "unexpected_status", true),
        says("409",                   409, "",                        "conflict",          true),
        says("409 with Retry-After",  409, "Retry-After: 0\r\n",      "conflict",          true),
        says("500",                   500, "",                        failed,              true),
        says("500 with Retry-After",  500, "Retry-After: 0\r\n",      failed,              true),
        says("502",                   502, "",                        failed,              true),
        says("503",                   503, "",                        failed,              true),
        says("503 with a rate limit", 503, "X-RateLimit-Reset: 1\r\n", failed,             true),
        says("503, no Retry-After",   503, "Retry-After: soon\r\n",   failed,              true),
        says("504",                   504, "",                        failed,              true),
        row("hangs up on accept",       &[],                          lost,                true),
        row("hangs up after a request", &[Read],                      lost,                true),
        row("resets after a request",   &[Read, Reset],               lost,                true),
        row("stops in a body",          &[Read, send(cut)],           lost,                true),
        row("speaks no HTTP",           &[Read, send("220 ready\r\n")], lost,              true),
        says("429",                   429, "X-RateLimit-Reset: 20\r\n", "rate_limited",    false),
        says("429 without a time",    429, "",                        "rate_limited",      false),
        says("429 with Retry-After",  429, "Retry-After: 0\r\n",      "rate_limited",      false),
        says("503 at once",           503, "Retry-After: 0\r\n",      failed,              false),
        says("503 after a second",    503, "Retry-After: 1\r\n",      failed,              false),
        says("503 after a date",      503, "Retry-After: Thu, 01 Jan 2026 00:00:00 GMT\r\n", failed, false),
    ]
}

#[test]
fn post_and_patch_are_repeated_only_where_the_server_did_not_act() {
    let faults = faults();
    let rows: Vec<_> = faults
        .iter()
        .flat_map(|fault| ANY.map(|method| (method, fault)))
        .collect();
    in_parallel(&rows, |(method, fault)| {
        let is_final = fault.may_have_acted && CAREFUL.contains(method);
        let attempts = if is_final { 1 } else { 2 };
        let server = Server::connections([fault.does.clone()]);
        let calls = Calls::to(&server.url()).request(method, "/v1/x");
        let answer = calls
            .set("--body", "[1]")
            .number("--max-retries", 1)
            .answer();
        assert_eq!(answer.status, fault.gives, "{}: {answer:?}", fault.name);
        assert_eq!(
            answer.attempts(),
            Some(attempts),
            "{}: {answer:?}",
            fault.name
        );
        assert_eq!(server.connection_count() as u64, attempts, "{}", fault.name);
        for request in server.requests() {
            assert_eq!(request.line(), format!("{method} /v1/x HTTP/1.1"));
            assert_eq!(request.body, b"[1]");
        }
    });
}

#[test]
fn a_request_that_was_repeated_succeeds_with_the_same_body() {
    let paused = || answer(429, "X-RateLimit-Reset: 20\r\n", "{}");
    let busy = || answer(503, "Retry-After: 0\r\n", "");
    let rows = [
        ("PUT", [answer(500, "", ""), answer(409, "", "")]),
        ("PUT", [busy(), paused()]),
        ("DELETE", [answer(502, "", ""), paused()]),
        ("POST", [paused(), paused()]),
        ("PATCH", [paused(), busy()]),
    ];
    in_parallel(&rows, |(method, [first, second])| {
        let server = Server::answers([first.clone(), second.clone(), ok("[2]")]);
        let calls = Calls::to(&server.url()).request(method, "/v1/x?y");
        assert_eq!(calls.set("--body", "{\"a\":1}").answer().json(), "[2]");
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        for request in &requests {
            assert_eq!(request.line(), format!("{method} /v1/x?y HTTP/1.1"));
            assert_eq!(request.body, b"{\"a\":1}");
        }
    });
}

/// The body that the first answer asks for does not go out twice.
#[test]
fn after_a_refused_post_the_last_answer_counts() {
    let limited = answer(429, "X-RateLimit-Reset: 20\r\n", "{}");
    let server = Server::answers([limited, answer(500, "", "{}"), ok("{}")]);
    let answer = Calls::to(&server.url()).request("POST", "/v1/x").answer();
    assert_eq!(answer.status, "server_error", "{answer:?}");
    assert_eq!(answer.attempts(), Some(2));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn where_no_connection_could_be_made_every_method_is_tried_three_times() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("its number");
    drop(listener);
    in_parallel(&ANY, |method| {
        let calls = Calls::to(&format!("http://{address}")).request(method, "/v1/x");
        let answer = calls.set("--body", "{}").answer();
        assert_eq!(answer.status, "connect_failed", "{answer:?}");
        assert_eq!(answer.attempts(), Some(3));
    });
}

#[test]
fn a_handshake_that_is_cut_off_carried_no_request() {
    in_parallel(&ANY, |method| {
        let server = Server::connections([vec![ReadSome]]);
        let url = server.url().replace("http:", "https:");
        let calls = Calls::to(&url).request(method, "/v1/x");
        let answer = calls.set("--body", "{}").answer();
        assert_eq!(answer.status, "tls_failed", "{answer:?}");
        assert_eq!(answer.attempts(), Some(3));
        assert_eq!(server.connection_count(), 3);
    });
}

/// What the first connection does after it has served one call well.
fn stale_ends() -> [Vec<Step>; 2] {
    let begins = [Read, send(ok("[1]")), Read];
    [begins.to_vec(), [&begins[..], &[Reset]].concat()]
}

#[test]
fn a_dead_connection_is_not_replaced_once_a_post_was_written_to_it() {
    in_parallel(&CAREFUL, |method| {
        for first in stale_ends() {
            let server = Server::connections([first, vec![Read, send(ok("[2]"))]]);
            let calls = Calls::to(&server.url()).request(method, "/v1/x");
            let answers = calls.set("--body", "{}").number("--repeat", 2).answers();
            assert_eq!(answers[0].json(), "[1]");
            assert_eq!(answers[1].status, "connection_lost", "{answers:?}");
            assert_eq!(answers[1].attempts(), Some(1));
            assert_eq!((server.requests().len(), server.connection_count()), (2, 1));
        }
    });
}

#[test]
fn a_dead_connection_is_replaced_at_once_for_put_and_delete() {
    timed(|| {
        in_parallel(&["PUT", "DELETE"], |method| {
            for first in stale_ends() {
                let server = Server::connections([first, vec![Read, send(ok("[2]"))]]);
                let calls = Calls::to(&server.url()).request(method, "/v1/x");
                let answers = calls.set("--body", "[0]").number("--repeat", 2).answers();
                assert_eq!([answers[0].json(), answers[1].json()], ["[1]", "[2]"]);
                let requests = server.requests();
                assert_eq!(requests.len(), 3);
                assert_eq!(requests[2].body, b"[0]");
                expect_by(
                    requests[2].at - requests[1].at,
                    Duration::from_millis(200),
                    method,
                );
            }
        });
    });
}

#[test]
fn an_idle_connection_that_was_closed_costs_a_post_nothing() {
    let server = Server::connections([vec![Read, send(ok("[]")), PauseMs(20)]]);
    let calls = Calls::to(&server.url()).request("POST", "/v1/x");
    let calls = calls.set("--body", "{}").number("--max-retries", 0);
    let calls = calls.number("--repeat", 2).number("--pause-ms", 300);
    assert!(calls.answers().iter().all(|answer| answer.json() == "[]"));
    assert_eq!((server.requests().len(), server.connection_count()), (2, 2));
}

#[test]
fn a_delete_that_is_repeated_may_find_the_version_gone() {
    let gone = r#"{"message":"The requested file version does not exist."}"#;
    let scripts = [vec![Read], vec![Read, send(answer(404, "", gone))]];
    let server = Server::connections(scripts);
    let answer = on_version(&server.url(), "delete", "6a1b", "7c2d").answer();
    assert_eq!(answer.status, "not_found", "{answer:?}");
    assert_eq!(answer.attempts(), Some(2));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn details_delete_and_restore_are_repeated() {
    in_parallel(&["details", "delete", "restore"], |operation| {
        let server = Server::answers([answer(500, "", ""), ok("{}")]);
        let answer = on_version(&server.url(), operation, "6a1b", "7c2d").answer();
        assert_eq!(answer.json(), "{}");
        let [first, second] = &server.requests()[..] else {
            panic!("two requests")
        };
        assert_eq!(first.line(), second.line());
    });
}
