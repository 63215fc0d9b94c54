//! Successes whose bodies are no list of versions, or an odd one.

use super::row::{Row, row};
use super::said::JSON;
use crate::script::Over::{H1, H2};
use crate::script::said;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let page = b"<!doctype html><title>hi</title>";
    let typed = |headers| row(119, "no Content-Type, wrong one").over(&[H1, H2])
        .requests(headers, [vec![said(200, headers, "[]")]]).gives("ok", 1).json("[]");
    let long = [b"<html>", &b"<p>filler</p>".repeat(10_000)[..]].concat();
    vec![
        refused(102, "HTML, as JSON", &[page]).says("<!doctype html>"),
        row(102, "HTML, as HTML").over(&[H1, H2]).requests("", [vec![said(200, "Content-Type: text/html\r\n", page)]])
            .gives("invalid_response", 1).says("<!doctype html>").tells("httpStatus", 200),
        refused(102, "words", &[b"Bad Gateway"]).says("Bad Gateway"),
        refused(102, "a long page", &[&long]).says("<html><p>").check(|seen| {
            let answer = seen.answer();
            assert!(answer.message().len() < 1000, "{answer:?}");
            assert!(answer.text.as_ref().is_some_and(|text| text.len() < 12_000), "{answer:?}");
        }),
        refused(103, "truncated JSON", &[br#"[{"a":1},{"b":"#]).says(r#"[{"a":1},"#),
        refused(103, "truncated elsewhere", &[b"[", b"[\"a", b"[1,2", b"[1,", b"[tru", b" \r\n "]),
        refused(104, "trailing garbage", &[b"[] x", b"[][]", b"[]//", b"[]]"]).says("[]"),
        kept(105, "white space around", "\r\n [] \n"),
        kept(105, "white space inside", "[ ]\t"),
        refused(106, "BOM", &[b"\xef\xbb\xbf[]"]).says("byte order mark"),
        refused(107, "invalid UTF-8", &[b"[\"\xff\"]"]).says("UTF-8"),
        refused(107, "over-long, a surrogate", &[b"[\"\xc0\xaf\"]", b"[\"\xed\xa0\x80\"]"]).says("UTF-8"),
        refused(108, "UTF-16", &[b"[\0]\0"]),
        refused(109, "raw NUL", &[b"[\"a\0b\"]", b"[]\0"]).says("NUL"),
        kept(110, "escaped NUL", r#"["a\u0000b"]"#),
        kept(111, "lone surrogate escape", r#"["\ud800"]"#),
        kept(111, "lone low surrogate", r#"["\udc00x"]"#),
        kept(111, "a pair", r#"["\ud83d\ude00 😀"]"#),
        kept(112, "depth at the limit", "[".repeat(256) + &"]".repeat(256)),
        kept(112, "of objects", format!("[{}1{}]", r#"{"a":"#.repeat(255), "}".repeat(255))),
        kept(112, "brackets in a string", format!("[\"{}\"]", "[{".repeat(1000))),
        refused(112, "one more", &[
            ("[".repeat(257) + &"]".repeat(257)).as_bytes(),
            format!("[{}1{}]", r#"{"a":"#.repeat(256), "}".repeat(256)).as_bytes(),
        ]).says("256"),
        refused(113, "depth bomb", &[&b"[".repeat(1_000_000), &br#"{"a":"#.repeat(1_000_000), &br#"[{"a":"#.repeat(1_000_000)])
            .says("256").within_mib(16),
        kept(114, "giant exponent", "[1e999999]"),
        kept(114, "a million digits", format!("[{}]", "7".repeat(1_000_000))),
        kept(114, "odd numbers", "[-0, -0.0, 0e0, 18446744073709551616, 9007199254740993, 1e-400]"),
        kept(115, "duplicate keys", r#"[{"a":1,"a":2}]"#),
        kept(116, "empty array", "[]"),
        refused(117, "object, null, string, number", &[br#"{"a":1}"#, b"null", br#""x""#, b"1"]).says("not an array"),
        refused(118, "control character in a string", &[b"[\"\x01\"]", b"[\"a\nb\"]"]),
        refused(118, "bad escapes", &[br#"["\x"]"#, br#"["\u12"]"#]),
        refused(118, "bad grammar", &[b"[01]", b"[1.]", b"[NaN]", b"['a']", b"[1,]", b"[1}"]),
        typed(""),
        typed("Content-Type: text/plain\r\n"),
        typed("Content-Type: application/json; charset=latin1\r\n"),
        kept(120, "odd spelling", r#"[{"z":1,"a":1.50,"e":1E+2,"é":"\/"}]"#),
        kept(120, "every value", r#"[null,true,false,"",{},[]]"#),
        kept(120, "every escape", r#"["\"\\\b\f\n\r\t"]"#),
        kept(120, "odd characters", "[\"\u{7f}\u{2028}\u{feff}\"]"),
        kept(120, "many", format!("[{}0]", r#"{"name":"a\/b é 😀","n":1.0},"#.repeat(20_000))),
    ]
}

fn kept(number: u16, name: &'static str, body: impl Into<String>) -> Row {
    let body = body.into();
    row(number, name)
        .over(&[H1, H2])
        .requests("", [vec![said(200, JSON, &*body)]])
        .gives("ok", 1)
        .json(body)
}

fn refused(number: u16, name: &'static str, bodies: &[&[u8]]) -> Row {
    let row = bodies.iter().fold(row(number, name), |row, body| {
        let begin = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        row.requests(begin, [vec![said(200, JSON, *body)]])
    });
    row.over(&[H1, H2])
        .gives("invalid_response", 1)
        .tells("httpStatus", 200)
}
