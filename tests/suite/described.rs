//! Calls that are described first and sent later: what describes one, what its setters take and what
//! each function does in each state.

mod headers; // what may be set, and what goes out
mod marks; // setters that refuse, and what heals
mod states; // every function in every state

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::calls::KEY;
use crate::hosts::{against, emulator};
use crate::script::Step::{Hold, Read, Reset};
use crate::script::{Server, answer, ok, send};
use crate::steps::Steps;
use crate::support::{Run, c_program, in_parallel};

/// One part of `described.c`, against this server.
fn part(server: &Server, name: &str) -> Run {
    let run = c_program("described").command().arg(name);
    let run = run.arg("--base-url").arg(server.url());
    run.arg("--key").arg(KEY)
}

/// Suits every operation: the versions of a file are an array, all else is an object.
fn answering() -> Server {
    Server::deciding(|_, request| {
        let is_list = request.line().ends_with("/versions HTTP/1.1");
        vec![send(ok(if is_list { "[]" } else { "{}" }))]
    })
}

#[test]
fn a_null_out_parameter_or_argument_is_refused_and_nothing_is_sent() {
    let server = answering();
    part(&server, "nulls").run().expect_ok();
    assert_eq!(server.requests().len(), 1, "the one that was started");
}

#[test]
fn a_handle_that_is_no_call_is_refused_by_every_function() {
    let server = answering();
    part(&server, "handles").run().expect_ok();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_handle_of_a_call_is_never_given_again() {
    let server = answering();
    part(&server, "aliases").run().expect_ok();
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_call_outlives_its_client() {
    let server = answering();
    part(&server, "client-freed").run().expect_ok();
    assert_eq!(server.requests().len(), 6);
}

/// What describes a call, the line that goes out, and an answer that has to come back byte for byte.
type Sent = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const SENT: &[Sent] = &[
    ("versions a/b",            "GET /v1/files/a%2Fb/versions HTTP/1.1",            "[ {\"n\": 1.50,\"n\":1} ]\r\n"),
    ("details a/b v?1",         "GET /v1/files/a%2Fb/versions/v%3F1 HTTP/1.1",      "{ \"e\":\"\\/\\u00e9é\" }"),
    ("delete a/b v?1",          "DELETE /v1/files/a%2Fb/versions/v%3F1 HTTP/1.1",   "[ 1 ]"),
    ("restore a/b v?1",         "PUT /v1/files/a%2Fb/versions/v%3F1/restore HTTP/1.1", "{\"n\":9007199254740993}"),
    ("request PATCH /x?y [1.0]", "PATCH /x?y HTTP/1.1",                             " -1.0E+2 "),
    ("request GET /x NULL",     "GET /x HTTP/1.1",                                  "null"),
];

#[test]
fn each_description_is_sent_as_the_plain_function_would_in_every_way() {
    in_parallel(SENT, |(describe, line, body)| {
        let server = Server::answers([ok(body)]);
        for way in [
            "perform",
            "start done",
            "start-silent wait EVER",
            "start done wait 0",
        ] {
            let answer = Steps::on(&server).take(describe).take(way).last();
            assert_eq!(answer.json(), *body, "{way}");
            let requests = server.requests();
            let request = requests.last().expect("a request");
            assert_eq!(request.line(), *line, "{way}");
            let is_full = describe.ends_with(']');
            assert_eq!(request.body, if is_full { &b"[1.0]"[..] } else { b"" });
        }
        assert_eq!(server.requests().len(), 4);
    });
}

#[rustfmt::skip]
const REFUSED: &[&[&[u8]]] = &[
    &[b"versions", b""],
    &[b"versions", b".."],
    &[b"versions", b"a\nb"],
    &[b"versions", b"\xff"],
    &[b"versions", &[b'a'; 257]],
    &[b"details", b"", b"7c2d"],
    &[b"details", b"6a1b", b"."],
    &[b"delete", b"6a1b", b""],
    &[b"delete", b"6a1b", b"\x7f"],
    &[b"restore", b"\xff", b"7c2d"],
    &[b"restore", b"6a1b", &[b'a'; 257]],
    &[b"request", b"get", b"/x", b"{}"],
    &[b"request", b"", b"/x", b"{}"],
    &[b"request", b"GET", b"x", b"NULL"],
    &[b"request", b"GET", b"//host/x", b"NULL"],
    &[b"request", b"GET", b"/a/../b", b"NULL"],
    &[b"request", b"GET", b"/a#b", b"NULL"],
    &[b"request", b"POST", b"/x", b""],
    &[b"request", b"POST", b"/x", b"{"],
    &[b"request", b"POST", b"/x", b"{} x"],
    &[b"request", b"POST", b"/x", b"\xff"],
];

#[test]
fn what_the_plain_function_would_refuse_is_not_described() {
    let server = answering();
    in_parallel(REFUSED, |words| {
        let words = words.iter().map(|word| OsStr::from_bytes(word));
        let steps = words.fold(Steps::on(&server), Steps::word);
        assert_eq!(steps.last().status, "invalid_argument");
    });
    assert_eq!(server.connection_count(), 0);
}

/// Steps before the call is sent, its status where the first answer is a 500, and how often it asked.
const REPEATED: &[(&str, &str, usize)] = &[
    ("versions f", "ok", 2),
    ("versions f retries 0", "server_error", 1),
    ("versions f retries 4294967295", "ok", 2),
    ("request POST /x {}", "server_error", 1),
    ("request POST /x {} retries 0", "server_error", 1),
    ("request POST /x {} retries 1", "ok", 2),
    ("request PATCH /x {}", "server_error", 1),
    ("request PATCH /x {} retries 1", "ok", 2),
    ("request POST /x {} retries 1 retries 0", "server_error", 1),
];

#[test]
fn a_post_is_repeated_where_retries_were_set_on_that_call() {
    in_parallel(REPEATED, |&(steps, status, requests)| {
        let server = Server::answers([answer(500, "", "{}"), ok("[]")]);
        let answer = Steps::on(&server).take(steps).take("perform").last();
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(server.requests().len(), requests);
    });
    let server = Server::connections([vec![Read, Reset], vec![Read, send(ok("{}"))]]);
    let steps = Steps::on(&server).take("request POST /x {} retries 1 perform");
    assert_eq!(
        steps.last().json(),
        "{}",
        "after a connection that was lost"
    );
}

#[test]
fn retries_and_timeout_of_a_call_count_for_it_alone() {
    let server = Server::answers([answer(500, "", "{}")]);
    let steps = "versions f retries 1 perform versions f perform";
    let steps = Steps::on(&server).set("--max-retries", "0").take(steps);
    let answers = steps.answers();
    assert_eq!(answers[2].attempts(), Some(2), "{answers:?}");
    assert_eq!(answers[4].attempts(), Some(1), "{answers:?}");

    let silent = Server::connections([vec![Read, Hold]]);
    let steps = Steps::on(&silent).set("--timeout-ms", "20000");
    let late = steps.take("versions f timeout 300 perform").last();
    assert_eq!(late.status, "timeout");
    assert!(late.took >= Duration::from_millis(299), "{late:?}");
    assert!(late.took < Duration::from_millis(10_000), "{late:?}");
    let server = answering();
    let steps = Steps::on(&server).set("--timeout-ms", "1");
    let in_time = steps.take("versions f timeout 20000 perform").last();
    assert_eq!(in_time.json(), "[]");
}

#[test]
fn the_clock_of_a_call_starts_when_it_is_sent() {
    let server = Server::connections([vec![Read, Hold], vec![Read, send(ok("[]"))]]);
    let steps = "versions f timeout 300 swap versions f timeout 400 perform swap perform";
    assert_eq!(Steps::on(&server).take(steps).last().json(), "[]");
}

#[test]
fn thirty_two_threads_describe_send_and_free_on_one_client() {
    let emulator = emulator(false);
    against(&emulator, "crowd", "own-calls").run().expect_ok();
}

#[test]
fn of_thirty_two_threads_that_send_one_call_exactly_one_does() {
    for part in ["start", "perform", "mixed"] {
        let emulator = emulator(false);
        let run = against(&emulator, "crowd", "one-call")
            .arg("--way")
            .arg(part);
        run.arg("--rounds").arg("20").run().expect_ok();
        assert_eq!(emulator.requests(), 20, "{part}");
    }
}
