//! Many threads at once: one client serves them all, and what others do does not show.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use imagekit_emulator::Emulator;
use serde_json::Value;

use crate::calls::basic;
use crate::hosts::{self, against, emulator, new_path};
use crate::support::{Run, c_program};

#[test]
fn sixty_four_threads_share_a_client_while_others_come_and_go() {
    let emulator = emulator(false);
    crowd(&emulator, 64, 200).run().expect_ok();
    assert!(emulator.requests() >= 64 * 200, "{}", emulator.requests());
}

#[test]
fn threads_share_a_connection_over_tls() {
    let emulator = emulator(true);
    crowd(&emulator, 16, 50).run().expect_ok();
    assert!(emulator.requests() >= 16 * 50, "{}", emulator.requests());
}

#[test]
#[ignore = "needs valgrind; run with -- --ignored"]
fn valgrind_finds_no_error_and_no_leak_in_sixty_four_threads() {
    let emulator = emulator(false);
    let run = crowd(&emulator, 64, 3).under("valgrind", VALGRIND);
    run.time_limit(Duration::from_secs(300)).run().expect_ok();
    assert!(emulator.requests() >= 64 * 3, "{}", emulator.requests());
}

/// The I/O thread is alive at the end of a process, so what it holds is only possibly lost.
const VALGRIND: &[&str] = &[
    "--quiet",
    "--error-exitcode=9",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite,indirect",
    "--show-leak-kinds=definite,indirect",
];

#[test]
fn a_hundred_callers_wait_on_one_thread_of_ours_each_to_its_deadline() {
    c_program("threads")
        .command()
        .arg("silence")
        .run()
        .expect_ok();
}

#[test]
fn a_cancelled_thread_ends_after_its_call() {
    c_program("cancel")
        .command()
        .arg("during")
        .run()
        .expect_ok();
}

#[test]
fn a_thread_that_is_cancelled_already_ends_after_its_call() {
    for tls in [false, true] {
        let emulator = emulator(tls);
        against(&emulator, "cancel", "before").run().expect_ok();
        assert_eq!(emulator.requests(), 11);
    }
}

/// A folder with the answer for each file, as it comes when one asks without the library.
fn expected_answers(emulator: &Emulator) -> PathBuf {
    let plain = hosts::emulator(false); // holds the same files, and asking needs no TLS
    let folder = new_path("expected");
    fs::create_dir(&folder).expect("a folder for the answers");
    for id in emulator.file_ids() {
        let body = get(&plain, &format!("/v1/files/{id}/versions")).expect("an answer");
        let value: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(
            Some(value),
            emulator.versions(&id),
            "not the answer for {id}"
        );
        fs::write(folder.join(id), body).expect("a file for the answer");
    }
    folder
}

/// The body of an answer that comes in one piece.
fn get(emulator: &Emulator, path: &str) -> io::Result<String> {
    let base_url = emulator.base_url();
    let address = base_url.strip_prefix("http://").unwrap_or_default();
    let authorization = basic(emulator.private_key());
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Authorization: Basic {authorization}\r\n\r\n",
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    Ok(body.to_owned())
}

/// So many threads with so many calls each, every answer compared byte for byte.
fn crowd(emulator: &Emulator, threads: usize, calls: usize) -> Run {
    against(emulator, "threads", "all-right")
        .arg("--expected")
        .arg(expected_answers(emulator))
        .arg("--threads")
        .arg(threads.to_string())
        .arg("--calls")
        .arg(calls.to_string())
        .arg("--max-retries")
        .arg("0")
}
