//! Compressed bodies, and limits of size. No length that a server announces makes us reserve memory.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::row::{Row, row};
use super::said::{JSON, LOST, chunked, starts};
use crate::script::Over::{self, H1, H2, Tls};
use crate::script::Step::{Hold, Read};
use crate::script::gzip::{array_of_spaces, gzip};
use crate::script::http2::{DATA, END_HEADERS, Frame, HEADERS, header_block};
use crate::script::{Server, Step, endless, in_pieces, said, send};

const GZIP: &str = "Content-Encoding: gzip\r\n";
const LIST: &str = "[1,2]";
const MIB: u64 = 1 << 20;
/// 2^62 bytes.
const GIANT: &str = "Content-Length: 4611686018427387904\r\n";

pub fn rows() -> Vec<Row> {
    [encoded(), limited(), announced()].concat()
}

#[rustfmt::skip]
fn encoded() -> Vec<Row> {
    let good = gzip(LIST.as_bytes());
    let size = good.len();
    let cut = || &good[..size - 5];
    let bad_sum = || [&good[..size - 8], &[0; 4], &good[size - 4..]].concat();
    let bad_size = || [&good[..size - 4], &[0xff; 4]].concat();
    let cut_off = [format!("{GZIP}Content-Length: {size}\r\n\r\n").as_bytes(), cut()].concat();
    let deflated = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(LIST.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    let encoded = |number, name, headers: &str, body: &[u8]| row(number, name)
        .requests("", [vec![said(200, format!("{JSON}{headers}"), body)]]);
    let decoded = |number, name, headers: &str, body: &[u8]| encoded(number, name, headers, body)
        .gives("ok", 1).json(LIST);
    let refused = |number, name, headers: &str, body: &[u8]| encoded(number, name, headers, body)
        .gives("invalid_response", 1).tells("httpStatus", 200);
    let two_lines = format!("{GZIP}{GZIP}");
    vec![
        decoded(121, "gzip", GZIP, &good).over(&[H1, Tls, H2]),
        decoded(121, "gzip in two members", GZIP, &[gzip(b"[1,"), gzip(b"2]")].concat()),
        refused(122, "gzip cut, framing whole", GZIP, cut()).says("gzip"),
        refused(122, "gzip cut, 4 bytes", GZIP, &good[..4]).says("gzip"),
        row(123, "gzip cut by the connection").does([Read, starts(cut_off)]).gives(LOST, 3).says("bytes of the body"),
        refused(124, "gzip checksum wrong", GZIP, &bad_sum()).says("gzip"),
        refused(124, "gzip size wrong", GZIP, &bad_size()).says("gzip").set("--max-response-bytes", u64::MAX).within_mib(8),
        refused(125, "says gzip, is not", GZIP, LIST.as_bytes()).says("gzip"),
        refused(126, "is gzip, does not say", "", &good).says("UTF-8"),
        refused(127, "gzip, empty body", GZIP, b"").says("empty"),
        refused(128, "deflate not asked for", "Content-Encoding: deflate\r\n", &deflated).says("deflate"),
        refused(128, "br not asked for", "Content-Encoding: br\r\n", b"\x0b\x02\x80[1,2]\x03").says("br"),
        refused(128, "zstd not asked for", "Content-Encoding: zstd\r\n", b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0[1,2]").says("zstd"),
        refused(128, "of no known name", "Content-Encoding: sesame\r\n", LIST.as_bytes()).says("sesame"),
        refused(129, "gzip twice", "Content-Encoding: gzip, gzip\r\n", &gzip(&good)).says("gzip, gzip"),
        refused(129, "two lines of gzip", &two_lines, &gzip(&good)).says("gzip, gzip"),
        decoded(130, "identity", "Content-Encoding: identity\r\n", LIST.as_bytes()),
        decoded(131, "GZIP", "Content-Encoding: GZIP\r\n", &good),
        decoded(131, "x-gzip", "Content-Encoding: x-gzip\r\n", &good),
        refused(126, "gzip of a page", GZIP, &gzip(b"<html>")).says("<html>"),
    ]
}

#[rustfmt::skip]
fn limited() -> Vec<Row> {
    const BYTES: usize = 100_000;
    const DEFAULT: usize = 64 << 20;
    const OVER: &str = "response_too_large";
    let ways = |row: Row, body: &str| row.over(&[H1, H2])
        .requests("plain", [vec![said(200, JSON, body)]])
        .requests("in pieces", [vec![in_pieces(200, JSON, body)]])
        .requests("gzip", [vec![said(200, GZIP, gzip(body.as_bytes()))]]);
    let too_large = |row: Row, limit: u64| row.gives(OVER, 1).tells("httpStatus", 200).says("raise max_response_bytes")
        .set("--max-response-bytes", limit)
        .check(move |seen| assert!(seen.answer().message().contains(&limit.to_string()), "{:?}", seen.answers));
    let bomb = array_of_spaces(1024);
    vec![
        too_large(row(132, "bomb"), MIB).over(&[H1, H2]).requests("", [vec![said(200, GZIP, bomb)]]).within_mib(1 + 8),
        ways(row(133, "exactly the limit"), &spaces(BYTES)).set("--max-response-bytes", BYTES)
            .gives("ok", 1).json(spaces(BYTES)),
        ways(too_large(row(134, "limit + 1"), BYTES as u64), &spaces(BYTES + 1)),
        // The largest that anybody gets who sets nothing.
        very_long(133, "exactly 64 MiB", H1, || said(200, JSON, spaces(DEFAULT))).gives("ok", 1).check(is_all_spaces),
        very_long(133, "exactly 64 MiB, gzip", H2, || said(200, GZIP, array_of_spaces(64))).gives("ok", 1).check(is_all_spaces),
        too_large(very_long(134, "64 MiB + 1", H1, || in_pieces(200, JSON, spaces(DEFAULT + 1))), DEFAULT as u64),
        too_large(very_long(134, "64 MiB + 1", H2, || in_pieces(200, JSON, spaces(DEFAULT + 1))), DEFAULT as u64),
        too_large(very_long(134, "65 MiB, gzip", H1, || said(200, GZIP, array_of_spaces(65))), DEFAULT as u64),
        too_large(row(135, "endless body"), MIB).over(&[H1, Tls, H2])
            .requests("", [vec![endless(200, JSON, " ".repeat(64 << 10))]]).leaves_by(2 * MIB).within_mib(1 + 8),
        too_large(row(137, "limit 1"), 1).requests("", [vec![said(200, JSON, "[]")]]).after(OVER),
        row(137, "limit 0").set("--max-response-bytes", 0).requests("", [vec![said(200, JSON, "[]")]])
            .gives("invalid_argument", 0).says("max_response_bytes").without_client(),
        row(137, "limit 2^64 - 1").set("--max-response-bytes", u64::MAX).requests("", [vec![said(200, JSON, "[]")]])
            .gives("ok", 1).json("[]"),
    ]
}

/// What is so long is made only when it is sent; 8 MiB are for all besides the body.
fn very_long(number: u16, name: &'static str, over: Over, answer: fn() -> Step) -> Row {
    row(number, name)
        .over(&[over])
        .peer("", true, move |over| {
            Box::new(Server::requests_over(over, [vec![answer()]]))
        })
        .within_mib(64 + 8)
}

fn spaces(bytes: usize) -> String {
    ["[", &" ".repeat(bytes - 2), "]"].concat()
}

fn is_all_spaces(seen: &super::row::Seen) {
    assert!(seen.answer().json() == spaces(64 << 20), "not all of it");
}

/// Of what is announced nothing is believed.
#[rustfmt::skip]
fn announced() -> Vec<Row> {
    let at_once = |name| row(136, name).gives("response_too_large", 1).takes(0..500).within_mib(8);
    let unlimited = |name| row(136, name).set("--max-response-bytes", u64::MAX).within_mib(8);
    let length = |bytes: &str| vec![Read, starts(format!("Content-Length: {bytes}\r\n\r\n[]"))];
    let head = |length| Step::Frame(Frame::new(HEADERS, END_HEADERS, header_block([(":status", "200"), ("content-length", length)])));
    let frame_of_16_mib = send([&[0xff; 3][..], &[DATA, 0], &1_u32.to_be_bytes(), b"[]"].concat());
    vec![
        at_once("announces 2^62 bytes").over(&[H1, Tls]).does([length("4611686018427387904"), vec![Hold]].concat()),
        at_once("announces 2^62 bytes").over(&[H2]).does([Read, head("4611686018427387904"), Hold]),
        unlimited("2^62 bytes within the limit").does(length("4611686018427387904")).gives(LOST, 3).says("2 of 4611686018427387904"),
        unlimited("2^62 bytes within the limit").over(&[H2]).requests("", [vec![in_pieces(200, GIANT, "[]")]]).gives(LOST, 3),
        unlimited("16 GiB within the limit").over(&[H1, Tls]).does(length("17179869184")).gives(LOST, 3).says("2 of 17179869184"),
        unlimited("2^64 - 1 bytes").does(length("18446744073709551615")).gives(LOST, 3),
        unlimited("a chunk of 2^62 bytes").over(&[H1, Tls]).does([Read, chunked("4000000000000000\r\n[]")]).gives(LOST, 3),
        unlimited("a chunk of 16 GiB").does([Read, chunked("400000000\r\n[]")]).gives(LOST, 3),
        unlimited("a frame of 16 MiB").over(&[H2]).does([Read, head("16777215"), frame_of_16_mib]).gives(LOST, 3),
        unlimited("a name in gzip without end").requests("", [vec![endless(200, GZIP, NAMED_GZIP.repeat(6500))]])
            .gives("invalid_response", 1).leaves_by(MIB),
    ]
}

/// A header of gzip whose name goes on with the next one, as it holds no end.
const NAMED_GZIP: &[u8] = b"\x1f\x8b\x08\x08\x01\x01\x01\x01\x01\xff";
