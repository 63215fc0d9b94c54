//! Which certificates a system has: the library takes those, and bundled ones only where it has none at all.

use super::{ca_file, emulator, to_url};
use crate::support::Run;

/// Of a system whose bundle, where it has one, is this emulator's own authority; it may be named by an
/// option besides.
fn part(name: &str) -> Run {
    let emulator = Box::leak(Box::new(emulator(true))); // until the end of the suite
    let run = to_url(&emulator.base_url(), "roots", name)
        .arg("--key")
        .arg(emulator.private_key());
    let run = run.arg("--id").arg(&emulator.file_ids()[0]);
    let file = ca_file(emulator);
    match name {
        "absent" => run.arg("--ca-file").arg(file),
        _ => run.arg("--bundle").arg(file),
    }
}

#[test]
fn a_system_without_certificates_gets_the_bundled_ones_and_is_told() {
    part("absent").run().expect_ok();
}

#[test]
fn a_systems_own_certificates_are_read_once_and_nothing_is_added_to_them() {
    part("present").run().expect_ok();
}

#[test]
fn certificates_that_cannot_be_read_are_not_taken_for_absent() {
    part("unreadable").run().expect_ok();
}

#[test]
fn certificates_that_were_out_of_reach_for_want_of_descriptors_are_read_later() {
    part("scarce").run().expect_ok();
}

#[test]
fn a_child_that_is_forked_while_certificates_are_read_reads_them_itself() {
    part("forked-meanwhile").run().expect_ok();
}
