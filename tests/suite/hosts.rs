//! What a host process does to the library without meaning harm: it forks, has signals, closes
//! descriptors, has small stacks or none to spare, unloads us, ends in the middle of a call.

mod forks; // fork() and its relatives

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use imagekit::{Client, Config, operation};
use imagekit_emulator::{Emulator, Options};

use crate::script::{Server, Step, ok, send};
use crate::support::{Run, c_program, in_parallel, library_dir, scratch_dir};

pub fn emulator(tls: bool) -> Emulator {
    let options = Options {
        tls,
        ..Options::default()
    };
    Emulator::start(options).expect("an emulator")
}

/// A run of one part of a C program, which is told of this emulator and of a file in it.
pub fn against(emulator: &Emulator, program: &str, part: &str) -> Run {
    let ids = emulator.file_ids();
    let run = to_url(&emulator.base_url(), program, part)
        .arg("--key")
        .arg(emulator.private_key())
        .arg("--id")
        .arg(&ids[0]);
    match emulator.ca_pem() {
        Some(pem) => {
            let file = new_path("ca.pem");
            fs::write(&file, pem).expect("a file for the certificate");
            run.arg("--ca-file").arg(file)
        }
        None => run,
    }
}

/// The same for a server that knows no files and no keys; where a key follows, the last one counts.
fn to_url(base_url: &str, program: &str, part: &str) -> Run {
    let run = c_program(program).command().arg(part);
    run.arg("--base-url").arg(base_url)
}

fn to_server(server: &Server, program: &str, part: &str) -> Run {
    let run = to_url(&server.url(), program, part);
    run.arg("--key").arg("private_host")
}

/// A path that nobody else uses.
pub fn new_path(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    scratch_dir().join(format!("{number}-{name}"))
}

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
#[cfg(not(debug_assertions))]
#[test]
fn calls_handed_over_while_descriptors_are_lost_end_by_their_deadlines() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "descriptors", "during-hand-overs");
        let seen = run.arg("--timeout-ms").arg("500").run().expect_ok();
        crate::names::expect_each_by(&seen, Duration::from_millis(500 + 250));
    });
}

#[test]
fn without_descriptors_a_call_says_so_and_recovers() {
    let rows = [
        ("first-use", false),
        ("warm", false),
        ("making", false),
        ("making", true),
    ];
    in_parallel(&rows, |&(part, tls)| {
        let emulator = emulator(tls);
        let run = against(&emulator, "limits", part);
        run.arg("--max-retries").arg("0").run().expect_ok();
    });
}

#[test]
fn calls_and_frees_work_on_the_smallest_stack() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        against(&emulator, "stacks", "calls").run().expect_ok();
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

#[test]
fn the_library_can_be_loaded_used_and_unloaded_again_and_again() {
    let emulator = emulator(false);
    let library = library_dir().join("libimagekit.so");
    let library = library.to_str().expect("a path in UTF-8");
    against(&emulator, "dlclose", library).run().expect_ok();
}

#[test]
fn calls_work_inside_an_asynchronous_runtime_of_the_host() {
    let emulator = emulator(false);
    let id = emulator.file_ids().remove(0);
    let mut config = Config::default();
    config
        .set_private_key(emulator.private_key())
        .expect("a key");
    config
        .set_base_url(&emulator.base_url())
        .expect("a base URL");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let operation = operation::get_file_versions(&id).expect("an operation");
    let answer = runtime.block_on(async {
        let call = tokio::spawn(async move { Client::new(&config)?.perform(operation) });
        call.await.expect("no panic in there")
    });
    let answer = serde_json::from_slice(&answer.expect("an answer")).expect("JSON");
    assert_eq!(emulator.versions(&id), Some(answer));
}

/// What `exit.c` ends with, in whichever way.
const EXIT_STATUS: i32 = 42;

#[test]
fn a_process_ends_at_once_and_with_its_own_status_while_calls_wait() {
    in_parallel(&["return", "exit", "_exit", "quick_exit"], |way| {
        let seen = c_program("exit").command().arg(way).run();
        assert_eq!(seen.code, Some(EXIT_STATUS), "{seen:?}");
        assert!(seen.took < Duration::from_secs(5), "{seen:?}"); // the calls would wait for 60
    });
}

#[test]
fn calls_work_while_the_process_exits() {
    in_parallel(&["return", "exit", "first-use"], |way| {
        let emulator = emulator(false);
        let seen = against(&emulator, "exit", way).run();
        assert_eq!(seen.code, Some(EXIT_STATUS), "{seen:?}");
        assert_eq!(seen.stdout, "called at exit\n");
        assert_eq!(emulator.requests(), 1);
    });
}
