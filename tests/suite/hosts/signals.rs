//! A host's signals are the host's: SIGPIPE kills nobody, and no handler runs on a thread of ours.

use super::{against, emulator, to_server, to_url};
use crate::script::{Server, Step, ok, send};
use crate::support::{c_program, in_parallel};

/// Versions of the file that `sigpipe.c` asks for.
const FILE: &str = r#"[{"fileId":"file"}]"#;

/// What `sigpipe.c` ends with when all is well.
const SIGPIPE_STATUS: i32 = 7;

#[test]
fn a_host_with_default_sigpipe_survives_peers_that_reset() {
    let rows = [
        (
            "after a request",
            "0",
            vec![Step::Read, Step::Reset],
            "connection_lost",
        ),
        (
            "while idle",
            "5",
            vec![Step::Read, send(ok(FILE)), Step::Reset],
            "ok",
        ),
        (
            "after the second request",
            "2",
            vec![Step::Read, send(ok(FILE)), Step::Read, Step::Reset],
            "ok",
        ),
    ];
    in_parallel(&rows, |(_, retries, script, expected)| {
        let server = Server::connections([script.clone()]);
        let run = to_server(&server, "sigpipe", "calls");
        let run = run
            .arg("--max-retries")
            .arg(retries)
            .arg("--expect")
            .arg(expected);
        let seen = run.run();
        assert_eq!(seen.code, Some(SIGPIPE_STATUS), "{seen:?}");
        assert!(
            server.connection_count() >= 25,
            "{}",
            server.connection_count()
        );
    });
}

#[test]
fn a_host_with_default_sigpipe_survives_resets_in_the_midst_of_large_bodies() {
    let cut_off = [Step::ReadSome, Step::PauseMs(5), Step::Reset];
    let after_an_answer = [Step::Read, send(ok(FILE))];
    let rows = [
        ("on a new connection", cut_off.to_vec(), false),
        (
            "on a kept connection",
            [&after_an_answer[..], &cut_off].concat(),
            true,
        ),
    ];
    in_parallel(&rows, |(_, script, is_reused)| {
        let server = Server::connections([script.clone()]);
        let run = to_server(&server, "sigpipe", "bodies");
        let mut run = run.arg("--max-retries").arg("0");
        if *is_reused {
            run = run.arg("--reused").arg("yes");
        }
        let seen = run.run();
        assert_eq!(seen.code, Some(SIGPIPE_STATUS), "{seen:?}");
        assert_eq!(server.connection_count(), 50);
    });
}

#[test]
fn a_host_with_default_sigpipe_survives_resets_within_a_handshake() {
    let server = Server::connections([vec![Step::PauseMs(1), Step::Reset]]);
    let url = server.url().replace("http:", "https:");
    let run = to_url(&url, "sigpipe", "calls")
        .arg("--key")
        .arg("private_host");
    let run = run
        .arg("--max-retries")
        .arg("0")
        .arg("--expect")
        .arg("tls_failed");
    let seen = run.run();
    assert_eq!(seen.code, Some(SIGPIPE_STATUS), "{seen:?}");
}

#[test]
fn a_host_with_default_sigpipe_survives_writes_into_a_dead_connection() {
    let seen = c_program("sigpipe").command().arg("writes").run();
    assert_eq!(seen.code, Some(SIGPIPE_STATUS), "{seen:?}");
}

#[test]
fn signals_of_the_host_are_handled_on_threads_of_the_host() {
    let emulator = emulator(false);
    against(&emulator, "signals", "storm").run().expect_ok();
}

#[test]
fn a_signal_that_the_host_blocks_is_handled_by_nobody() {
    let emulator = emulator(false);
    against(&emulator, "signals", "blocked").run().expect_ok();
}

#[test]
fn threads_of_ours_block_all_signals_but_those_of_a_fault() {
    let emulator = emulator(false);
    against(&emulator, "masks", "threads").run().expect_ok();
}

#[test]
fn masks_dispositions_and_errno_are_left_as_they_were() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        against(&emulator, "masks", "callers-own").run().expect_ok();
    });
}

#[test]
fn threads_that_begin_while_all_is_blocked_leave_faults_to_the_hosts_handler() {
    let emulator = emulator(false);
    against(&emulator, "masks", "all-blocked").run().expect_ok();
}
