//! `ik_call_set_header()`: what goes out, and what is refused.

use super::{answering, part};
use crate::calls::KEY;
use crate::script::{Request, Server, answer, ok};
use crate::steps::Steps;
use crate::support::in_parallel;

/// All values of a header, in their order.
fn values<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let lines = request.head.lines().filter_map(|line| line.split_once(':'));
    let named = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim()).collect()
}

/// Steps that describe a call, names and values that are set, and what the server sees once.
type Sent = (
    &'static str,
    &'static [[&'static str; 2]],
    [&'static str; 2],
);

#[rustfmt::skip]
const SENT: &[Sent] = &[
    ("versions f",          &[["X-Mine", "one"]],                               ["x-mine", "one"]),
    ("details f v",         &[["x-mine", "a, \"b\"\t~"]],                       ["x-mine", "a, \"b\"\t~"]),
    ("delete f v",          &[["X-Mine", "one"], ["x-mINE", "two"]],            ["x-mine", "two"]),
    ("restore f v",         &[["If-Match", "\"v\""]],                           ["if-match", "\"v\""]),
    ("versions f",          &[["Accept", "application/hal+json"]],              ["accept", "application/hal+json"]),
    ("versions f",          &[["user-agent", "mine/1"], ["User-Agent", "mine/2"]], ["user-agent", "mine/2"]),
    ("versions f",          &[["X-Empty", ""]],                                 ["x-empty", ""]),
    ("versions f",          &[["Cookie", "a=b"]],                               ["cookie", "a=b"]),
    ("versions f",          &[["Proxy", "p"]],                                  ["proxy", "p"]),
    ("request POST /x {}",  &[["Content-Type", "application/merge-patch+json"]], ["content-type", "application/merge-patch+json"]),
    ("request POST /x {}",  &[["X-Mine", "one"]],                               ["content-type", "application/json"]),
    ("request GET /x NULL", &[["Content-Type", "text/plain"]],                  ["content-type", "text/plain"]),
];

#[test]
fn a_header_goes_out_once_in_place_of_any_of_that_name() {
    in_parallel(SENT, |(describe, headers, [name, value])| {
        let server = answering();
        let described = Steps::on(&server).take(describe);
        let steps = headers.iter().fold(described, |steps, [name, value]| {
            steps.word("header").word(name).word(value)
        });
        let statuses = steps.take("perform").statuses();
        assert!(statuses.iter().all(|status| status == "ok"), "{statuses:?}");
        assert_eq!(values(&server.requests()[0], name), [*value]);
    });
}

#[test]
fn a_header_goes_out_with_each_attempt_of_its_call_and_with_no_other() {
    let server = Server::answers([answer(500, "", "{}"), ok("[]")]);
    let steps = "versions f header X-Mine one perform versions f perform";
    assert_eq!(Steps::on(&server).take(steps).last().json(), "[]");
    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| values(request, "x-mine"))
        .collect();
    assert_eq!(seen, [vec!["one"], vec!["one"], vec![]]);
}

#[test]
fn every_byte_of_a_name_and_of_a_value_is_taken_or_refused_by_rule() {
    let server = answering();
    part(&server, "header-bytes").run().expect_ok();
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("x").map(str::len), Some(8192));
    assert_eq!(requests[0].header(&"n".repeat(128)), Some("x"));
}

#[test]
fn a_call_takes_256_headers_and_not_one_more() {
    let server = answering();
    let describe = Steps::on(&server).take("versions f");
    let names = (0..257).map(|number| format!("X-{number}"));
    let steps = names.fold(describe, |steps, name| {
        steps.word("header").word(name).word("x")
    });
    // Another value for a name that is there already is not one more.
    let answers = steps.take("header X-0 y perform").answers();
    let [described, headers @ .., last, again, performed] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!((&*described.status, headers.len()), ("ok", 256));
    assert!(headers.iter().all(|header| header.status == "ok"));
    assert_eq!(last.status, "invalid_argument");
    assert_eq!(again.status, "ok");
    assert_eq!(performed.status, "invalid_argument"); // for the one that was refused
    assert!(performed.message().contains("256"), "{performed:?}");
    assert_eq!(server.connection_count(), 0);
}

const OURS: &[&str] = &[
    "Host",
    "host",
    "Authorization",
    "AUTHORIZATION",
    "Proxy-Authorization",
    "proxy-connection",
    "Proxy-",
    "PROXY-Anything",
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "TE",
    "te",
    "Upgrade",
    "Expect",
    "Accept-Encoding",
];

#[test]
fn a_header_that_is_ours_is_refused_and_its_value_shows_nowhere() {
    let server = answering();
    in_parallel(OURS, |name| {
        let steps = Steps::on(&server).take("versions f header").word(name);
        let answers = steps.word(KEY).take("perform").answers();
        assert_eq!(answers[1].status, "invalid_argument", "{answers:?}");
        assert_eq!(answers[2].status, "invalid_argument", "{answers:?}");
        let message = answers[2].message().to_ascii_lowercase();
        assert!(message.contains(&name.to_ascii_lowercase()), "{message}");
    });
    assert_eq!(server.connection_count(), 0);
}
