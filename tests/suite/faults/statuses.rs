//! What a server refuses with, and how long it asks to wait.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use httpdate::fmt_http_date;
use serde_json::Value;

use super::row::{Row, row};
use super::said::{JSON, good};
use crate::script::Over::{H1, H2};
use crate::script::Step::{Flood, Hold, Read, Reset};
use crate::script::gzip::gzip;
use crate::script::{Server, Step, endless, said, send};

const BODY: &str = r#"{"message":"m","help":"h"}"#;
const PAGE: &str = "<h1>x</h1>";
const HALF: &str = "<p>this is half of a";

pub fn rows() -> Vec<Row> {
    [
        redirects(),
        refusals(),
        bodies(),
        repeated(),
        waits(),
        refused_waits(),
    ]
    .concat()
}

#[rustfmt::skip]
fn redirects() -> Vec<Row> {
    let other = Arc::new(Server::connections([vec![]]));
    let elsewhere = format!("http://{}/x", other.address());
    let to_others = |statuses: &[u16], number, name| each(statuses, |status| {
        let other = Arc::clone(&other);
        redirected(number, name, status, &elsewhere).check(move |seen| {
            let message = seen.answer().message();
            assert!(message.contains(&other.address().to_string()), "{message}");
            assert_eq!(other.connection_count(), 0, "the key travelled on");
        })
    });
    const FOUR: &[u16] = &[301, 302, 307, 308];
    [
        to_others(FOUR, 66, "redirect to another host"),
        each(FOUR, |status| redirected(66, "redirect to another name", status, "https://elsewhere.example/x")
            .says("elsewhere.example")),
        each(FOUR, |status| redirected(66, "redirect to //another", status, "//elsewhere.example/x")
            .says("elsewhere.example")),
        each(FOUR, |status| redirected(67, "redirect on the same host", status, "/v1/other")),
        each(FOUR, |status| redirected(67, "redirect to nowhere", status, "http://[half")),
        vec![row(68, "redirect without Location").over(&[H1, H2]).requests("", [vec![said(302, "", "")]])
            .gives("unexpected_status", 1).says("302").says("not followed").tells("httpStatus", 302)],
        to_others(&[300, 303], 69, "300, 303 to another host"),
        each(&[300, 303, 304], |status| redirected(69, "300, 303, 304", status, "/v1/other")),
    ].concat()
}

fn redirected(number: u16, name: &'static str, status: u16, target: &str) -> Row {
    let headers = format!("Location: {target}\r\n");
    row(number, name)
        .over(&[H1, H2])
        .requests(status.to_string(), [vec![said(status, headers, "")]])
        .gives("unexpected_status", 1)
        .says("not followed")
        .tells("httpStatus", status)
}

#[rustfmt::skip]
fn refusals() -> Vec<Row> {
    const OTHERS: &[u16] = &[402, 405, 406, 410, 411, 418, 425, 451];
    [
        each(&[400, 422], |status| refused(70, "400, 422", status).over(&[H1, H2]).gives("bad_request", 1)),
        vec![
            refused(71, "401", 401).over(&[H1, H2]).gives("unauthenticated", 1),
            with(71, "401 with WWW-Authenticate", 401, "WWW-Authenticate: Basic realm=\"x\"\r\n").over(&[H1, H2])
                .gives("unauthenticated", 1),
            refused(72, "403", 403).gives("forbidden", 1),
            refused(73, "404 JSON", 404).gives("not_found", 1),
        ],
        each(OTHERS, |status| refused(79, "others", status).gives("unexpected_status", 1)),
        vec![refused(80, "407 without a proxy", 407).gives("unexpected_status", 1)],
        each(&[600, 999], |status| refused(85, "600, 999", status).gives("unexpected_status", 1)),
    ].concat()
}

/// A refusal of ImageKit's kind, always the same.
fn refused(number: u16, name: &'static str, status: u16) -> Row {
    with(number, name, status, "").tells("retryAfterMs", Value::Null)
}

fn with(number: u16, name: &'static str, status: u16, headers: &str) -> Row {
    let headers = format!("{JSON}x-ik-requestid: r1\r\n{headers}");
    row(number, name)
        .requests(status.to_string(), [vec![said(status, headers, BODY)]])
        .tells("httpStatus", status)
        .tells("message", "m")
        .tells("help", "h")
        .tells("requestId", "r1")
        .tells("responseBody", BODY)
}

#[rustfmt::skip]
fn bodies() -> Vec<Row> {
    let head = |framing: &str| send(format!("HTTP/1.1 404 No\r\n{framing}\r\n\r\n"));
    let half = || vec![Read, head("Content-Length: 500"), send(HALF)];
    let page = || vec![b'a'; 64 << 10];
    let not_found = |number, name| row(number, name).gives("not_found", 1).tells("httpStatus", 404);
    let huge = |name| not_found(76, name).takes(0..1000).within_mib(8).check(|seen| {
        let body = seen.answer().string("responseBody").unwrap_or_default();
        assert!((1..=4096).contains(&body.len()), "{} bytes kept", body.len());
        assert!(body.bytes().all(|byte| byte == b'a'), "{body}");
    });
    let json = |name, body: &str| not_found(73, name).requests("", [vec![said(404, JSON, body)]])
        .tells("responseBody", body);
    let unexplained = |name, body: &[u8]| not_found(74, name).requests("", [vec![said(404, JSON, body)]])
        .says("HTTP 404 and no message").tells("responseBody", String::from_utf8_lossy(body));
    let long = [&b"{\"message\":\""[..], &[b'm'; 9000], b"\"}"].concat();
    vec![
        json("404 JSON, without help", r#"{"message":"Gone fishing."}"#).tells("message", "Gone fishing.")
            .tells("help", Value::Null),
        json("404 JSON, escapes", r#"{"message":"a \u0022b\u0022 \u00e9 😀"}"#).tells("message", "a \"b\" é 😀"),
        not_found(73, "404 JSON, gzip").requests("", [vec![said(404, "Content-Encoding: gzip\r\n", gzip(BODY.as_bytes()))]])
            .tells("message", "m").tells("responseBody", BODY),
        unexplained("404 an array", b"[1,2]"),
        unexplained("404 a string", b"\"x\""),
        unexplained("404 a message that is none", br#"{"message":{"a":1},"help":7}"#),
        unexplained("404 an empty message", br#"{"message":"","help":""}"#),
        unexplained("404 a null message", br#"{"message":null}"#),
        unexplained("404 half of a document", br#"{"message":"Gone fi"#),
        unexplained("404 a lone surrogate", br#"{"message":"\ud800"}"#),
        unexplained("404 a NUL in the body", b"a\0b"),
        unexplained("404 not UTF-8", b"caf\xe9!"),
        not_found(74, "404 says gzip, is not").requests("", [vec![said(404, "Content-Encoding: gzip\r\n", "{}")]])
            .says("HTTP 404 and no message").tells("responseBody", ""),
        not_found(76, "404 longer than is kept").requests("", [vec![said(404, JSON, long)]])
            .says("HTTP 404 and no message").check(|seen| {
                let body = seen.answer().string("responseBody").unwrap_or_default();
                assert!((4000..=4096).contains(&body.len()), "{} bytes kept", body.len());
            }),
        not_found(74, "404 HTML").requests("", [vec![said(404, "Content-Type: text/html\r\n", PAGE)]])
            .says("HTTP 404 and no message").tells("responseBody", PAGE).tells("help", Value::Null),
        not_found(75, "404 empty").requests("", [vec![said(404, "", "")]]).says("HTTP 404 and no message").tells("responseBody", ""),
        huge("404 huge").does([Read, head("Content-Length: 104857600"), Flood(page())])
            .check(|seen| assert_eq!(seen.peer.connections(), 2, "the first was dropped")),
        huge("404 without end").over(&[H1, H2]).requests("", [vec![endless(404, JSON, page())]]).leaves_by(1 << 20),
        not_found(77, "404 truncated").does(half()).says("HTTP 404 and no message").tells("responseBody", HALF).takes(0..900),
        not_found(77, "404 reset").does([half(), vec![Step::PauseMs(50), Reset]].concat()).takes(0..900),
        not_found(77, "404 in bad chunks").does([Read, head("Transfer-Encoding: chunked"), send("zz\r\n")]).takes(0..900),
        not_found(78, "404 stalled").does([half(), vec![Hold]].concat()).timeout(1500)
            .tells("responseBody", HALF).takes(950..1500),
        not_found(78, "404 stalled, nothing of it").does([Read, head("Content-Length: 500"), Hold]).timeout(1500)
            .tells("responseBody", "").takes(950..1500),
        not_found(78, "404 stalled, at the deadline").does([half(), vec![Hold]].concat()).timeout(400)
            .tells("responseBody", HALF).takes(399..450),
    ]
}

#[rustfmt::skip]
fn repeated() -> Vec<Row> {
    let once = |status, headers| [vec![said(status, headers, BODY)], vec![good()]];
    let connections = |count| move |seen: &super::row::Seen| assert_eq!(seen.peer.connections(), count);
    let pages = |number, name, statuses| each(statuses, |status| {
        row(number, name).requests(status.to_string(), [vec![said(status, "Content-Type: text/html\r\n", PAGE)]])
            .gives("server_error", 3).tells("httpStatus", status).tells("responseBody", PAGE)
            .says("and no message")
    });
    [
        vec![
            refused(81, "408, kept alive", 408).gives("unexpected_status", 3).check(connections(1)),
            with(81, "408, closed", 408, "Connection: close\r\n").gives("unexpected_status", 3).check(connections(4)),
            refused(82, "409", 409).gives("conflict", 3),
            refused(82, "423", 423).gives("conflict", 1),
        ],
        pages(83, "500 to 504", &[500, 502, 503, 504]),
        each(&[501, 505, 507, 529, 599], |status| refused(84, "other 5xx", status).gives("server_error", 3)),
        vec![
            row(86, "500, then good").over(&[H1, H2]).requests("", once(500, JSON))
                .gives("ok", 2).json("[]").check(connections(1)),
            row(87, "500 truncated").does([Read, send(format!("HTTP/1.1 500 No\r\nContent-Length: 500\r\n\r\n{HALF}"))])
                .gives("server_error", 3).tells("httpStatus", 500).tells("responseBody", HALF),
            refused(100, "max_retries 0", 503).set("--max-retries", 0).gives("server_error", 1),
            refused(101, "retries at the top", 503).set("--max-retries", u32::MAX).timeout(3000)
                .gives("server_error", 2..=5).or("timeout", 2..=5),
        ],
    ].concat()
}

#[rustfmt::skip]
fn waits() -> Vec<Row> {
    let limited = |headers: &str| said(429, format!("{JSON}{headers}"), BODY);
    let waited = |number, name, headers: &[&str]| {
        let mut scripts: Vec<_> = headers.iter().map(|headers| vec![limited(headers)]).collect();
        scripts.push(vec![good()]);
        row(number, name).requests("", scripts).gives("ok", headers.len() as u64 + 1).json("[]")
    };
    let dated = move |_| -> Box<dyn super::peer::Peer> {
        Box::new(Server::deciding(move |number, _| match number {
            0 => {
                let date = fmt_http_date(SystemTime::now() + Duration::from_secs(2));
                vec![limited(&format!("Retry-After: {date}\r\n"))]
            }
            _ => vec![good()],
        }))
    };
    const SECOND: &str = "Retry-After: 1\r\n";
    vec![
        waited(89, "429, Retry-After: 1, then good", &[SECOND, SECOND]).takes(2000..3000),
        row(90, "429, Retry-After as a date").peer("", true, dated).gives("ok", 2).json("[]").takes(1000..3000),
        waited(91, "429, date in the past", &["Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n"]).takes(0..2000),
        waited(92, "429, X-RateLimit-Reset: 300", &["X-RateLimit-Reset: 300\r\n"]).takes(300..900),
        waited(98, "429, zero", &["Retry-After: 0\r\n"]).takes(0..1500),
    ]
}

#[rustfmt::skip]
fn refused_waits() -> Vec<Row> {
    let limited = |number, name, headers| with(number, name, 429, headers);
    let at_once = |number, name, headers| limited(number, name, headers).gives("rate_limited", 1).takes(0..500);
    let unusable = |number, name, headers| limited(number, name, headers).gives("rate_limited", 3)
        .tells("retryAfterMs", Value::Null).takes(1125..1800);
    vec![
        unusable(88, "429, no header", "").over(&[H1, H2]),
        at_once(93, "429, reset huge", "X-RateLimit-Reset: 86400000\r\n").tells("retryAfterMs", 86_400_000),
        at_once(94, "429, Retry-After: 3600", "Retry-After: 3600\r\n").tells("retryAfterMs", 3_600_000),
        at_once(95, "429, overflow", "Retry-After: 99999999999999999999\r\n"),
        at_once(95, "429, the largest u64", "Retry-After: 18446744073709551615\r\n"),
        at_once(95, "429, more than an i64", "Retry-After: 9223372036854775808\r\n"),
        at_once(95, "429, reset overflows", "X-RateLimit-Reset: 99999999999999999999\r\n"),
        at_once(95, "429, reset of the largest u64", "X-RateLimit-Reset: 18446744073709551615\r\n"),
        unusable(96, "429, negative", "Retry-After: -5\r\nX-RateLimit-Reset: -1\r\n"),
        unusable(97, "429, garbage", "Retry-After: soon\r\nX-RateLimit-Reset: 0x10\r\n"),
        unusable(97, "429, nothing", "Retry-After: \r\nX-RateLimit-Reset: \r\n"),
        unusable(97, "429, two numbers", "Retry-After: 1 2\r\n"),
        unusable(97, "429, not ASCII", "Retry-After: \u{fc}\r\n"),
        limited(99, "429, fraction", "Retry-After: 0.5\r\n").gives("rate_limited", 3).takes(1000..2000),
    ]
}

fn each(statuses: &[u16], row: impl Fn(u16) -> Row) -> Vec<Row> {
    statuses.iter().map(|status| row(*status)).collect()
}
