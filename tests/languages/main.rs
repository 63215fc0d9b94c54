//! The second test program: every language gets its versions, for real.
//!
//! What is promised is the same for all; what differs stands in the table that the quickstart has.
//! Where a compiler or a runtime is missing, the language's tests are *ignored*, with what to install
//! as the reason. With `IK_REQUIRE_ALL_LANGUAGES=1` they fail.

#[path = "../../examples/quickstart/languages.rs"]
mod languages; // the table
#[path = "../../examples/quickstart/workshop.rs"]
mod workshop; // the library just built, and programs made with it

mod answers; // what a program must print, by what the emulator holds
mod canned; // a server for what the emulator does not say
mod kit; // a language's programs, made once
mod promises; // what is asked of each language
mod quickstart; // the program that shows them to a newcomer
mod running; // runs that end in bounded time

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::{env, fs};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use kit::Kit;
use languages::LANGUAGES;
use running::run;
use workshop::Workshop;

type Check = fn(&Kit);

/// The same for all. A language's own follow.
const PROMISES: &[(&str, Check)] = &[
    (
        "lists_the_versions_the_first_id_the_response_and_the_unknown_file",
        promises::lists_the_versions,
    ),
    (
        "finds_the_library_by_its_name_alone",
        promises::finds_the_library_by_its_name_alone,
    ),
    (
        "prints_utf_8_in_any_locale",
        promises::prints_utf_8_in_any_locale,
    ),
    (
        "an_unknown_file_id_ends_with_the_error_and_exit_1",
        promises::an_unknown_file_id_is_an_error,
    ),
    (
        "without_a_file_id_the_usage_and_exit_2",
        promises::without_a_file_id_the_usage,
    ),
    (
        "without_a_key_the_error_says_where_to_put_it",
        promises::without_a_key_the_error_names_the_variable,
    ),
    (
        "four_calls_together_take_as_long_as_one",
        promises::four_calls_together_take_as_long_as_one,
    ),
];

/// A language, a promise that it alone has, and the program in its folder here that checks it: it
/// gets the id of a file, whose answer takes 50 ms, and prints `kept`; or it ends with 69 and says
/// what it lacks.
#[rustfmt::skip]
const OWN_PROMISES: &[(&str, &str, &str)] = &[
    ("python", "threads_wait_together", "threads"),
    ("python", "of_64_awaited_calls_none_waits_for_another", "together"),
    ("python", "what_cannot_be_right_is_refused_before_it_is_sent", "refused"),
    ("python", "every_string_is_freed", "leaks"),
    ("python", "an_end_with_calls_in_flight_is_a_quiet_end", "exit_in_flight"),
    ("python", "a_library_that_is_not_found_is_an_error_that_says_what_to_do", "no_library"),
    ("python", "ctrl_c_ends_a_call_and_errors_pass_between_processes", "interrupts"),
    ("node", "workers_may_end_with_calls_open", "workers"),
    ("node", "of_64_calls_none_waits_for_another", "together"),
    ("node", "what_cannot_be_right_is_refused_before_it_is_sent", "refused"),
    ("node", "every_string_is_freed", "leaks"),
    ("node", "an_open_call_keeps_the_process_alive", "alive"),
    ("node", "an_end_with_calls_in_flight_is_a_quiet_end", "exit_in_flight"),
    ("node", "a_library_that_is_not_found_is_an_error_that_says_what_to_do", "no_library"),
    ("go", "what_cannot_be_sent_is_an_error_that_says_so", "refusals"),
    ("go", "200_goroutines_get_their_answers_and_c_keeps_no_pointer", "goroutines"),
    ("go", "a_context_that_ends_ends_the_call", "contexts"),
    ("go", "every_string_is_freed", "leaks"),
    ("java", "what_cannot_be_sent_is_an_exception_that_says_so", "refusals"),
    ("java", "the_collector_takes_nothing_that_is_needed", "collected"),
    ("java", "a_process_that_follows_an_answer_blocks_no_other_signals", "processes"),
    ("java", "futures_may_wait_fail_be_cancelled_and_be_left_alone", "futures"),
    ("java", "every_string_is_freed", "leaks"),
    ("ruby", "keeps_clear_of_the_pitfalls_of_fiddle", "pitfalls"),
    ("ruby", "a_library_that_is_not_found_is_an_error_that_says_what_to_do", "no_library"),
    ("php", "keeps_clear_of_the_pitfalls_of_ffi", "pitfalls"),
    ("php", "a_web_server_loads_the_library_once_and_uses_it_in_its_workers", "fpm"),
    ("php", "a_library_that_is_not_found_is_an_error_that_says_what_to_do", "no_library"),
    ("csharp", "what_cannot_be_sent_is_an_exception_that_says_so", "refusals"),
    ("csharp", "the_collector_takes_nothing_that_is_needed_and_waits_for_nobody", "collected"),
    ("csharp", "tasks_may_wait_fail_be_cancelled_and_be_left_alone", "tasks"),
    ("csharp", "every_string_is_freed", "leaks"),
];

/// The promises that a language does not make, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    // It has no library to be found: the example asks with curl.
    ("shell", "finds_the_library_by_its_name_alone"),
    ("shell", "four_calls_together_take_as_long_as_one"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let workshop = Arc::new(Workshop::open(&library()).expect("a folder with the library"));
    let mut trials = quickstart::trials();
    trials.push(whole("the_table_and_the_folders_agree", agree));
    trials.push(whole(
        "a_missing_runtime_is_a_reason_or_a_failure_where_all_are_required",
        without_runtimes,
    ));
    for language in LANGUAGES {
        let kit = Arc::new(Kit::new(language, Arc::clone(&workshop)));
        trials.extend(promises(&kit));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(workshop); // the last of it: the folder goes
    conclusion.exit_code()
}

/// The one that was just built, or the build that IK_LIBRARY names.
fn library() -> std::path::PathBuf {
    let named = env::var_os("IK_LIBRARY");
    let named = named.map(|named| fs::canonicalize(named).expect("the library of IK_LIBRARY"));
    named.unwrap_or_else(|| workshop::fresh_library().expect("the library"))
}

fn promises(kit: &Arc<Kit>) -> Vec<Trial> {
    let name = kit.language.name;
    let common = PROMISES
        .iter()
        .filter(|(promise, _)| !EXCEPTIONS.contains(&(name, promise)))
        .map(|&(promise, check)| {
            let kept = move |kit: &Kit| {
                check(kit);
                None
            };
            of(kit, promise, kept)
        });
    let own = OWN_PROMISES
        .iter()
        .filter(|(language, _, _)| *language == name)
        .map(|&(_, promise, program)| of(kit, promise, |kit| promises::keeps(kit, program)));
    common.chain(own).collect()
}

/// One promise of one language: kept, broken, or not to be asked on this machine, which lacks what
/// the language needs, or what the check returns.
fn of<C>(kit: &Arc<Kit>, promise: &str, check: C) -> Trial
where
    C: Fn(&Kit) -> Option<String> + Send + 'static,
{
    let kit = Arc::clone(kit);
    let name = format!("{}::{promise}", kit.language.name);
    Trial::ignorable_test(name, move || {
        let (message, reason) = match kit.missing() {
            Some(need) => {
                let install = need.install.first().map_or("", |(_, command)| command);
                (need.message(), format!("it needs {}: {install}", need.what))
            }
            None => match check(&kit) {
                Some(lack) => (lack.clone(), lack),
                None => return Ok(Completion::Completed),
            },
        };
        match requires_all() {
            true => Err(Failed::from(message)),
            false => Ok(Completion::ignored_with(reason)),
        }
    })
}

fn requires_all() -> bool {
    env::var_os("IK_REQUIRE_ALL_LANGUAGES").is_some_and(|all| all == "1")
}

/// A test that is not of one language.
fn whole(name: &str, check: fn()) -> Trial {
    Trial::test(name, move || {
        check();
        Ok(())
    })
}

fn agree() {
    let mut named: Vec<_> = LANGUAGES.iter().map(|language| language.name).collect();
    named.sort_unstable();
    for (folder, without) in [("examples", "quickstart"), ("tests/languages", "shell")] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = fs::read_dir(&folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let folders = paths.filter(|path| path.is_dir());
        let names = folders.map(|path| path.file_name().expect("a name").to_owned());
        let mut names: Vec<_> = names
            .map(|name| name.into_string().expect("UTF-8"))
            .collect();
        names.sort_unstable();
        names.retain(|name| name != without);
        let expected = named.iter().copied().filter(|name| *name != without);
        assert_eq!(names, expected.collect::<Vec<_>>(), "{}", folder.display());
    }
}

/// This program on a machine that has nothing at all.
fn without_runtimes() {
    let rows = [
        ("", 0, "ignored (it needs ", "; 0 failed;"),
        ("1", 101, "FAILED", "Missing: "),
    ];
    for (all, code, each, once) in rows {
        let mut command = Command::new(env::current_exe().expect("our path"));
        command.args(["without_a_file_id", "--color", "never"]);
        command
            .env("PATH", "/nowhere")
            .env("IK_REQUIRE_ALL_LANGUAGES", all);
        command.env_remove("CC").env_remove("CXX");
        let seen = run(command).expect_code(code);
        for language in LANGUAGES {
            let begin = format!("test {}::without_a_file_id", language.name);
            let mut lines = seen.stdout.lines();
            let line = lines.find(|line| line.starts_with(&begin)).expect(&begin);
            assert!(line.contains(each), "{line}");
        }
        assert!(seen.stdout.contains(once), "{seen:#?}");
    }
}
