//! What is asked of each language.

use std::process::Command;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::json;

use crate::answers::{expect_error, expect_json, expect_lines, versions};
use crate::canned;
use crate::kit::Kit;
use crate::quickstart;
use crate::running::run;

/// The exit code of a program for which something has to be installed.
const MISSING: i32 = 69;

/// Nobody has it.
pub const UNKNOWN: &str = "0123456789abcdef01234567";

/// Nor this one, which the examples ask for.
const EXAMPLES_UNKNOWN: &str = "000000000000000000000000";

pub fn emulator() -> Emulator {
    Emulator::start(Options::default()).expect("an emulator")
}

/// One whose answers take so long.
fn slow_emulator(delay: Duration) -> Emulator {
    let options = Options {
        delay,
        ..Options::default()
    };
    Emulator::start(options).expect("an emulator")
}

/// As a newcomer sees it, who runs the quickstart; for a file of each kind that the emulator has.
pub fn lists_the_versions(kit: &Kit) {
    for file_id in emulator().file_ids() {
        let emulator = emulator();
        let mut command = kit.example(&emulator);
        command.arg(&file_id);
        expect_answer(kit, &emulator, &file_id, command);
    }
    let emulator = emulator();
    quickstart::shows_the_versions(kit.language, &emulator);
}

/// Where `IMAGEKIT_LIBRARY` is empty, it is not set: the system's loader finds the library.
pub fn finds_the_library_by_its_name_alone(kit: &Kit) {
    let emulator = emulator();
    let file_id = &emulator.file_ids()[0];
    let mut command = kit.example(&emulator);
    command.arg(file_id).env("IMAGEKIT_LIBRARY", "");
    expect_answer(kit, &emulator, file_id, command);
}

fn expect_answer(kit: &Kit, emulator: &Emulator, file_id: &str, command: Command) {
    let seen = run(command).expect_code(0);
    assert_eq!(seen.stderr, "");
    match kit.language.prints_json {
        true => expect_json(emulator, file_id, &seen.stdout),
        false => expect_lines(emulator, file_id, &seen.stdout),
    }
}

/// A file's name has letters of any script, and the locale here has those of ASCII.
pub fn prints_utf_8_in_any_locale(kit: &Kit) {
    const NAME: &str = "Größe-李-\u{1f3a8}.jpg";
    let versions = json!([{"name": NAME, "versionInfo": {"id": "v1", "name": "Version 1"}}]);
    let server = canned::serve(versions.to_string(), EXAMPLES_UNKNOWN);

    let mut command = kit.example(&emulator());
    command.arg("any").env("LC_ALL", "C");
    command.env("IMAGE_KIT_BASE_URL", server);
    let seen = run(command).expect_code(0);
    assert_eq!(seen.stderr, "");
    let line = match kit.language.prints_json {
        false => format!("v1  Version 1  {NAME}\n"),
        true => format!("{versions}\n"),
    };
    assert!(seen.stdout.contains(&line), "{line} is not in {seen:#?}");
}

pub fn an_unknown_file_id_is_an_error(kit: &Kit) {
    let emulator = emulator();
    let mut command = kit.example(&emulator);
    command.arg(UNKNOWN);
    let seen = run(command).expect_code(1);
    expect_error(&seen, kit.language.prints_json);
    assert_eq!(emulator.requests(), 1);
}

pub fn without_a_file_id_the_usage(kit: &Kit) {
    let emulator = emulator();
    let seen = run(kit.example(&emulator)).expect_code(2);
    assert_eq!(seen.stdout, "");
    assert!(seen.stderr.starts_with("usage: "), "{seen:#?}");
    assert!(seen.stderr.contains("FILE_ID"), "{seen:#?}");
    assert_eq!(emulator.requests(), 0);
}

pub fn without_a_key_the_error_names_the_variable(kit: &Kit) {
    let emulator = emulator();
    let mut command = kit.example(&emulator);
    command.arg(UNKNOWN).env_remove("IMAGEKIT_PRIVATE_KEY");
    let seen = run(command).expect_code(1);
    assert_eq!(seen.stdout, "");
    assert!(seen.stderr.contains("IMAGEKIT_PRIVATE_KEY"), "{seen:#?}");
    assert_eq!(emulator.requests(), 0);
}

/// A busy machine spoils a round now and then, calls that wait for one another spoil them all.
pub fn four_calls_together_take_as_long_as_one(kit: &Kit) {
    const DELAY: Duration = Duration::from_millis(50);
    const LIMIT: Duration = Duration::from_millis(150);
    const TRIES: usize = 3;

    let emulator = slow_emulator(DELAY);
    let ids = &emulator.file_ids()[..4];
    let mut times = Vec::new();
    for _ in 0..TRIES {
        let before = emulator.requests();
        let mut command = kit.own_program("concurrent", &emulator);
        command.args(ids);
        let seen = run(command).expect_code(0);
        let rounds: Vec<Duration> = seen.lines().iter().map(|line| round(line)).collect();
        assert!((1..=5).contains(&rounds.len()), "{seen:#?}");
        assert_eq!(emulator.requests() - before, 1 + 4 * rounds.len() as u64);
        let best = rounds.into_iter().min().expect("a round");
        assert!(best + Duration::from_millis(1) >= DELAY, "{seen:#?}");
        if best < LIMIT {
            return;
        }
        times.push(best);
    }
    panic!("the best rounds took {times:?} and not under {LIMIT:?}");
}

/// `4 answers in 53 ms`
fn round(line: &str) -> Duration {
    let ms = line.strip_prefix("4 answers in ");
    let ms = ms.and_then(|rest| rest.strip_suffix(" ms")?.parse().ok());
    Duration::from_millis(ms.unwrap_or_else(|| panic!("a round: {line}")))
}

/// A promise of one language alone: its program says that it is kept, or what it lacks.
pub fn keeps(kit: &Kit, program: &str) -> Option<String> {
    let emulator = slow_emulator(Duration::from_millis(50));
    let file_id = &emulator.file_ids()[0];
    assert!(!versions(&emulator, file_id).is_empty());
    let mut command = kit.own_program(program, &emulator);
    command.arg(file_id);
    let seen = run(command);
    if seen.code == Some(MISSING) {
        return Some(seen.stderr.trim_end().to_owned());
    }
    let seen = seen.expect_code(0);
    assert_eq!((&*seen.stdout, &*seen.stderr), ("kept\n", ""));
    None
}
