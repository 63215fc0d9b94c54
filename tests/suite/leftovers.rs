//! What is left after a shutdown, when a host has freed what is its own: nothing, however it used the library.

use std::time::Duration;

use crate::hosts::{against, emulator};
use crate::support::{Run, in_parallel};

#[rustfmt::skip]
const USES: &[(&str, bool)] = &[
    ("everything", false),    ("everything", true),
    ("in-a-child", false),    ("in-a-child", true),
    ("after-closing", false), ("after-closing", true),
];

/// Without what the allocator keeps for each thread that there was.
fn exact(run: Run) -> Run {
    run.env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
}

#[test]
fn every_round_of_use_and_shutdown_leaves_what_the_first_one_left() {
    in_parallel(USES, |(part, tls)| {
        let emulator = emulator(*tls);
        exact(against(&emulator, "leftovers", part))
            .run()
            .expect_ok();
    });
}

const VALGRIND: &[&str] = &[
    "--quiet",
    "--fair-sched=try",
    "--child-silent-after-fork=yes",
    "--error-exitcode=9",
    "--leak-check=full",
];

/// A thread whose descriptors were closed stays where it is for ever, with its connections: valgrind finds
/// what it holds, but hash tables point into their memory, not at its beginning, so it is only nearly sure.
fn kinds(part: &str) -> &'static str {
    match part {
        "after-closing" => "definite,indirect",
        _ => "definite,indirect,possible",
    }
}

#[test]
#[ignore = "needs valgrind; run with -- --ignored"]
fn valgrind_finds_nothing_lost_whatever_was_done_before_the_shutdown() {
    in_parallel(USES, |(part, tls)| {
        let emulator = emulator(*tls);
        let kinds =
            ["show", "errors-for"].map(|what| format!("--{what}-leak-kinds={}", kinds(part)));
        let options = [VALGRIND, &kinds.each_ref().map(String::as_str)].concat();
        let run = against(&emulator, "leftovers", part).under("valgrind", &options);
        run.time_limit(Duration::from_secs(500)).run().expect_ok();
    });
}
