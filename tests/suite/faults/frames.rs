//! HTTP/2: streams and connections that end, and frames that break its rules.

use std::collections::BTreeSet;
use std::time::Duration;

use super::row::{Row, Seen, row};
use super::said::{LOST, good};
use crate::calls::KEY;
use crate::script::Over::H2;
use crate::script::Step::{self, Cut, Flood, Hold, PauseMs, Read, ReadPreface, Reset, Thousands};
use crate::script::http2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PADDED, PING, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, header_block,
};
use crate::script::send;

/// The largest window.
const MOST: u32 = 0x7fff_ffff;

const NO_ERROR: u32 = 0;
const PROTOCOL_ERROR: u32 = 1;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
const HTTP_1_1_REQUIRED: u32 = 13;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let h2 = |number, name| row(number, name).over(&[H2]);
    let goaway = || vec![Read, leaving(0, NO_ERROR, "")];
    let flood = |thousands, frame: Frame| vec![vec![Thousands(thousands, frame), good()]];
    let then_good = |bad| vec![bad, starts(), ends("[]")];
    vec![
        h2(160, "GOAWAY, nothing processed").does(goaway()).gives(LOST, 3).check(on_connections(4)),
        h2(161, "the same, then good").connections("", [goaway(), vec![Read, good()]]).gives("ok", 2).json("[]"),
        h2(162, "GOAWAY, then the answer").requests("", [vec![leaving(1, NO_ERROR, ""), PauseMs(50), good()]])
            .calls(2).gives("ok", 1).json("[]").check(on_connections(3)),
        h2(163, "GOAWAY mid-body").does([Read, starts(), data("["), leaving(1, INTERNAL_ERROR, "")]).gives(LOST, 3),
        h2(164, "GOAWAY calm down")
            .case("text", [Read, leaving(0, ENHANCE_YOUR_CALM, "too_many\u{7}\u{1b}[31m\n")])
            .case("long text", [Read, leaving(0, ENHANCE_YOUR_CALM, &"too_many ".repeat(1800))])
            .gives(LOST, 3).says("too_many").check(message_is_shown_cleaned_and_bounded),
        h2(165, "REFUSED_STREAM").requests("", [vec![reset(REFUSED_STREAM)]]).gives(LOST, 3).check(on_connections(1)),
        h2(166, "REFUSED_STREAM once").requests("", [vec![reset(REFUSED_STREAM)], vec![good()]]).gives("ok", 2).json("[]")
            .check(on_connections(1)),
        h2(167, "other resets")
            .requests("no error", [vec![reset(NO_ERROR)]])
            .requests("protocol error", [vec![reset(PROTOCOL_ERROR)]])
            .requests("internal error", [vec![reset(INTERNAL_ERROR)]])
            .requests("cancel", [vec![reset(CANCEL)]])
            .requests("enhance your calm", [vec![reset(ENHANCE_YOUR_CALM)]])
            .requests("HTTP/1.1 required", [vec![reset(HTTP_1_1_REQUIRED)]])
            .gives(LOST, 3),
        h2(168, "reset mid-body").requests("", [vec![starts(), data("["), reset(INTERNAL_ERROR)]]).gives(LOST, 3),
        h2(169, "SETTINGS flood").requests("", flood(200, Frame::new(SETTINGS, 0, []).on(0)))
            .within_mib(6).gives("ok", 1).or(LOST, 3),
        h2(170, "PING flood").requests("", flood(200, Frame::new(PING, 0, *b"whoareu?").on(0)))
            .within_mib(6).gives("ok", 1).or(LOST, 3),
        h2(171, "empty DATA flood").does([Read, starts(), Thousands(100, Frame::new(DATA, 0, []))]).within_mib(6).gives(LOST, 3),
        h2(172, "window 0").does([ReadPreface, no_window(), Read, good()]).gives("ok", 1).json("[]"),
        uploading("POST", h2(173, "window 0 with a body"))
            .does([ReadPreface, no_window(), Hold]).timeout(1500).gives("timeout", 1).takes(1499..1750).seen(0), // not one came whole
        h2(174, "window overflow, window 0 step")
            .requests("the connection's overflows", [then_good(window(MOST, Some(0)))])
            .requests("the connection's by 0", [then_good(window(0, Some(0)))])
            .requests("the stream's by 0", [then_good(window(0, None))])
            .gives(LOST, 3),
        uploading("PUT", h2(174, "the stream's window overflows"))
            .does([ReadPreface, settings(), PauseMs(50), window(MOST, Some(1)), window(MOST, Some(1)), PauseMs(100)])
            .gives(LOST, 3).says("flow-control"),
        h2(174, "the same, with nothing left to send").requests("", [then_good(window(MOST, None))]).gives("ok", 1),
        h2(175, "header list over the limit").requests("", [long_head()]).within_mib(6).gives(LOST, 3),
        h2(176, "HPACK bomb").requests("", [then_good(bomb())]).within_mib(6).gives(LOST, 3),
        h2(177, "CONTINUATION flood")
            .requests("empty", [continued(&[])])
            .requests("a header each", [continued(&header_block([("a", "b")]))])
            .within_mib(6).gives(LOST, 3),
        h2(178, "bad HPACK index").requests("", [then_good(block([0xff, 0xff, 0xff, 0xff, 0x0f]))]).gives(LOST, 3),
        h2(179, "no `:status`").requests("", [vec![head(&[("content-length", "2")]), ends("[]")]]).gives(LOST, 3),
        h2(180, "forbidden headers")
            .requests("capitals", [vec![head(&[(":status", "200"), ("X-A", "1")]), ends("[]")]])
            .requests("connection", [vec![head(&[(":status", "200"), ("connection", "close")]), ends("[]")]])
            .gives(LOST, 3),
        h2(181, "frame order")
            .requests("DATA first", [then_good(data("["))])
            .requests("HEADERS on stream 0", [then_good(on(0, HEADERS, END_HEADERS, ok_head()))])
            .requests("HEADERS on an even stream", [then_good(on(2, HEADERS, END_HEADERS, ok_head()))])
            .requests("PUSH_PROMISE", [then_good(pushes(2))])
            .gives(LOST, 3),
        h2(182, "over-long frame").requests("", [vec![starts(), ends(&format!("[\"{}\"]", "a".repeat(70_000)))]])
            .gives(LOST, 3),
        h2(183, "preface answered in HTTP/1.1")
            .does([ReadPreface, send("HTTP/1.1 400 Bad Request\r\n\r\n")]).gives(LOST, 3),
        h2(184, "no SETTINGS, no answer").does([ReadPreface, Read, Hold]).timeout(1500).gives("timeout", 1)
            .takes(1499..1750),
        h2(185, "closed mid-body")
            .case("in order", [Read, starts(), data("[")])
            .case("cut", [Read, starts(), data("["), Cut])
            .case("reset", [Read, starts(), data("["), PauseMs(50), Reset])
            .gives(LOST, 3),
        h2(186, "one stream fails, others live").requests("", eight_of_which_one_fails())
            .threads(8).set("--warm", 1).gives("ok", 1).or("ok", 2).seen(1 + 9)
            .check(on_connections(1)).check(seven_are_not_kept_waiting),

        // Not in the table: what we found ourselves.
        h2(206, "ended without error, but early")
            .requests("before the head", [vec![reset(NO_ERROR)]])
            .requests("after the head", [vec![starts(), reset(NO_ERROR)]])
            .requests("in the body", [vec![starts(), data("[1,"), reset(NO_ERROR)]])
            .requests("after what could be all", [vec![starts(), data("[]"), reset(NO_ERROR)]])
            .gives(LOST, 3),
        h2(206, "an error's body, in the middle of the key").requests("", [vec![head(&[(":status", "404")]), half_the_key(), reset(NO_ERROR)]])
            .gives("not_found", 1).check(no_half_of_the_key),
        h2(207, "ended without error, after all")
            .requests("at once", [vec![starts(), ends("[]"), reset(NO_ERROR)]])
            .requests("later", [vec![starts(), ends("[]"), PauseMs(50), reset(NO_ERROR)]])
            .gives("ok", 1).json("[]"),
        h2(208, "rare, but right")
            .requests("padding", [vec![starts(), padded("[]")]])
            .requests("trailers", [vec![starts(), data("[]"), last_head(&[("x-checksum", "1")])]])
            .requests("priorities", [vec![frame(PRIORITY, 0, [0, 0, 0, 0, 16]), starts(), ends("[]")]])
            .requests("an unknown frame", [vec![on(0, 0xb7, 0xff, *b"?"), frame(0xb8, 0xff, []), starts(), ends("[]")]])
            .requests("an unknown setting", [vec![on(0, SETTINGS, 0, [0xfa, 0xfa, 0, 0, 0, 1]), starts(), ends("[]")]])
            .requests("a head in pieces", [in_pieces()])
            .requests("1xx before it", [vec![head(&[(":status", "103")]), head(&[(":status", "100")]), starts(), ends("[]")]])
            .gives("ok", 1).json("[]"),
        h2(209, "a length that is not the body's")
            .requests("longer", [vec![head_of_length("3"), ends("[]")]])
            .requests("shorter", [vec![head_of_length("1"), ends("[]")]])
            .requests("no number", [vec![head_of_length("two"), ends("[]")]])
            .gives(LOST, 3),
        // Such a connection lives until it is found dead, and the next call meets it as well.
        h2(212, "acknowledgements that nobody reads")
            .does([Read, Flood(Frame::new(PING, 0, *b"whoareu?").on(0).bytes(0).repeat(1000))])
            .timeout(1500).within_mib(6).gives("timeout", 1).after("timeout").seen(0),
    ]
}

/// With more of a body than fits into the window at first.
fn uploading(method: &'static str, row: Row) -> Row {
    let body = format!("\"{}\"", "a".repeat(70_000));
    let row = row.set("--operation", "request").set("--method", method);
    row.set("--path", "/v1/files").set("--body", body)
}

fn frame(kind: u8, flags: u8, payload: impl Into<Vec<u8>>) -> Step {
    Step::Frame(Frame::new(kind, flags, payload))
}

fn on(stream: u32, kind: u8, flags: u8, payload: impl Into<Vec<u8>>) -> Step {
    Step::Frame(Frame::new(kind, flags, payload).on(stream))
}

fn block(block: impl Into<Vec<u8>>) -> Step {
    frame(HEADERS, END_HEADERS, block)
}

fn head(fields: &[(&str, &str)]) -> Step {
    block(header_block(fields.iter().copied()))
}

/// With which an answer ends.
fn last_head(fields: &[(&str, &str)]) -> Step {
    let fields = header_block(fields.iter().copied());
    frame(HEADERS, END_HEADERS | END_STREAM, fields)
}

fn ok_head() -> Vec<u8> {
    header_block([(":status", "200"), ("content-type", "application/json")])
}

/// The head of a success that says nothing of its length.
fn starts() -> Step {
    block(ok_head())
}

fn head_of_length(length: &str) -> Step {
    head(&[(":status", "200"), ("content-length", length)])
}

fn data(body: &str) -> Step {
    frame(DATA, 0, body)
}

/// With which a body ends.
fn ends(body: &str) -> Step {
    frame(DATA, END_STREAM, body)
}

fn padded(body: &str) -> Step {
    const PADDING: u8 = 200;
    let payload = [&[PADDING], body.as_bytes(), &[0; PADDING as usize]].concat();
    frame(DATA, END_STREAM | PADDED, payload)
}

fn reset(code: u32) -> Step {
    frame(RST_STREAM, 0, code.to_be_bytes())
}

fn leaving(last: u32, code: u32, text: &str) -> Step {
    let payload = [&last.to_be_bytes(), &code.to_be_bytes(), text.as_bytes()];
    on(0, GOAWAY, 0, payload.concat())
}

fn settings() -> Step {
    on(0, SETTINGS, 0, [])
}

/// The client may send no byte of a body.
fn no_window() -> Step {
    on(0, SETTINGS, 0, [0, 4, 0, 0, 0, 0])
}

fn window(step: u32, stream: Option<u32>) -> Step {
    let update = Frame::new(WINDOW_UPDATE, 0, step.to_be_bytes());
    Step::Frame(match stream {
        Some(stream) => update.on(stream),
        None => update,
    })
}

fn pushes(promised: u32) -> Step {
    let block = header_block([
        (":method", "GET"),
        (":path", "/"),
        (":scheme", "https"),
        (":authority", "127.0.0.1"),
    ]);
    let payload = [&promised.to_be_bytes()[..], &block].concat();
    frame(PUSH_PROMISE, END_HEADERS, payload)
}

fn long_head() -> Vec<Step> {
    let value = "a".repeat(256);
    let mut steps = vec![frame(HEADERS, 0, ok_head())];
    for part in 0..26 {
        let names: Vec<_> = (0..10).map(|at| format!("x-{part}-{at}")).collect();
        let fields = names.iter().map(|name| (&**name, &*value));
        let flags = if part == 25 { END_HEADERS } else { 0 };
        steps.push(frame(CONTINUATION, flags, header_block(fields)));
    }
    steps.push(ends("[]"));
    steps
}

/// One entry in the table, which is named again and again.
fn bomb() -> Step {
    const TO_BE_INDEXED: u8 = 0x40;
    const FIRST_OF_TABLE: u8 = 0x80 | 62;
    let mut entry = header_block([("x", &*"b".repeat(4000))]);
    entry[0] = TO_BE_INDEXED;
    block([ok_head(), entry, vec![FIRST_OF_TABLE; 12_000]].concat())
}

fn continued(payload: &[u8]) -> Vec<Step> {
    vec![
        frame(HEADERS, 0, ok_head()),
        Thousands(100, Frame::new(CONTINUATION, 0, payload)),
    ]
}

fn in_pieces() -> Vec<Step> {
    let head = ok_head();
    let (first, rest) = head.split_at(5);
    vec![
        frame(HEADERS, 0, first),
        frame(CONTINUATION, 0, []),
        frame(CONTINUATION, END_HEADERS, rest),
        ends("[]"),
    ]
}

/// A call that makes the connection, eight at once on it, and one of them again. Each is answered with
/// the number of its stream.
fn eight_of_which_one_fails() -> Vec<Vec<Step>> {
    const FIRST: u32 = 3;
    let mut all = vec![on(FIRST, RST_STREAM, 0, INTERNAL_ERROR.to_be_bytes())];
    for stream in (FIRST + 2..).step_by(2).take(7) {
        all.push(on(stream, HEADERS, END_HEADERS, ok_head()));
        all.push(on(stream, DATA, END_STREAM, format!("[{stream}]")));
    }
    let mut requests = vec![vec![good()]];
    requests.extend(vec![Vec::new(); 7]);
    requests.push(all);
    requests.push(vec![starts(), ends("[19]")]);
    requests
}

fn seven_are_not_kept_waiting(seen: &Seen) {
    let bodies: BTreeSet<_> = seen.answers.iter().map(|answer| answer.json()).collect();
    let streams = ["[5]", "[7]", "[9]", "[11]", "[13]", "[15]", "[17]", "[19]"];
    assert_eq!(bodies, BTreeSet::from(streams), "{:?}", seen.answers);
    for answer in seen.answers.iter().filter(|answer| answer.json() != "[19]") {
        answer.expect_by(Duration::from_millis(300));
    }
}

fn half_the_key() -> Step {
    data(&format!("no access with {}", &KEY[..KEY.len() / 2]))
}

fn no_half_of_the_key(seen: &Seen) {
    let body = seen.answer().string("responseBody").unwrap_or_default();
    assert!(body.starts_with("no access with"), "{body}");
    assert!(!body.contains("private"), "{body}");
}

/// So many connections in all, that of the good call afterwards included.
fn on_connections(count: usize) -> impl Fn(&Seen) {
    move |seen| assert_eq!(seen.peer.connections(), count, "connections")
}

fn message_is_shown_cleaned_and_bounded(seen: &Seen) {
    let message = seen.answer().message();
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(
        message.len() < 1000,
        "{} bytes: {message:.500}",
        message.len()
    );
}
