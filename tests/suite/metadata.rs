//! What a call tells of its way besides its answer.

use std::fs;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::{Value, json};

use crate::calls::{Answer, KEY, basic};
use crate::hosts::new_path;
use crate::script::Step::{Hold, PauseMs, Read, Reset};
use crate::script::gzip::gzip;
use crate::script::{Server, answer, ok, send};
use crate::steps::Steps;
use crate::support::in_parallel;

/// The metadata that a step gave. What holds for all of them is checked here.
pub fn read(answer: &Answer) -> Value {
    let metadata: Value = serde_json::from_str(answer.json()).expect("JSON");
    for name in ["httpStatus", "retryAfterMs", "wireBytes"] {
        let value = metadata.get(name).unwrap_or(&Value::Bool(true));
        assert!(value.is_u64() || value.is_null(), "{name}: {metadata}");
    }
    for name in ["httpVersion", "requestId"] {
        let value = metadata.get(name).unwrap_or(&Value::Bool(true));
        assert!(value.is_string() || value.is_null(), "{name}: {metadata}");
    }
    assert!(metadata["attempts"].is_u64(), "{metadata}");
    check_timings(&metadata);

    let has_answer = !metadata["httpStatus"].is_null();
    let version = &metadata["httpVersion"];
    assert_eq!(version.is_string(), has_answer, "{metadata}");
    let headers = metadata["headers"].as_object().into_iter().flatten();
    for (name, values) in headers {
        assert_eq!(*name, name.to_ascii_lowercase(), "{metadata}");
        let values = values.as_array().expect("an array of values");
        assert!(
            !values.is_empty() && values.iter().all(Value::is_string),
            "{metadata}"
        );
    }
    metadata
}

/// In their order, as far as the call got.
fn check_timings(metadata: &Value) {
    let timings = &metadata["timings"];
    let moments = ["queuedUs", "firstByteUs", "totalUs"].map(|name| {
        let value = timings.get(name).unwrap_or(&Value::Bool(true));
        assert!(value.is_u64() || value.is_null(), "{name}: {metadata}");
        value.as_u64()
    });
    let known: Vec<_> = moments.iter().flatten().collect();
    assert!(known.is_sorted(), "{metadata}");
    assert!(moments[2].is_some(), "it has ended: {metadata}");
    let has_answer = !metadata["httpStatus"].is_null();
    assert!(moments[1].is_some() || !has_answer, "{metadata}");
}

/// The metadata of the versions of a file, however asking for them ends.
fn of_versions(server: &Server) -> (Answer, Value) {
    of(Steps::on(server).take("versions f perform metadata"))
}

fn of(steps: Steps) -> (Answer, Value) {
    let mut answers = steps.answers();
    let metadata = read(&answers.pop().expect("metadata"));
    (answers.pop().expect("an answer"), metadata)
}

#[test]
fn metadata_tells_what_the_server_said_around_its_answer() {
    let headers = "Content-Type: application/json\r\nx-ik-requestId: 4f-a2\r\nX-Mine: one\r\n\
                   Set-Cookie: a=1\r\nX-MINE:  two \r\nset-cookie: b=2\r\nX-Odd: \u{fc}\r\nX-Empty:\r\n";
    let server = Server::answers([answer(203, headers, "[1, 2]")]);
    let (_, metadata) = of_versions(&server);
    assert_eq!(metadata["httpStatus"], 203);
    assert_eq!(metadata["httpVersion"], "HTTP/1.1");
    assert_eq!(metadata["requestId"], "4f-a2");
    assert_eq!(metadata["attempts"], 1);
    assert_eq!(metadata["wireBytes"], 6);
    assert!(metadata["retryAfterMs"].is_null(), "{metadata}");
    assert!(metadata["rateLimit"].is_null(), "{metadata}");
    let seen = &metadata["headers"];
    assert_eq!(seen["x-mine"], json!(["one", "two"]), "{seen}");
    assert_eq!(seen["set-cookie"], json!(["a=1", "b=2"]), "{seen}");
    assert_eq!(seen["content-length"], json!(["6"]), "{seen}");
    assert_eq!(seen["x-empty"], json!([""]), "{seen}");
    assert_eq!(seen["x-odd"], json!(["\u{fc}"]), "{seen}");
    assert_eq!(
        seen.as_object().map(serde_json::Map::len),
        Some(7),
        "{seen}"
    );
}

#[test]
fn a_header_that_is_not_utf8_is_told_with_replacement_characters() {
    let head = b"HTTP/1.1 200 OK\r\nX-Odd: a\xffb\r\nContent-Length: 2\r\n\r\n[]";
    let (_, metadata) = of_versions(&Server::answers([head.to_vec()]));
    assert_eq!(metadata["headers"]["x-odd"], json!(["a\u{fffd}b"]));
}

#[rustfmt::skip]
const LIMITS: &[(&str, [Option<u64>; 3])] = &[
    // header lines                                                                               limit, intervalMs, resetMs
    ("X-RateLimit-Limit: 200\r\nX-RateLimit-Interval: 1000\r\nX-RateLimit-Reset: 250\r\n",        [Some(200), Some(1000), Some(250)]),
    ("X-RateLimit-Limit: 200\r\nX-RateLimit-Interval: 1000\r\n",                                  [Some(200), Some(1000), None]),
    ("X-RateLimit-Limit: 200\r\nX-RateLimit-Interval: -1\r\nX-RateLimit-Reset: soon\r\n",         [Some(200), None, None]),
    ("X-RateLimit-Reset: 0\r\n",                                                                  [None, None, Some(0)]),
];

#[test]
fn metadata_tells_the_servers_rate_limit_on_any_answer() {
    in_parallel(LIMITS, |(headers, values)| {
        for status in [200, 404] {
            let server = Server::answers([answer(status, headers, "[]")]);
            let (_, metadata) = of_versions(&server);
            let limit = &metadata["rateLimit"];
            let seen = ["limit", "intervalMs", "resetMs"].map(|name| limit[name].as_u64());
            assert_eq!(seen, *values, "{metadata}");
        }
    });
}

/// Statuses and headers of the answers, how the call ends, its attempts, its last HTTP status, and the
/// newest wait that was asked for.
type Told = (
    &'static [(u16, &'static str)],
    &'static str,
    u64,
    u16,
    Option<u64>,
);

const IN_300_MS: (u16, &str) = (429, "X-RateLimit-Reset: 300\r\n");
const IN_100_MS: (u16, &str) = (429, "X-RateLimit-Reset: 100\r\n");
const IN_A_SECOND: (u16, &str) = (503, "Retry-After: 1\r\n");
const TOMORROW: (u16, &str) = (429, "X-RateLimit-Reset: 86400000\r\n");

#[rustfmt::skip]
const TOLD: &[Told] = &[
    (&[IN_300_MS, (200, "")],               "ok",           2, 200, Some(300)),
    (&[IN_300_MS, (404, "")],               "not_found",    2, 404, Some(300)),
    (&[IN_300_MS, IN_100_MS, (200, "")],    "ok",           3, 200, Some(100)),
    (&[IN_300_MS],                          "rate_limited", 3, 429, Some(300)),
    (&[IN_100_MS, IN_A_SECOND, (200, "")],  "ok",           3, 200, Some(1000)),
    (&[IN_100_MS, (503, ""), (200, "")],    "ok",           3, 200, Some(100)),
    (&[TOMORROW],                           "rate_limited", 1, 429, Some(86_400_000)),
    (&[(503, ""), (200, "")],               "ok",           2, 200, None),
];

#[test]
fn the_newest_wait_that_the_server_asked_for_is_told_of_successes_and_failures() {
    in_parallel(TOLD, |(answers, status, attempts, http_status, wait)| {
        let answers = answers
            .iter()
            .map(|(status, headers)| answer(*status, headers, "[]"));
        let server = Server::answers(answers.collect::<Vec<_>>());
        let (answer, metadata) = of_versions(&server);
        assert_eq!(answer.status, *status, "{answer:?}");
        assert_eq!(metadata["attempts"], *attempts, "{metadata}");
        assert_eq!(metadata["httpStatus"], *http_status, "{metadata}");
        assert_eq!(metadata["retryAfterMs"].as_u64(), *wait, "{metadata}");
        if answer.status != "ok" {
            assert_eq!(answer.error()["retryAfterMs"].as_u64(), *wait, "{answer:?}");
            assert_eq!(answer.attempts(), Some(*attempts), "{answer:?}");
        }
    });
}

#[test]
fn times_are_counted_from_the_sending_of_the_call() {
    let whole = ok("[]");
    let (head, body) = whole.split_at(whole.len() - 2);
    let slow = vec![PauseMs(200), send(head), PauseMs(500), send(body)];
    let server = Server::deciding(move |_, _| slow.clone());
    let (answer, metadata) = of_versions(&server);
    let [first_byte, total] = ["firstByteUs", "totalUs"]
        .map(|name| Duration::from_micros(metadata["timings"][name].as_u64().expect("a time")));
    assert!(first_byte >= Duration::from_millis(199), "{metadata}");
    assert!(
        first_byte < total - Duration::from_millis(100),
        "{metadata}"
    );
    assert!(total >= Duration::from_millis(699), "{metadata}");
    assert!(
        total <= answer.took + Duration::from_millis(2),
        "{metadata}, {answer:?}"
    );

    let (status, headers) = IN_300_MS;
    let answers = [crate::script::answer(status, headers, "{}"), ok("[]")];
    let server = Server::answers(answers);
    let (_, metadata) = of_versions(&server);
    let [queued, total] =
        ["queuedUs", "totalUs"].map(|name| metadata["timings"][name].as_u64().expect("a time"));
    assert!(
        total >= queued + 300_000,
        "the wait came after the first: {metadata}"
    );
}

#[test]
fn bytes_are_counted_as_they_came() {
    let body = format!("[{}]", "0,".repeat(5000) + "0");
    let packed = gzip(body.as_bytes());
    let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n";
    let rows = [
        (ok(&body), body.len()),
        (
            answer(200, "Content-Encoding: gzip\r\n", &packed),
            packed.len(),
        ),
        (chunked.as_bytes().to_vec(), 3),
        (answer(404, "", "{}"), 2),
        (answer(200, "", ""), 0),
    ];
    for (bytes, count) in rows {
        let (_, metadata) = of_versions(&Server::answers([bytes]));
        assert_eq!(metadata["wireBytes"], count, "{metadata}");
    }
}

#[test]
fn a_call_without_an_answer_has_metadata_too() {
    let limited = answer(429, "X-RateLimit-Reset: 60000\r\n", "{}");
    #[rustfmt::skip]
    let rows = [
        // steps                                        on the wire         status          attempts, HTTP status
        ("versions f timeout 300 perform metadata",     vec![Read, Hold],   "timeout",          1, None),
        ("versions f retries 1 perform metadata",       vec![Read, Reset],  "connection_lost",  2, None),
        ("versions f start-silent cancel wait EVER metadata", vec![Read, Hold], "cancelled",    1, None),
        ("versions f timeout 9999 perform metadata",    vec![Read, send(limited)], "rate_limited", 1, Some(429)),
    ];
    in_parallel(&rows, |(steps, script, status, most, http_status)| {
        let server = Server::connections([script.clone()]);
        let (answer, metadata) = of(Steps::on(&server).take(steps));
        assert_eq!(answer.status, *status, "{answer:?}");
        assert_eq!(metadata["httpStatus"].as_u64(), *http_status, "{metadata}");
        let attempts = metadata["attempts"].as_u64().expect("a number");
        assert_eq!(answer.attempts(), Some(attempts), "{answer:?}, {metadata}");
        assert!(
            attempts == *most || *status == "cancelled" && attempts == 0,
            "{metadata}"
        );
    });
    let busy = vec![Read, send(answer(503, "X-Mine: one\r\n", "{}"))];
    let server = Server::connections([busy, vec![Read, Reset]]);
    let (answer, metadata) = of(Steps::on(&server).take("versions f retries 1 perform metadata"));
    assert_eq!(answer.status, "connection_lost");
    assert_eq!(metadata["attempts"], 2, "{metadata}");
    for name in ["httpStatus", "headers", "wireBytes"] {
        assert!(metadata[name].is_null(), "of an attempt before: {metadata}");
    }
    let nobody = Steps::to("http://127.0.0.1:9").take("versions f retries 0 perform metadata");
    let (answer, metadata) = of(nobody);
    assert_eq!(answer.status, "connect_failed");
    assert!(
        metadata["httpStatus"].is_null() && metadata["headers"].is_null(),
        "{metadata}"
    );
}

#[test]
fn a_key_that_the_server_echoes_is_masked_in_metadata() {
    let (basic, halves) = (basic(KEY), KEY.split_at(9));
    let headers = format!(
        "x-ik-requestId: id-{KEY}\r\nX-Echo: a {KEY} b\r\nX-Echo: Basic {basic}\r\nX-Halves: {} {}\r\n",
        halves.0, halves.1
    );
    for status in [200, 403] {
        let server = Server::answers([answer(status, &headers, "[]")]);
        let (_, metadata) = of_versions(&server);
        assert_eq!(metadata["requestId"], "id-***");
        let headers = &metadata["headers"];
        assert_eq!(
            headers["x-echo"],
            json!(["a *** b", "Basic ***"]),
            "{headers}"
        );
        assert_eq!(headers["x-ik-requestid"], json!(["id-***"]), "{headers}");
    }
}

/// Names come in small letters, so the key does as well.
#[test]
fn a_key_that_the_server_makes_a_header_of_is_masked_in_metadata() {
    for key in ["private_marker+0f3a7c51", "private_Marker+0F3a7C51Zq9"] {
        let headers = format!(
            "X-{key}: a\r\n{key}: b\r\n{}: c\r\n",
            basic(key).trim_end_matches('=')
        );
        let server = Server::answers([answer(200, &headers, "[]")]);
        let steps = Steps::with_key(key, &server.url()).take("versions f perform metadata");
        let (_, metadata) = of(steps);
        let shown = metadata.to_string().to_ascii_lowercase();
        for secret in ["marker", "0f3a7c51", &basic(key).to_ascii_lowercase()[..24]] {
            assert!(!shown.contains(secret), "{secret} shows: {metadata}");
        }
        assert!(shown.contains("***"), "{metadata}");
    }
}

#[test]
fn metadata_knows_http2() {
    let options = Options {
        private_key: KEY.to_owned(),
        tls: true,
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    let ca_file = new_path("ca.pem");
    fs::write(&ca_file, emulator.ca_pem().expect("a CA")).expect("a file");
    let id = emulator.file_ids().remove(0);
    let steps = Steps::to(&emulator.base_url()).set("--ca-file", ca_file);
    let (answer, metadata) = of(steps.take(&format!("versions {id} perform metadata")));
    assert_eq!(metadata["httpVersion"], "HTTP/2", "{metadata}");
    assert_eq!(metadata["httpStatus"], 200);
    let sent = metadata["wireBytes"].as_u64().expect("a number");
    assert!(sent > 0 && sent <= answer.json().len() as u64, "{metadata}");
    assert_eq!(
        metadata["requestId"],
        metadata["headers"]["x-ik-requestid"][0]
    );
}
