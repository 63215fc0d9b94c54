//! A success is passed on byte for byte, or not at all: its body is checked, decoded and bounded.

use crate::calls::{Answer, Calls};
use crate::script::Step::{Flood, Hold, Read};
use crate::script::gzip::gzip;
use crate::script::{Server, answer, ok, send};
use crate::support::in_parallel;

fn answer_to(body: &[u8]) -> Answer {
    let server = Server::answers([ok(body)]);
    let answer = Calls::to(&server.url()).answer();
    assert_eq!(
        server.requests().len(),
        1,
        "a bad body is not asked for again"
    );
    answer
}

#[rustfmt::skip]
const KEPT: &[&str] = &[
    "[]", "\r\n [] \n", "[ ]\t",
    r#"[{"z":1,"a":1.50,"e":1E+2,"é":"\/"}]"#,
    r#"[{"a":1,"a":2}]"#,
    r#"["a\u0000b"]"#, r#"["\ud800"]"#, r#"["\udc00x"]"#, r#"["\ud83d\ude00 😀"]"#,
    "[1e999999]", "[-0, -0.0, 0e0, 18446744073709551616, 9007199254740993, 1e-400]",
    r#"[null,true,false,"",{},[]]"#,
    r#"["\"\\\b\f\n\r\t"]"#, "[\"\u{7f}\u{2028}\u{feff}\"]",
];

#[test]
fn a_good_body_is_kept_byte_for_byte() {
    in_parallel(KEPT, |body| {
        assert_eq!(answer_to(body.as_bytes()).json(), *body)
    });
}

#[test]
fn a_large_body_is_kept_byte_for_byte() {
    let digits = format!("[{}]", "7".repeat(1_000_000));
    let row = r#"{"name":"a\/b é 😀","n":1.0},"#;
    let rows = format!("[{}0]", row.repeat(20_000));
    for body in [digits, rows] {
        let answer = answer_to(body.as_bytes());
        assert!(answer.json() == body, "{} bytes changed", body.len());
    }
}

#[rustfmt::skip]
const REFUSED: &[(&str, &[u8], &str)] = &[
    // a body that is …          such as                               and what the message shows
    ("a page",                    b"<!doctype html><title>hi</title>", "<!doctype html>"),
    ("words",                     b"Bad Gateway",                      "Bad Gateway"),
    ("empty",                     b"",                                 "empty"),
    ("white space",               b" \r\n ",                           ""),
    ("cut in a value",            b"[{\"a\":1},{\"b\":",               "[{\"a\":1}"),
    ("cut in a string",           b"[\"a",                             "[\"a"),
    ("cut before its end",        b"[1,2",                             "[1,2"),
    ("followed by more",          b"[] x",                             "[] x"),
    ("two documents",             b"[][]",                             "[][]"),
    ("marked with a BOM",         b"\xef\xbb\xbf[]",                   "byte order mark"),
    ("not UTF-8",                 b"[\"\xff\"]",                       "UTF-8"),
    ("over-long UTF-8",           b"[\"\xc0\xaf\"]",                   "UTF-8"),
    ("a surrogate in UTF-8",      b"[\"\xed\xa0\x80\"]",               "UTF-8"),
    ("UTF-16",                    b"[\0]\0",                           ""),
    ("holding a NUL",             b"[\"a\0b\"]",                       ""),
    ("ending in a NUL",           b"[]\0",                             ""),
    ("a control character",       b"[\"\x01\"]",                       ""),
    ("a raw line break",          b"[\"a\nb\"]",                       ""),
    ("an object",                 b"{\"a\":1}",                        "{\"a\":1}"),
    ("null",                      b"null",                             "null"),
    ("a string",                  b"\"x\"",                            "\"x\""),
    ("a number",                  b"1",                                ""),
    ("a bad escape",              b"[\"\\x\"]",                        ""),
    ("a short escape",            b"[\"\\u12\"]",                      ""),
    ("a bad number",              b"[01]",                             "[01]"),
    ("a bare point",              b"[1.]",                             "[1.]"),
    ("not a number",              b"[NaN]",                            "[NaN]"),
    ("single quotes",             b"['a']",                            "['a']"),
    ("a trailing comma",          b"[1,]",                             "[1,]"),
    ("a comment",                 b"[]//",                             "[]//"),
    ("the wrong bracket",         b"[1}",                              "[1}"),
    ("gzip that does not say so", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x8b\x8e\x05\0\x29\xbb\x4c\x0d\x02\0\0\0", ""),
];

#[test]
fn a_success_that_is_not_an_array_of_json_is_refused_and_shown() {
    in_parallel(REFUSED, |&(name, body, shows)| {
        let answer = answer_to(body);
        assert_eq!(answer.status, "invalid_response", "{name}: {answer:?}");
        assert_eq!(answer.attempts(), Some(1), "{name}: {answer:?}");
        assert_eq!(answer.error()["httpStatus"], 200, "{name}: {answer:?}");
        let message = answer.message().replace('\\', ""); // quotes may be escaped
        assert!(message.contains(shows), "{name}: {answer:?}");
    });
}

#[test]
fn the_message_shows_the_first_bytes_and_no_more() {
    let page = format!("<html>{}", "<p>filler</p>".repeat(10_000));
    let answer = answer_to(page.as_bytes());
    assert_eq!(answer.status, "invalid_response");
    assert!(answer.message().contains("<html><p>"), "{answer:?}");
    assert!(
        answer.message().len() < 1000,
        "{} bytes",
        answer.message().len()
    );
    assert!(answer.text.is_some_and(|text| text.len() < 12_000));
}

#[test]
fn a_document_may_be_256_deep_and_no_deeper() {
    let arrays = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth| {
        format!(
            "[{}1{}]",
            r#"{"a":"#.repeat(depth - 1),
            "}".repeat(depth - 1)
        )
    };
    for nested in [arrays, objects] {
        assert_eq!(answer_to(nested(256).as_bytes()).json(), nested(256));
        for depth in [257, 1000] {
            let answer = answer_to(nested(depth).as_bytes());
            assert_eq!(answer.status, "invalid_response", "{depth}");
            assert!(answer.message().contains("256"), "{answer:?}");
        }
    }
    let brackets_in_a_string = format!("[\"{}\"]", "[{".repeat(1000));
    assert_eq!(
        answer_to(brackets_in_a_string.as_bytes()).json(),
        brackets_in_a_string
    );
}

#[test]
fn a_million_open_brackets_are_refused() {
    in_parallel(&["[", r#"{"a":"#, r#"[{"a":"#], |open| {
        let answer = answer_to(open.repeat(1_000_000).as_bytes());
        assert_eq!(answer.status, "invalid_response");
    });
}

#[test]
fn the_body_decides_and_not_its_content_type() {
    let types = [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/json; charset=latin1\r\n",
    ];
    in_parallel(&types, |headers| {
        let server = Server::answers([answer(200, headers, "[1]")]);
        assert_eq!(Calls::to(&server.url()).answer().json(), "[1]");
        assert_eq!(server.requests().len(), 1);
    });
}

#[derive(Debug)]
struct Encoded {
    name: &'static str,
    headers: &'static str,
    body: Vec<u8>,
    status: &'static str,
}

const GZIP: &str = "Content-Encoding: gzip\r\n";

#[rustfmt::skip]
fn encodings() -> Vec<Encoded> {
    let row = |name, headers, body: &[u8], status| Encoded { name, headers, body: body.to_vec(), status };
    let good = gzip(b"[1,2]");
    let size = good.len();
    let mut bad_sum = good.clone();
    bad_sum[size - 8..size - 4].fill(0);
    let refused = "invalid_response";
    vec![
        row("gzip",               GZIP, &good, "ok"),
        row("identity",           "Content-Encoding: identity\r\n", b"[1,2]", "ok"),
        row("cut at the end",     GZIP, &good[..size - 5], refused),
        row("cut at the start",   GZIP, &good[..4], refused),
        row("empty",              GZIP, b"", refused),
        row("checksum wrong",     GZIP, &bad_sum, refused),
        row("not gzip at all",    GZIP, b"[1,2]", refused),
        row("gzip twice",         "Content-Encoding: gzip, gzip\r\n", &gzip(&good), refused),
        row("two lines of gzip",  "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", &gzip(&good), refused),
        row("deflate",            "Content-Encoding: deflate\r\n", b"x\x9c\x8b6\xd41\x8a\x05\x00\x05\x9b\x01\x87", refused),
        row("brotli",             "Content-Encoding: br\r\n", b"\x0b\x02\x80[1,2]\x03", refused),
        row("zstd",               "Content-Encoding: zstd\r\n", b"\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00[1,2]", refused),
        row("of no known name",   "Content-Encoding: sesame\r\n", b"[1,2]", refused),
        row("gzip of a page",     GZIP, &gzip(b"<html>"), refused),
    ]
}

#[test]
fn a_body_is_decoded_or_refused_and_never_passed_on_encoded() {
    in_parallel(&encodings(), |row| {
        let server = Server::answers([answer(200, row.headers, &row.body)]);
        let answer = Calls::to(&server.url()).answer();
        assert_eq!(answer.status, row.status, "{}: {answer:?}", row.name);
        if row.status == "ok" {
            assert_eq!(answer.json(), "[1,2]");
        }
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn other_spellings_of_gzip_are_decoded_or_refused() {
    in_parallel(&["GZIP", "x-gzip"], |name| {
        let headers = format!("Content-Encoding: {name}\r\n");
        let server = Server::answers([answer(200, &headers, gzip(b"[1,2]"))]);
        let answer = Calls::to(&server.url()).answer();
        match &*answer.status {
            "ok" => assert_eq!(answer.json(), "[1,2]"),
            status => assert_eq!(status, "invalid_response", "{answer:?}"),
        }
    });
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(100) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend([chunk, b"\r\n"].concat());
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

#[test]
fn the_size_limit_is_exact_on_the_wire_and_after_decoding() {
    let body = format!("[{}]", "1,".repeat(600) + "1");
    let (exact, bytes) = (body.len() as u64, body.as_bytes());
    let ways = [ok(bytes), chunked(bytes), answer(200, GZIP, gzip(bytes))];
    in_parallel(&ways, |way| {
        for (limit, status) in [
            (exact, "ok"),
            (exact - 1, "response_too_large"),
            (u64::MAX, "ok"),
        ] {
            let server = Server::answers([way.clone()]);
            let answer = Calls::to(&server.url())
                .number("--max-response-bytes", limit)
                .answer();
            assert_eq!(answer.status, status, "limit {limit} of {exact}");
            if status == "ok" {
                assert_eq!(answer.json(), body);
            } else {
                assert_eq!(answer.attempts(), Some(1));
                let message = answer.message();
                assert!(message.contains(&limit.to_string()), "{message}");
                assert!(message.contains("raise max_response_bytes"), "{message}");
            }
        }
    });
    let server = Server::answers([ok("[]")]);
    let answer = Calls::to(&server.url())
        .number("--max-response-bytes", 1)
        .answer();
    assert_eq!(answer.status, "response_too_large");
}

#[test]
fn a_body_without_end_is_left_at_the_limit() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n";
    let chunk = format!("{:x}\r\n{}\r\n", 4096, " ".repeat(4096)).into_bytes();
    let server = Server::connections([vec![Read, send(head), Flood(chunk)]]);
    let calls = Calls::to(&server.url()).number("--max-response-bytes", 1 << 20);
    assert_eq!(calls.answer().status, "response_too_large");
}

#[test]
fn a_bomb_is_left_at_the_limit() {
    let bomb = gzip(&[&b"["[..], &vec![b' '; 64 << 20], b"]"].concat());
    let server = Server::answers([answer(200, GZIP, bomb)]);
    let calls = Calls::to(&server.url()).number("--max-response-bytes", 1 << 20);
    assert_eq!(calls.answer().status, "response_too_large");
}

#[test]
fn an_announced_giant_is_refused_at_once_and_nothing_is_reserved() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\n[]";
    let server = Server::connections([vec![Read, send(head), Hold]]);
    let answer = Calls::to(&server.url()).answer();
    assert_eq!(answer.status, "response_too_large", "{answer:?}");
    assert_eq!(answer.attempts(), Some(1));
    assert!(
        answer.took.as_secs() < 5,
        "not only at the deadline: {answer:?}"
    );
}
