//! Servers that take their time.

use std::time::Duration;

use super::row::{Row, Seen, row};
use super::said::{chunked, good, length, starts};
use crate::lateness::expect_by;
use crate::script::Over::{H1, Tls};
use crate::script::Step::{Hold, PauseMs, Read, Reset};
use crate::script::{Step, ok, said, send};

/// A row of calls that end at their deadline.
fn in_vain(number: u16, name: &'static str) -> Row {
    row(number, name)
        .timeout(1500)
        .gives("timeout", 1)
        .says("1500 ms")
        .takes(1499..1650)
        .check(is_ended_by_the_io_thread)
}

/// Where the I/O thread does not end a call, its waiter does so a little later: a call in the background
/// has none.
fn is_ended_by_the_io_thread(seen: &Seen) {
    if seen
        .answer()
        .message()
        .contains("the I/O thread gave no answer")
    {
        seen.answer().expect_by(Duration::from_millis(1500));
    }
}

/// These bytes, one each so many milliseconds.
fn drip(bytes: &[u8], ms: u64) -> Vec<Step> {
    bytes
        .iter()
        .flat_map(|&byte| [send([byte]), PauseMs(ms)])
        .collect()
}

/// The same piece each so many milliseconds, for longer than any call here takes.
fn drip_on(piece: &str, ms: u64) -> Vec<Step> {
    [send(piece), PauseMs(ms)]
        .into_iter()
        .cycle()
        .take(400)
        .collect()
}

/// The connection that brought no answer ends with the call, and not with the client.
fn is_closed_at_the_deadline(seen: &Seen) {
    let server = seen.server();
    let open = server.end_of(0) - server.requests()[0].at;
    expect_by(
        open,
        Duration::from_millis(1750),
        &"open until the deadline",
    );
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let after_a_request = |steps: Vec<Step>| [vec![Read], steps].concat();
    vec![
        in_vain(28, "not a byte").over(&[H1, Tls]).does([Read, Hold]).check(is_closed_at_the_deadline),
        in_vain(29, "accepted, never read").over(&[H1, Tls]).does([Hold]),
        in_vain(30, "head drips").does(after_a_request(drip(&ok("[]"), 100))),
        in_vain(31, "body drips past the deadline").over(&[H1, Tls])
            .does([vec![Read, chunked("1\r\n[\r\n")], drip_on("1\r\n \r\n", 50)].concat()),
        row(32, "body drips within it").over(&[H1, Tls])
            .does([vec![Read, length(6, "")], drip(b"[1,2 ]", 150)].concat())
            .timeout(5000).gives("ok", 1).json("[1,2 ]").takes(750..5000),
        in_vain(33, "body never ends, no length").does([Read, starts("Connection: close\r\n\r\n["), Hold]),
        row(34, "slow failure, then good")
            .connections("", [vec![Read, PauseMs(1000), Reset], vec![Read, good()]])
            .timeout(5000).gives("ok", 2).json("[]").takes(1375..5000),
        row(35, "retries eat the deadline").does([Read, PauseMs(700), said(503, "", "")])
            .timeout(1500).gives("server_error", 1..=2).or("timeout", 1..=2).takes(700..1750),
        row(35, "no sleep that cannot end in an answer").does([Read, said(503, "", "")])
            .timeout(1100).gives("server_error", 2).takes(375..750),
        row(36, "deadline 1 ms").does([Read, Hold]).timeout(1).set("--after-timeout-ms", 10_000)
            .gives("timeout", 0..=1).seen(0..=1).takes(1..100),
        row(37, "100 waiting callers").does([Read, Hold]).threads(100).set("--own-threads", 1)
            .timeout(1000).gives("timeout", 1).takes(999..1250),
    ]
}
