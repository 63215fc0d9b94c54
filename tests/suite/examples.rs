//! The programs in `examples/c`, compiled and run as their users do.

mod event_loop; // answers, standard input and a clock in one poll()
mod many_files; // ids in, JSON lines out, and what is left
mod one_file; // one call, waited for or in the background
mod restoring; // a version becomes current, and what is known of that call
mod running; // a program that is written to and heard while it runs

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::Value;

use crate::hosts::emulator;
use crate::script::{Server, ok};
use crate::support::{Seen, in_parallel, library_dir, scratch_dir};
use running::Running;

/// For whatever has to happen.
const BOUND: Duration = Duration::from_secs(60);

const NAMES: [&str; 5] = [
    "get_file_versions",
    "versions_async",
    "versions_event_loop",
    "versions_many",
    "restore_version",
];

/// No file and no version has it.
const UNKNOWN: &str = "0123456789abcdef01234567";

/// What a scripted server answers where any list of versions will do.
const LIST: &str = r#"[{"versionInfo":{"id":"v2"}},{"versionInfo":{"id":"v1"}}]"#;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/c")
}

fn source(name: &str) -> PathBuf {
    folder().join(name).with_extension("c")
}

/// A compiler that is told what a careful user tells it.
fn compiler(name: &str, standard: &str) -> Command {
    let mut cc = Command::new(name);
    cc.args([standard, "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
    cc.arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include"));
    cc
}

fn expect_silence(mut cc: Command) {
    let made = cc.output().expect("a C compiler");
    let complaints = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{cc:?}\n{complaints}");
}

/// The program, compiled once per test process.
fn compiled(name: &str) -> PathBuf {
    type Programs = HashMap<String, Arc<OnceLock<PathBuf>>>;
    static PROGRAMS: LazyLock<Mutex<Programs>> = LazyLock::new(Mutex::default);

    let cell = {
        let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(programs.entry(name.to_owned()).or_default())
    };
    let path = cell.get_or_init(|| {
        let folder = scratch_dir().join("examples");
        fs::create_dir_all(&folder).expect("a folder for the examples");
        let program = folder.join(name);
        let named = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let mut cc = compiler(&named, "-std=c99");
        cc.arg(source(name)).arg("-o").arg(&program);
        cc.arg("-L").arg(library_dir()).arg("-limagekit");
        cc.arg(format!("-Wl,-rpath,{}", library_dir().display()));
        expect_silence(cc);
        program
    });
    path.clone()
}

/// A run of an example against a server, in an environment that says nothing else.
fn example(name: &str, url: &str) -> Command {
    let mut command = Command::new(compiled(name));
    command.env_clear().env("IMAGE_KIT_BASE_URL", url);
    command.env("IMAGEKIT_PRIVATE_KEY", Options::default().private_key);
    command
}

/// The same run, started by another program.
fn under(program: &str, arguments: &[&str], plain: &Command) -> Command {
    let mut command = Command::new(program);
    command.env_clear().args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        command.env(name, value.expect("a value"));
    }
    command
}

/// The same run with one of its streams redirected, as in a shell.
fn redirected(how: &str, plain: &Command) -> Command {
    let script = format!("exec \"$0\" \"$@\" {how}");
    under("sh", &["-c", &script], plain)
}

/// Runs it to its end, with this on its standard input.
fn run(command: Command, input: impl AsRef<[u8]>) -> Seen {
    let mut running = Running::start(command);
    running.write(input);
    running.end()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

/// The error document that stands behind the status on standard error.
fn error_of(seen: &Seen, status: &str) -> Value {
    let begin = format!("{status}: {{");
    let lines = seen.stderr.lines();
    let mut documents = lines.filter(|line| line.starts_with(&begin));
    let document = documents.next().unwrap_or_else(|| panic!("{seen:#?}"));
    let mut document = json(&document[status.len() + 2..]);
    assert_eq!(document["error"]["code"], status);
    document["error"].take()
}

fn version_ids(emulator: &Emulator, file_id: &str) -> Vec<String> {
    let versions = emulator.versions(file_id).expect("a file");
    let ids = versions.as_array().into_iter().flatten();
    let ids = ids.filter_map(|version| version["versionInfo"]["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[test]
fn every_example_compiles_without_a_warning_and_says_how() {
    let is_there = |compiler: &&str| Command::new(compiler).arg("--version").output().is_ok();
    let compilers: Vec<_> = ["gcc", "clang"].into_iter().filter(is_there).collect();
    let mut rows = Vec::new();
    for entry in fs::read_dir(folder()).expect("the examples") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name").to_owned();
        assert!(NAMES.contains(&&*name), "{name} has no test");
        for compiler in &compilers {
            let standards = ["-std=c99", "-std=c11", "-std=c2x"];
            rows.extend(standards.map(|standard| (name.clone(), *compiler, standard)));
        }
    }
    assert_eq!(rows.len(), NAMES.len() * compilers.len() * 3);
    in_parallel(&rows, |(name, cc, standard)| {
        let mut cc = compiler(cc, standard);
        cc.arg("-c").arg(source(name)).args(["-o", "/dev/null"]);
        expect_silence(cc);
        let text = fs::read_to_string(source(name)).expect("a source");
        let how = format!("cc {name}.c -limagekit -o {name}\n");
        assert!(text.contains(&how), "{name}");
    });
}

#[test]
fn every_example_refuses_what_it_does_not_understand() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str])] = &[
        ("get_file_versions", &[]),
        ("get_file_versions", &["a", "b"]),
        ("versions_async",    &[]),
        ("versions_async",    &["a", "b"]),
        ("restore_version",   &[]),
        ("restore_version",   &["a", "b", "c"]),
        ("versions_many",     &["a"]),
        ("versions_many",     &["--rate"]),
        ("versions_many",     &["--rate", "much"]),
        ("versions_many",     &["--rate", "4294967296"]),
        ("versions_many",     &["--concurrency", "1x"]),
        ("versions_many",     &["--concurrency", "-1"]),
        ("versions_many",     &["--failed"]),
        ("versions_many",     &["--list", "--lists"]),
    ];
    let server = Server::answers([ok(LIST)]);
    in_parallel(rows, |(name, arguments)| {
        let mut command = example(name, &server.url());
        command.args(*arguments);
        let seen = run(command, "");
        assert_eq!(seen.code, Some(2), "{seen:#?}");
        assert!(seen.stderr.starts_with("usage: "), "{seen:#?}");
        assert_eq!(seen.stdout, "");
    });
    assert_eq!(server.connection_count(), 0);
}

#[test]
fn every_example_says_that_there_is_no_key() {
    in_parallel(&NAMES, |name| {
        let mut command = example(name, "http://127.0.0.1:1");
        command.env_remove("IMAGEKIT_PRIVATE_KEY");
        if !["versions_event_loop", "versions_many"].contains(name) {
            command.arg(UNKNOWN);
        }
        let seen = run(command, "");
        assert_eq!(seen.code, Some(1), "{seen:#?}");
        assert_eq!(seen.stdout, "");
        let message = error_of(&seen, "invalid_argument")["message"].to_string();
        assert!(message.contains("IMAGEKIT_PRIVATE_KEY"), "{message}");
    });
}

#[test]
fn input_that_cannot_be_read_is_an_error() {
    in_parallel(&["versions_event_loop", "versions_many"], |name| {
        let command = example(name, "http://127.0.0.1:1");
        let seen = run(redirected("< /", &command), "");
        assert_eq!(seen.code, Some(1), "{seen:#?}");
        assert!(seen.stderr.starts_with("standard input: "), "{seen:#?}");
    });
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
#[ignore = "needs valgrind; run with -- --ignored"]
fn valgrind_finds_no_error_and_no_leak_in_the_examples() {
    let emulator = emulator(false);
    let ids = emulator.file_ids();
    let input = format!("{}\n{UNKNOWN}\n\n{}", ids[0], ids[1]);
    let rows = [
        ("get_file_versions", vec![&*ids[0]], 0),
        ("versions_async", vec![&*ids[0]], 0),
        ("versions_async", vec![UNKNOWN], 1),
        ("versions_event_loop", vec![], 1),
        ("versions_many", vec!["--failed", "/dev/null"], 1),
        ("versions_many", vec!["--list"], 0),
        ("restore_version", vec![&*ids[0]], 0),
        ("restore_version", vec![&*ids[0], UNKNOWN], 1),
    ];
    in_parallel(&rows, |(name, arguments, code)| {
        let mut plain = example(name, &emulator.base_url());
        plain.args(arguments);
        let command = under("valgrind", VALGRIND, &plain);
        let seen = run(command, &input);
        assert_eq!(seen.code, Some(*code), "{seen:#?}");
    });
}
