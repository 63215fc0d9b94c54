//! The program that shows the languages to a newcomer, built beside this one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs};

use imagekit_emulator::{Emulator, Options};
use libtest_mimic::Trial;

use crate::answers::{expect_json, expect_lines, versions};
use crate::kit::without_wishes;
use crate::languages::{LANGUAGES, Language};
use crate::promises::UNKNOWN;
use crate::running::run;
use crate::whole;

#[rustfmt::skip]
pub fn trials() -> Vec<Trial> {
    vec![
        whole("quickstart::what_it_does_not_understand_gets_the_usage_and_exit_2", usage),
        whole("quickstart::a_missing_runtime_is_named_with_its_package_and_exit_69", missing),
        whole("quickstart::the_exit_code_is_that_of_the_program", exit_code),
        whole("quickstart::without_a_key_its_own_emulator_answers", without_a_key),
    ]
}

/// Between what it says before and after, what the program says is shown as it comes.
pub fn shows_the_versions(language: &Language, emulator: &Emulator) {
    let file_id = &emulator.file_ids()[0];
    let mut command = quickstart(&["--language", language.name, file_id]);
    command.env("IMAGEKIT_PRIVATE_KEY", emulator.private_key());
    command.env("IMAGE_KIT_BASE_URL", emulator.base_url());
    let seen = run(command).expect_code(0);
    let parts: Vec<&str> = seen.stdout.split("\n\n").collect();
    let asking = format!("Asking the server in IMAGE_KIT_BASE_URL for file {file_id}");
    assert_eq!(parts[0], asking);
    match language.prints_json {
        false => expect_lines(emulator, file_id, parts[1]),
        true => {
            expect_json(emulator, file_id, parts[1]);
            for version in versions(emulator, file_id) {
                let id = version["versionInfo"]["id"].as_str().expect("an id");
                assert!(
                    parts[2].contains(id),
                    "{id} is not in the table: {}",
                    parts[2]
                );
            }
        }
    }
    assert!(parts.last().is_some_and(|last| last.contains("curl -u")));
}

fn usage() {
    let rows: &[&[&str]] = &[
        &["--language", "cobol"],
        &["--language"],
        &["--language", "c", "--language", "c"],
        &["--lang", "c"],
        &["--help"],
        &["a", "b"],
    ];
    for row in rows {
        let seen = run(quickstart(row)).expect_code(2);
        assert_eq!(seen.stdout, "", "{row:?}");
        assert!(seen.stderr.starts_with("usage: "), "{row:?}: {seen:#?}");
        for language in LANGUAGES {
            assert!(seen.stderr.contains(language.name), "{row:?}: {seen:#?}");
        }
    }
    let mut no_file = quickstart(&["--language", "c"]);
    no_file.env("IMAGEKIT_PRIVATE_KEY", "private_key");
    let seen = run(no_file).expect_code(2);
    assert!(seen.stderr.starts_with("usage: "), "{seen:#?}");
}

/// On a machine that has nothing at all.
fn missing() {
    for language in LANGUAGES {
        let mut command = quickstart(&["--language", language.name]);
        command.env("PATH", "/nowhere");
        for named in ["CC", "CXX"] {
            command.env_remove(named);
        }
        let seen = run(command).expect_code(69);
        assert_eq!(seen.stdout, "");
        let need = &language.needs[0];
        assert!(
            seen.stderr.starts_with(&format!("Missing: {}", need.what)),
            "{seen:#?}"
        );
        let install = need.install[0].1;
        assert!(
            install.contains("install") && seen.stderr.contains(install),
            "{seen:#?}"
        );
    }
}

fn exit_code() {
    let seen = run(quickstart(&["--language", "c", UNKNOWN])).expect_code(1);
    assert!(seen.stderr.starts_with("not_found: {"), "{seen:#?}");
}

fn without_a_key() {
    let seen = run(quickstart(&[])).expect_code(0);
    let emulator = Emulator::start(Options::default()).expect("an emulator");
    let parts: Vec<&str> = seen.stdout.split("\n\n").collect();
    expect_json(&emulator, &emulator.file_ids()[0], parts[1]);
    assert!(parts[0].starts_with("Asking the emulator at http://127.0.0.1:"));
}

fn quickstart(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    without_wishes(&mut command);
    command.args(arguments);
    command
}

/// `cargo test` builds it; `cargo test --test languages` does not.
fn program() -> PathBuf {
    let ours = env::current_exe().expect("the path of this test program");
    let profile = ours.ancestors().nth(2).expect("the profile's folder");
    let program = profile.join("examples/quickstart");
    let made = changed(&program);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let sources = fs::read_dir(sources).expect("its sources");
    let is_old = sources
        .map(|entry| changed(&entry.expect("an entry").path()))
        .any(|source| source > made);
    assert!(
        made.is_some() && !is_old,
        "{} is not there or old: cargo build --example quickstart",
        program.display()
    );
    program
}

fn changed(path: &Path) -> Option<SystemTime> {
    let metadata = fs::metadata(path).ok()?;
    metadata.modified().ok()
}
