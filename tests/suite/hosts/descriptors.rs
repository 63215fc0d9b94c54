//! A host that closes the descriptors of the library, as daemons do, and uses their numbers.

use std::fs;
use std::time::Duration;

use super::{against, emulator, new_path};
use crate::support::{in_parallel, is_release, say};

#[test]
fn a_host_that_closes_all_descriptors_goes_on() {
    let mut rows = Vec::new();
    let parts = [
        "before-first-use",
        "after-use",
        "right-after-a-call",
        "during-a-call",
    ];
    for part in parts {
        for tls in [false, true] {
            rows.extend([(part, tls, false), (part, tls, true)]);
        }
    }
    // Over TLS the server still talks after its first answer, and the library must listen.
    rows.retain(|&(part, tls, _)| part != "right-after-a-call" || !tls);
    in_parallel(&rows, |&(part, tls, reuses_numbers)| {
        let emulator = emulator(tls);
        let mut run = against(&emulator, "descriptors", part);
        if reuses_numbers {
            let folder = new_path("files");
            fs::create_dir(&folder).expect("a folder for the host's files");
            run = run.arg("--folder").arg(folder);
        }
        run.run().expect_ok();
    });
}

/// The header asks the host not to do this. In a debug build the standard library ends a process that
/// closes what is closed already, so only an optimised one shows what becomes of the calls.
#[test]
fn calls_handed_over_while_descriptors_are_lost_end_by_their_deadlines() {
    if !is_release() {
        return say("left out: calls handed over while descriptors are lost, in a debug build");
    }
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "descriptors", "during-hand-overs");
        let seen = run.arg("--timeout-ms").arg("500").run().expect_ok();
        crate::names::expect_each_by(&seen, Duration::from_millis(500 + 250));
    });
}
