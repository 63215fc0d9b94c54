//! HTTP/1.1 that is none, or an odd one.

use std::time::Duration;

use super::row::{Row, Seen, row};
use super::said::{LOST, good, length, own, starts};
use crate::script::Over::{H1, H2, Tls};
use crate::script::Step::{self, Flood, Frame, PauseMs, Read};
use crate::script::http2::{self, END_HEADERS, HEADERS, header_block};
use crate::script::{Server, ok, said, send};

const OK: &str = "HTTP/1.1 200 OK\r\n";
/// `[]`.
const GZIPPED: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x8b\x8e\x05\0\x29\xbb\x4c\x0d\x02\0\0\0";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A success with this status line.
fn line(line: impl AsRef<[u8]>) -> Vec<Step> {
    vec![
        Read,
        send([line.as_ref(), b"\r\nContent-Length: 2\r\n\r\n[]"].concat()),
    ]
}

/// A success with these fields besides its length.
fn fields(fields: impl AsRef<[u8]>) -> Vec<Step> {
    vec![
        Read,
        starts([fields.as_ref(), b"Content-Length: 2\r\n\r\n[]"].concat()),
    ]
}

/// A success with this for a length.
fn lengths(fields: &str) -> Vec<Step> {
    vec![Read, starts(format!("{fields}\r\n[]"))]
}

/// A success with a list, in one chunk, said to be compressed on its way.
fn coded(body: &[u8]) -> Step {
    let head = format!(
        "Transfer-Encoding: gzip, chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    starts([head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat())
}

/// A success whose chunks are right, and whose length is not.
fn both_framings() -> Step {
    starts("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")
}

/// An answer before the answer, over HTTP/2.
fn informational<'a>(head: impl IntoIterator<Item = (&'a str, &'a str)>) -> Step {
    Frame(http2::Frame::new(HEADERS, END_HEADERS, header_block(head)))
}

/// What is no HTTP does not get into a message, nor anything that moves a terminal's cursor.
fn is_not_echoed(seen: &Seen) {
    let message = seen.answer().message();
    assert!(!message.contains("garbage"), "{message}");
    assert!(!message.contains(char::is_control), "{message:?}");
}

/// One file's answer never begins, the others are answered in the midst of that.
fn flooding_one() -> Server {
    Server::deciding(|_, request| match request.line().contains("/6a1b/") {
        true => vec![Flood(CONTINUE.to_vec())],
        false => vec![PauseMs(300), good()],
    })
}

fn only_one_is_held_up(seen: &Seen) {
    for answer in seen.answers {
        match answer.whose {
            0 => assert_eq!(answer.status, "timeout", "{answer:?}"),
            _ => assert_eq!(answer.status, "ok", "{answer:?}"),
        }
    }
    let others = seen.answers.iter().filter(|answer| answer.whose != 0);
    others.for_each(|answer| answer.expect_by(Duration::from_millis(1400)));
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
        row(38, "garbage status line").over(&[H1, Tls])
            .does([Read, send(b"\x00\xff\x01garbage\r\n\r\n")]).gives(LOST, 3).says("is no HTTP").check(is_not_echoed),
        row(39, "HTTP/0.9").does([Read, send("[]")]).gives(LOST, 3),
        row(40, "wrong versions").each(["HTTP/2.0 200 OK", "HTTP/1.2 200 OK"], line).gives(LOST, 3),
        row(41, "status not three digits")
            .each(["99", "1000", "000", "-20"], |status| line(format!("HTTP/1.1 {status} OK"))).gives(LOST, 3),
        row(42, "no reason phrase").does(line("HTTP/1.1 200")).gives("ok", 1).json("[]"),
        row(43, "LF only, leading empty lines").gives("ok", 1).json("[]")
            .case("LF only", [Read, send("HTTP/1.1 200 OK\nContent-Length: 2\n\n[]")])
            .case("empty lines", [Read, send([&b"\r\n\r\n"[..], &ok("[]")].concat())]),
        row(44, "90 headers").does(fields("Xn: 1\r\n".repeat(90))).gives("ok", 1).json("[]"),
        row(45, "10 000 headers").does(fields("Xn: 1\r\n".repeat(10_000))).gives(LOST, 3),
        row(46, "one header of 64 kB").does(fields(format!("X: {}\r\n", "a".repeat(65_000)))).gives("ok", 1).json("[]"),
        row(47, "endless headers").does([Read, send(OK), Flood(format!("X: {}\r\n", "a".repeat(60_000)).into())])
            .gives(LOST, 3).set("--peak-mib", 8),
        row(48, "Content-Length negative, signed, empty, hex")
            .each(["-2", "+2", "", "0x2"], |length| lengths(&format!("Content-Length: {length}\r\n"))).gives(LOST, 3),
        row(49, "Content-Length twice, same").gives("ok", 1).json("[]")
            .each(["Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2, 2\r\n"], lengths),
        row(50, "Content-Length twice, different").over(&[H1, Tls]).gives(LOST, 3)
            .each(["Content-Length: 2\r\nContent-Length: 3\r\n", "Content-Length: 2, 3\r\n"], lengths),
        row(51, "Content-Length 2^64 + 2").does(lengths("Content-Length: 18446744073709551618\r\n")).gives(LOST, 3),
        row(52, "Content-Length and chunked")
            .connections("hung up", [vec![Read, both_framings()], vec![Read, own()]])
            .answers("still open", [both_framings(), own()])
            .calls(2).gives("ok", 1).jsons(&["[]", r#"["own"]"#]),
        row(53, "unknown transfer coding").gives("invalid_response", 1).says("gzip, chunked")
            .case("gzip", [Read, coded(GZIPPED)])
            .case("what it does not say", [Read, coded(b"[]")]),
        row(53, "chunked twice").gives("invalid_response", 1).says("chunked, chunked")
            .does([Read, starts("Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n")]),
        row(53, "the coding that is none").gives("ok", 1).json("[]")
            .does([Read, starts("Transfer-Encoding: identity\r\nConnection: close\r\n\r\n[]")]),
        row(54, "folded header").does(fields("X-A: 1\r\n  folded\r\n")).gives(LOST, 3),
        row(55, "NUL in a header").each(["X-A: a\0b\r\n", "X\0A: b\r\n"], fields).gives(LOST, 3),
        row(56, "malformed header lines")
            .each(["X-A : b\r\n", "garbage\r\n", ": x\r\n", "X-A: a\rb\r\n"], fields).gives(LOST, 3),
        row(57, "8-bit header value").does(fields(b"X-A: \xff\xfe\r\n")).gives("ok", 1).json("[]"),
        row(58, "100 and 103 first").gives("ok", 1).json("[]")
            .does([Read, send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), good()]),
        row(58, "100 and 103 first").over(&[H2]).gives("ok", 1).json("[]")
            .does([Read, informational([(":status", "100")]), informational([(":status", "103"), ("link", "</a>")]), good()]),
        row(59, "a slow 1xx flood, others served").peer("", true, |_| Box::new(flooding_one())).threads(4)
            .timeout(1500).gives("timeout", 1).or("ok", 1).set("--peak-mib", 8).check(only_one_is_held_up),
        row(59, "a fast 1xx flood, which only its own deadline is promised of").does([Read, Flood(CONTINUE.repeat(1000))])
            .timeout(1500).gives("timeout", 1).takes(1499..1750).set("--peak-mib", 8)
            .set("--after-timeout-ms", 10_000), // the I/O thread may have to end what it reads at a stretch
        row(60, "101").gives("unexpected_status", 1).tells("httpStatus", 101)
            .does([Read, send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxx")]),
        row(61, "204, 205").gives("invalid_response", 1).says("empty")
            .case("204", [Read, send("HTTP/1.1 204 No Content\r\n\r\n")])
            .case("205", [Read, send("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")]),
        row(61, "204, 205").over(&[H2]).gives("invalid_response", 1).says("empty")
            .case("204", [Read, said(204, "", "")])
            .case("205", [Read, said(205, "", "")]),
        row(61, "205 with a body").over(&[H1, H2])
            .does([Read, said(205, "", "[]")]).gives("invalid_response", 1).says("a document was due"),
        row(62, "204 with a body").gives("invalid_response", 1).gives("ok", 1..=2).json(r#"["own"]"#)
            .answers("", [send("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n[]"), own()])
            .then_over_a_new_connection(),
        row(62, "304 with a body").gives("unexpected_status", 1).gives("ok", 1..=2).json(r#"["own"]"#)
            .answers("", [send("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n[]"), own()])
            .then_over_a_new_connection(),
        row(63, "200 with empty body").over(&[H1, Tls, H2])
            .does([Read, said(200, "", "")]).gives("invalid_response", 1).says("empty"),
        row(64, "206").does(line("HTTP/1.1 206 Partial Content")).gives("unexpected_status", 1).tells("httpStatus", 206),
        row(65, "bytes after the body").answers("", [length(2, "[]EXTRA"), own()])
            .calls(2).gives("ok", 1).jsons(&["[]", r#"["own"]"#]).then_over_a_new_connection(),
    ]
}
