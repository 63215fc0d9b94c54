//! Failures that a server reports: the status each becomes, and the document that tells of it.

use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::{Value, json};

use crate::calls::{Calls, KEY};
use crate::lateness::timed;
use crate::script::Step::{Flood, Hold, PauseMs, Read};
use crate::script::{Server, Step, answer, send};
use crate::support::in_parallel;

const HELP: &str = "For support kindly contact us at support@imagekit.io.";

fn emulator() -> Emulator {
    let options = Options {
        private_key: KEY.to_owned(),
        ..Options::default()
    };
    Emulator::start(options).expect("an emulator")
}

#[test]
fn the_versions_of_a_file_come_as_the_server_keeps_them() {
    let emulator = emulator();
    for id in emulator.file_ids() {
        let answer = Calls::to(&emulator.base_url())
            .set("--file-id", &id)
            .answer();
        let versions: Value = serde_json::from_str(answer.json()).expect("JSON");
        assert_eq!(Some(versions), emulator.versions(&id));
    }
}

#[test]
fn what_the_api_refuses_is_told_in_its_own_words() {
    let emulator = emulator();
    let known = emulator.file_ids().remove(0);
    let unknown = "0123456789abcdef01234567";
    let wrong = "private_wrong_key";
    let cases = [
        (
            KEY,
            unknown,
            "not_found",
            404,
            "The requested file does not exist.",
        ),
        (
            KEY,
            "nonsense",
            "bad_request",
            400,
            "Your request contains invalid fileId parameter.",
        ),
        (
            wrong,
            &known,
            "forbidden",
            403,
            "Your account cannot be authenticated.",
        ),
    ];
    for (key, id, status, http_status, message) in cases {
        let calls = Calls::bare().set("--base-url", emulator.base_url());
        let answer = calls.set("--key", key).set("--file-id", id).answer();
        assert_eq!(answer.status, status, "{answer:?}");
        let mut error = answer.error();
        let body = error["responseBody"].take();
        assert!(
            body.as_str().is_some_and(|body| body.contains(message)),
            "{body}"
        );
        assert!(
            error["requestId"]
                .take()
                .as_str()
                .is_some_and(|id| !id.is_empty())
        );
        let expected = json!({
            "code": status, "message": message, "help": HELP, "httpStatus": http_status,
            "requestId": null, "retryAfterMs": null, "attempts": 1, "responseBody": null,
        });
        assert_eq!(error, expected);
    }
}

#[rustfmt::skip]
const STATUSES: &[(u16, &str)] = &[
    (204, "invalid_response"), (205, "invalid_response"), (206, "unexpected_status"),
    (208, "unexpected_status"), (299, "unexpected_status"),
    (300, "unexpected_status"), (301, "unexpected_status"), (302, "unexpected_status"),
    (303, "unexpected_status"), (304, "unexpected_status"), (307, "unexpected_status"),
    (308, "unexpected_status"), (399, "unexpected_status"),
    (400, "bad_request"), (401, "unauthenticated"), (402, "unexpected_status"),
    (403, "forbidden"), (404, "not_found"), (405, "unexpected_status"),
    (406, "unexpected_status"), (407, "unexpected_status"), (408, "unexpected_status"),
    (409, "conflict"), (410, "unexpected_status"), (418, "unexpected_status"),
    (422, "bad_request"), (423, "conflict"), (425, "unexpected_status"),
    (429, "rate_limited"), (451, "unexpected_status"),
    (500, "server_error"), (501, "server_error"), (502, "server_error"),
    (503, "server_error"), (504, "server_error"), (599, "server_error"),
    (600, "unexpected_status"), (999, "unexpected_status"),
];

#[test]
fn every_http_status_has_its_own() {
    in_parallel(STATUSES, |&(http_status, status)| {
        let bodyless = matches!(http_status, 204 | 205 | 304);
        let body = if bodyless {
            ""
        } else {
            r#"{"message":"m","help":"h"}"#
        };
        let server = Server::answers([answer(http_status, "x-ik-requestId: r1\r\n", body)]);
        let answer = Calls::to(&server.url()).number("--max-retries", 0).answer();
        assert_eq!(answer.status, status, "{http_status}: {answer:?}");
        let error = answer.error();
        assert_eq!(error["httpStatus"], http_status, "{error}");
        assert_eq!(error["requestId"], "r1", "{error}");
        assert_eq!(error["attempts"], 1, "{error}");
        if http_status >= 400 {
            assert_eq!(
                (&error["message"], &error["help"]),
                (&json!("m"), &json!("h"))
            );
            assert_eq!(error["responseBody"], body, "{error}");
        }
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn the_other_successes_are_successes() {
    in_parallel(&[200, 201, 202, 203, 207], |&status| {
        let server = Server::answers([answer(status, "", "[1]")]);
        assert_eq!(Calls::to(&server.url()).answer().json(), "[1]");
    });
}

#[test]
fn a_redirect_is_not_followed_and_its_target_is_named() {
    let elsewhere = Server::connections([vec![]]);
    let location = |target: &str| format!("Location: {target}\r\n");
    let targets = [
        (
            location(&format!("{}/there", elsewhere.url())),
            "not followed",
        ),
        (location("https://elsewhere.example/x"), "elsewhere.example"),
        (location("//elsewhere.example/x"), "elsewhere.example"),
        (location("/v1/other"), "not followed"),
        (location("http://[half"), "not followed"),
        (String::new(), "30"),
    ];
    in_parallel(&[301, 302, 303, 307, 308], |&status| {
        for (headers, says) in &targets {
            let server = Server::answers([answer(status, headers, "")]);
            let answer = Calls::to(&server.url()).answer();
            assert_eq!(answer.status, "unexpected_status", "{answer:?}");
            assert_eq!(answer.attempts(), Some(1), "{answer:?}");
            assert!(answer.message().contains(says), "{says} in {answer:?}");
            assert_eq!(server.requests().len(), 1);
        }
    });
    let count = elsewhere.connection_count();
    assert_eq!(count, 0, "the key would have travelled on");
}

#[derive(Debug)]
struct ErrorBody {
    name: &'static str,
    does: Vec<Step>,
    /// The server's message, or none where ours has to do.
    message: Option<&'static str>,
    /// What `responseBody` begins with.
    body: &'static str,
}

fn error_body(
    name: &'static str,
    does: impl Into<Vec<Step>>,
    message: Option<&'static str>,
    body: &'static str,
) -> ErrorBody {
    let does = [&[Read], &does.into()[..]].concat();
    ErrorBody {
        name,
        does,
        message,
        body,
    }
}

/// A 404 with this body, well framed.
fn not_found(name: &'static str, body: &'static str, message: Option<&'static str>) -> ErrorBody {
    error_body(name, [send(answer(404, "", body))], message, body)
}

const CUT_HEAD: &str = "HTTP/1.1 404 No\r\nContent-Length: 500\r\n\r\n";

#[rustfmt::skip]
fn error_bodies() -> Vec<ErrorBody> {
    let head = |rest: &str| format!("HTTP/1.1 404 No\r\n{rest}\r\n\r\n");
    let chunked = || send(head("Transfer-Encoding: chunked"));
    let flood = || Flood(vec![b'a'; 64 * 1024]);
    let huge = r#"{"message":"#.to_owned() + &"m".repeat(9000) + r#"","help":"h"}"#;
    vec![
        not_found("as documented", r#"{"message":"Gone fishing.","help":"h"}"#, Some("Gone fishing.")),
        not_found("without help", r#"{"message":"Gone fishing."}"#, Some("Gone fishing.")),
        not_found("escapes", r#"{"message":"a \u0022b\u0022 \u00e9 😀"}"#, Some("a \"b\" é 😀")),
        not_found("HTML", "<h1>Not here</h1>", None),
        not_found("empty", "", None),
        not_found("an array", "[1,2]", None),
        not_found("a string", "\"x\"", None),
        not_found("a message that is none", r#"{"message":{"a":1},"help":7}"#, None),
        not_found("an empty message", r#"{"message":"","help":""}"#, None),
        not_found("a null message", r#"{"message":null}"#, None),
        not_found("half of a document", r#"{"message":"Gone fi"#, None),
        not_found("a lone surrogate", r#"{"message":"\ud800"}"#, None),
        not_found("a NUL in the body", "a\0b", None),
        error_body("not UTF-8", [send(answer(404, "", b"caf\xe9!"))], None, "caf\u{fffd}!"),
        error_body("says gzip, is not", [send(answer(404, "Content-Encoding: gzip\r\n", "{}"))], None, ""),
        error_body("longer than is kept", [send(answer(404, "", huge))], None, r#"{"message":mmm"#),
        error_body("100 MiB", [send(head("Content-Length: 104857600")), flood()], None, "aaaa"),
        error_body("never ends", [chunked(), Flood(b"4\r\naaaa\r\n".repeat(1000))], None, "aaaa"),
        error_body("bad chunks", [chunked(), send("zz\r\n")], None, ""),
        error_body("truncated", [send(CUT_HEAD), send("<p>this is half")], None, "<p>this is half"),
        error_body("reset", [send(CUT_HEAD), send("<p>half"), PauseMs(100), Step::Reset], None, ""),
        error_body("stalls", [send(CUT_HEAD), send("<p>this is half"), Hold], None, "<p>this is half"),
        error_body("not a byte", [send(CUT_HEAD), Hold], None, ""),
    ]
}

#[test]
fn an_error_status_keeps_its_meaning_whatever_its_body_is() {
    in_parallel(&error_bodies(), |row| {
        let server = Server::connections([row.does.clone()]);
        let answer = Calls::to(&server.url()).answer();
        assert_eq!(answer.status, "not_found", "{answer:?}");
        answer.expect_within(Duration::from_millis(1000)); // how long an error body is read
        let error = answer.error();
        assert_eq!(error["httpStatus"], 404, "{error}");
        assert_eq!(error["attempts"], 1, "{error}");
        let body = error["responseBody"].as_str().unwrap_or_default();
        assert!(body.starts_with(row.body), "{}: {error}", row.name);
        assert!(
            body.len() <= 4096 + 16,
            "{}: {} bytes kept",
            row.name,
            body.len()
        );
        match row.message {
            Some(message) => assert_eq!(error["message"], message),
            None => assert!(answer.message().contains("404"), "ours says it: {error}"),
        }
        assert_eq!(server.connection_count(), 1);
    });
}

#[test]
fn an_error_status_whose_body_stalls_is_kept_at_the_deadline() {
    timed(|| {
        let server = Server::connections([vec![Read, send(CUT_HEAD), send("half"), Hold]]);
        let answer = Calls::to(&server.url())
            .number("--timeout-ms", 400)
            .answer();
        assert_eq!(answer.status, "not_found", "{answer:?}");
        assert_eq!(answer.error()["responseBody"], "half");
        answer.expect_within(Duration::from_millis(400));
    });
}

#[test]
fn a_compressed_error_body_is_read() {
    let body = crate::script::gzip::gzip(br#"{"message":"Pressed.","help":"h"}"#);
    let server = Server::answers([answer(404, "Content-Encoding: gzip\r\n", body)]);
    assert_eq!(Calls::to(&server.url()).answer().message(), "Pressed.");
}

#[test]
fn a_message_of_ours_shows_the_path_with_the_prefix_of_the_base_url() {
    let server = Server::answers([answer(404, "", "")]);
    let answer = Calls::to(&format!("{}/pre", server.url())).answer();
    assert_eq!(answer.status, "not_found", "{answer:?}");
    let shown = "/pre/v1/files/6a1b/versions";
    assert!(answer.message().contains(shown), "{answer:?}");
    assert!(server.requests()[0].line().contains(shown));
}

#[test]
fn a_refusal_without_a_message_advises_to_check_the_key() {
    in_parallel(&[401, 403], |&http_status| {
        for body in ["", "<h1>No</h1>", r#"{"message":""}"#] {
            let server = Server::answers([answer(http_status, "", body)]);
            let message = Calls::to(&server.url()).answer().message();
            assert!(message.contains(&http_status.to_string()), "{message}");
            let advises = message.contains("check") && message.contains("key");
            assert!(advises, "{message}");
        }
    });
}
