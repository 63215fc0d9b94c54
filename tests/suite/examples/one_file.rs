//! One file's versions, waited for or fetched in the background.

use std::sync::Arc;

use super::running::{Gate, Running, gated};
use super::{LIST, UNKNOWN, error_of, example, json, run};
use crate::hosts::emulator;
use crate::script::{Server, Step, ok};
use crate::support::in_parallel;

#[test]
fn one_file_is_printed_as_the_server_has_it() {
    let emulator = emulator(false);
    let id = emulator.file_ids().remove(0);
    in_parallel(&["get_file_versions", "versions_async"], |name| {
        let mut command = example(name, &emulator.base_url());
        command.arg(&id);
        let seen = run(command, "").expect_ok();
        assert_eq!(Some(json(&seen.stdout)), emulator.versions(&id));
    });
}

#[test]
fn one_file_that_is_not_there_is_an_error_document() {
    let emulator = emulator(false);
    let rows = [
        ("not_found", 404, UNKNOWN),
        ("bad_request", 400, "nonsense"),
    ];
    for name in ["get_file_versions", "versions_async"] {
        in_parallel(&rows, |&(status, http_status, id)| {
            let mut command = example(name, &emulator.base_url());
            command.arg(id);
            let seen = run(command, "");
            assert_eq!(seen.code, Some(1), "{seen:#?}");
            assert_eq!(seen.stdout, "");
            assert_eq!(error_of(&seen, status)["httpStatus"], http_status);
        });
    }
}

#[test]
fn an_id_that_cannot_be_one_is_refused_with_its_reason() {
    let server = Server::answers([ok(LIST)]);
    let names = ["get_file_versions", "versions_async", "restore_version"];
    in_parallel(&names, |name| {
        let mut command = example(name, &server.url());
        command.arg("").env("IMAGE_KIT_LOG", "warn");
        let seen = run(command, "");
        assert_eq!(seen.code, Some(1), "{seen:#?}");
        assert_eq!(seen.stdout, "");
        assert!(seen.stderr.contains("invalid_argument: "), "{seen:#?}");
        assert!(seen.stderr.contains("file_id is empty"), "{seen:#?}");
    });
    assert_eq!(server.connection_count(), 0);
}

#[test]
fn the_background_call_leaves_the_program_free_to_work() {
    let gate = Arc::new(Gate::default());
    let server = gated(&gate);
    let mut command = example("versions_async", &server.url());
    command.arg("file");
    let running = Running::start(command);
    running.stderr.wait_for("...");
    gate.open();
    let seen = running.end().expect_ok();
    assert_eq!(seen.stdout, format!("{LIST}\n"));
}

#[test]
fn ctrl_c_cancels_the_background_call() {
    let server = Server::deciding(|_, _| vec![Step::Hold]);
    let mut command = example("versions_async", &server.url());
    command.arg("file");
    let running = Running::start(command);
    running.stderr.wait_for(".");
    running.interrupt();
    let seen = running.end();
    assert_eq!(seen.code, Some(130), "{seen:#?}");
    assert_eq!(seen.stdout, "");
    error_of(&seen, "cancelled");
}
