//! One thread, one poll(): answers, standard input and a clock.

use std::sync::Arc;

use imagekit_emulator::Emulator;

use super::running::{Gate, Running, gated};
use super::{LIST, UNKNOWN, example, run, version_ids};
use crate::hosts::emulator;
use crate::script::{Server, ok};

/// The line of output for a file.
fn counted(emulator: &Emulator, id: &str) -> String {
    format!("{id} {}", version_ids(emulator, id).len())
}

fn sorted<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_event_loop_takes_lines_in_pieces_and_answers_meanwhile() {
    let emulator = emulator(false);
    let ids = emulator.file_ids();
    let mut running = Running::start(example("versions_event_loop", &emulator.base_url()));

    let (half, rest) = ids[1].split_at(10);
    running.write(format!("{}\n{half}", ids[0]));
    let first = counted(&emulator, &ids[0]);
    running.stdout.wait_for(&first);
    running.write(format!("{rest}\n\n{UNKNOWN}\nnonsense\n{}", ids[4]));
    let seen = running.end();

    assert_eq!(seen.code, Some(1), "{seen:#?}");
    let unknown = format!("{UNKNOWN} not_found");
    let (second, last) = (counted(&emulator, &ids[1]), counted(&emulator, &ids[4]));
    let expected = [&*first, &second, &unknown, "nonsense bad_request", &last];
    assert_eq!(sorted(seen.stdout.lines()), sorted(expected));
    assert_eq!(emulator.requests(), 5);
}

#[test]
fn the_event_loop_ends_with_the_last_answer_and_tells_what_is_pending() {
    let gate = Arc::new(Gate::default());
    let server = gated(&gate);
    let mut running = Running::start(example("versions_event_loop", &server.url()));
    running.write("one\ntwo");
    running.close_stdin();
    running.stderr.wait_for("2 pending\n");
    assert!(running.stdout.wait("output", |_, _| true).is_empty());
    gate.open();
    let seen = running.end().expect_ok();
    assert_eq!(sorted(seen.stdout.lines()), ["one 2", "two 2"]);
}

#[test]
fn the_event_loop_leaves_lines_in_the_input_while_enough_is_pending() {
    let gate = Arc::new(Gate::default());
    let server = gated(&gate);
    let ids: Vec<_> = (0..1_000).map(|number| format!("file{number}")).collect();
    let mut running = Running::start(example("versions_event_loop", &server.url()));
    running.write(ids.join("\n"));
    running.stderr.wait_for("64 pending\n");
    gate.open();
    let seen = running.end().expect_ok();
    let expected: Vec<_> = ids.iter().map(|id| format!("{id} 2")).collect();
    let expected = sorted(expected.iter().map(String::as_str));
    assert_eq!(sorted(seen.stdout.lines()), expected);
}

#[test]
fn the_event_loop_refuses_lines_that_are_no_ids() {
    let server = Server::answers([ok(LIST)]);
    let long = "x".repeat(20_000);
    let input = format!("{long}\n..\na\tb\nfile\n");
    let seen = run(example("versions_event_loop", &server.url()), &input);
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    let refused = [&*long, "..", "a\tb"].map(|id| format!("{id} invalid_argument"));
    let expected = refused.iter().map(String::as_str).chain(["file 2"]);
    assert_eq!(sorted(seen.stdout.lines()), sorted(expected));
}
