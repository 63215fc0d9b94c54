//! Threads with little room: all that the library needs much of it for runs on threads of its own.

use super::{against, emulator, to_server};
use crate::script::{Server, ok};
use crate::support::in_parallel;

#[test]
fn calls_and_frees_work_on_the_smallest_stack() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        against(&emulator, "stacks", "calls").run().expect_ok();
    });
}

#[test]
fn the_stacks_of_our_threads_are_our_own_choice() {
    in_parallel(&["1", "16384", "70368744177664"], |bytes| {
        let emulator = emulator(true);
        let run = against(&emulator, "stacks", "calls");
        run.env("RUST_MIN_STACK", bytes).run().expect_ok();
    });
}

#[test]
fn every_answer_is_checked_on_the_smallest_stack() {
    const DEPTH_LIMIT: usize = 256;
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let large = |element: &str| format!("[{element}{}]", format!(",{element}").repeat(200_000));
    let rows = [
        ("nested to the limit", nested(DEPTH_LIMIT), "ok"),
        (
            "nested one deeper",
            nested(DEPTH_LIMIT + 1),
            "invalid_response",
        ),
        (
            "a million arrays",
            "[".repeat(1_000_000),
            "invalid_response",
        ),
        (
            "a million objects",
            r#"{"a":"#.repeat(1_000_000),
            "invalid_response",
        ),
        (
            "many megabytes",
            large(r#"{"name":"\u00e9\"é","size":1.5e3}"#),
            "ok",
        ),
        (
            "one long string",
            format!("[\"{}\"]", r"\n".repeat(2_000_000)),
            "ok",
        ),
        (
            "one long number",
            format!("[{}]", "7".repeat(1_000_000)),
            "ok",
        ),
        ("no JSON", "<html>".repeat(1_000), "invalid_response"),
    ];
    let rows = rows.map(|(name, body, expected)| (name, Hidden(body), expected));
    in_parallel(&rows, |(name, Hidden(body), expected)| {
        let server = Server::answers([ok(body)]);
        let run = to_server(&server, "stacks", "answers");
        let seen = run.arg("--expect").arg(expected).run();
        assert_eq!(seen.code, Some(0), "{name}: {seen:?}");
        assert_eq!(server.requests().len(), 2, "{name}");
    });
}

/// Too long to print.
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} bytes", self.0.len())
    }
}
