//! Servers that send without end what is no answer. Who called them waits; others do not.
//!
//! Over plain HTTP, which is for this machine alone, they do: the stack reads too much of it at once.

use super::row::{Row, Seen, row};
use crate::script::Over::{H2, Tls};
use crate::script::Step::{self, Read, Thousands, Times};
use crate::script::http2::{END_HEADERS, Frame, HEADERS, WINDOW_UPDATE, header_block};
use crate::script::said;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let others = || vec![vec![Read, list()]; 200].concat();
    let head = || Frame::new(HEADERS, END_HEADERS, header_block([(":status", "103")]));
    let unknown = || Frame::new(0xb7, 0, []);
    let window = || Frame::new(WINDOW_UPDATE, 0, [0, 0, 0, 1]).on(0);
    vec![
        two_clients(row(210, "two million 1xx")).within_mib(8).over(&[Tls])
            .connections("", [two_million_heads(), others()]),
        // What is read in one turn is kept until the turn ends.
        two_clients(row(211, "a million 1xx in frames")).within_mib(160).over(&[H2])
            .connections("bare", [vec![Read, Thousands(1000, head()), list()], others()])
            .connections("with headers", [small_heads(), others()]),
        two_clients(row(211, "millions of other frames")).within_mib(8).over(&[H2])
            .connections("unknown", [vec![Read, Thousands(4000, unknown()), list()], others()])
            .connections("windows", [vec![Read, Thousands(4000, window()), list()], others()]),
    ]
}

fn two_million_heads() -> Vec<Step> {
    let heads = b"HTTP/1.1 103 Hint\r\nLink: </a>\r\n\r\n".repeat(1000);
    vec![Read, Times(2000, heads), list()]
}

/// Of 1xx as well, two bytes each: what they say is in the table already.
fn small_heads() -> Vec<Step> {
    const TO_BE_INDEXED: u8 = 0x40;
    let mut entries = [(":status", "103"), ("x", "y")].map(|field| header_block([field]));
    for entry in &mut entries {
        entry[0] = TO_BE_INDEXED;
    }
    let first = Frame::new(HEADERS, END_HEADERS, entries.concat());
    let further = Frame::new(HEADERS, END_HEADERS, [0x80 | 63, 0x80 | 62]);
    vec![Read, Step::Frame(first), Thousands(1000, further), list()]
}

fn list() -> Step {
    said(200, "Content-Type: application/json\r\n", r#"["good"]"#)
}

/// Of two clients the one is flooded once; the other calls again and again in the meantime.
fn two_clients(row: Row) -> Row {
    let row = row.threads(2).set("--clients", 2);
    let row = row.calls(100).set("--pause-ms", 20).timeout(30_000);
    row.gives("ok", 1).check(the_other_is_served)
}

/// However slow this machine is: the two have the same share of it. How often depends on how much is
/// read in one turn, so once is what is asked for.
fn the_other_is_served(seen: &Seen) {
    let answers = seen.answers.iter().enumerate();
    let flooded = answers.max_by_key(|(_, answer)| answer.took);
    let (served_before, flooded) = flooded.expect("an answer");
    assert!(served_before >= 1, "{served_before} before {flooded:?}");
}
