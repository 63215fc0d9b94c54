//! Failures that a server reports: the status each becomes, and the document that tells of it.

use imagekit_emulator::{Emulator, Options};
use serde_json::{Value, json};

use crate::calls::{Calls, KEY};
use crate::script::{Server, answer};
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

/// Those that are neither documented nor told of by the fault matrix.
#[rustfmt::skip]
const STATUSES: &[(u16, &str)] = &[
    (204, "invalid_response"), (205, "invalid_response"), (206, "unexpected_status"),
    (208, "unexpected_status"), (299, "unexpected_status"), (399, "unexpected_status"),
    (499, "unexpected_status"), (700, "unexpected_status"),
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
