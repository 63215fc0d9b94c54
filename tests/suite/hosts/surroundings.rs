//! What a process has only one of, and a library shares with it: it is left as it was, and may be changed
//! by others.

use std::fs;
use std::time::Duration;

use super::{against, ca_file, emulator, new_path, to_url};
use crate::lateness::timed;
use crate::names::expect_each_by;
use crate::support::{c_program, in_parallel, shared_object};

#[test]
fn the_environment_is_read_when_a_client_is_made_and_never_else() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "surroundings", "read-at-one-time");
        run.run().expect_ok();
    });
}

#[test]
fn a_host_may_change_the_environment_while_others_call() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "surroundings", "changed-meanwhile");
        run.run().expect_ok();
    });
}

#[test]
fn folder_modes_locale_and_arithmetic_are_left_as_they_were() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "surroundings", "left-as-it-was");
        let seen = run.env("IMAGE_KIT_LOG", "debug").run().expect_ok();
        assert!(seen.stderr.contains("libimagekit info:"), "{seen:?}");
    });
}

#[test]
fn a_ca_file_is_read_when_the_client_is_made_wherever_the_host_goes_afterwards() {
    let emulator = emulator(true);
    let (folder, name) = (new_path("folder"), "ca.pem");
    fs::create_dir(&folder).expect("a folder");
    fs::copy(ca_file(&emulator), folder.join(name)).expect("a file");
    let run = to_url(&emulator.base_url(), "surroundings", "elsewhere");
    let run = run.arg("--key").arg(emulator.private_key());
    let run = run.arg("--id").arg(&emulator.file_ids()[0]);
    let run = run.arg("--folder").arg(&folder).arg("--ca-file").arg(name);
    run.run().expect_ok();
}

#[test]
fn a_process_that_was_stopped_beyond_a_deadline_knows_at_once() {
    timed(|| {
        let program = c_program("surroundings");
        let seen = program.command().arg("stopped").run().expect_ok();
        expect_each_by(&seen, Duration::from_millis(250));
    });
}

#[test]
fn idle_connections_are_kept_alive() {
    let program = c_program("surroundings");
    program.command().arg("idle").run().expect_ok();
}

#[test]
#[ignore = "waits for half a minute; run with -- --ignored"]
fn a_connection_that_is_idle_for_half_a_minute_is_left() {
    let run = c_program("surroundings").command().arg("idle");
    run.arg("--wait").arg("yes").run().expect_ok();
}

/// It ends the process where something is freed that is not its own.
#[test]
fn a_host_may_bring_an_allocator_of_its_own() {
    let allocator = shared_object("own_malloc", &[]);
    let rows = [
        ("background", "once"),
        ("many", "arguments"),
        ("queue", "once"),
        ("handles", "neighbours"),
    ];
    in_parallel(&rows, |(program, part)| {
        let run = c_program(program).command().arg(part);
        let seen = run.env("LD_PRELOAD", &allocator).run().expect_ok();
        assert!(seen.stderr.contains("own allocator: "), "{seen:?}");
    });
}
