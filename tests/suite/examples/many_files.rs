//! Ids in, JSON lines out, and what is left to be run again.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::running::{Gate, Running};
use super::{LIST, UNKNOWN, error_of, example, json, redirected, run, under};
use crate::hosts::{emulator, new_path};
use crate::script::{Server, answer, ok, send};
use crate::support::{Seen, in_parallel, leave_out};

/// What each id got, in the order of the lines: its versions, or the code of its error.
fn by_id(seen: &Seen) -> BTreeMap<String, Vec<Result<Value, String>>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in seen.stdout.lines() {
        let mut line = json(line);
        let id = line["fileId"].as_str().expect("an id").to_owned();
        let result = match line["error"]["code"].as_str() {
            None => Ok(line["versions"].take()),
            Some(code) => Err(code.to_owned()),
        };
        assert_eq!(result.is_ok(), line.get("versions").is_some(), "{line}");
        found.entry(id).or_default().push(result);
    }
    found
}

#[test]
fn many_files_are_fetched_at_a_rate_and_what_failed_can_be_run_again() {
    const RATE: u32 = 400;
    let emulator = emulator(false);
    let mut ids = emulator.file_ids();
    ids.extend(emulator.add_files(295, 2));
    let bad = [UNKNOWN, "00000000000000000000000f", "nonsense"];
    ids.splice(100..100, bad.map(str::to_owned));
    let repeated: Vec<_> = ids.iter().step_by(10).cloned().collect();
    assert!(repeated.contains(&UNKNOWN.to_owned()));
    let requests = ids.len();
    ids.extend(repeated);

    let rest = new_path("rest");
    let mut command = example("versions_many", &emulator.base_url());
    command.args(["--rate", &RATE.to_string(), "--concurrency", "40"]);
    command.arg("--failed").arg(&rest);
    let seen = run(command, ids.join("\n"));
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    assert_eq!(seen.stderr, "", "progress is for terminals");
    assert_eq!(
        emulator.requests(),
        requests as u64,
        "an id is asked for once"
    );
    let turns = u32::try_from(requests - 1).expect("a small number");
    let least = Duration::from_secs(1) * turns / RATE;
    assert!(seen.took >= least, "{:?} and not {least:?}", seen.took);

    let found = by_id(&seen);
    assert_eq!(found.len(), requests);
    for (id, results) in &found {
        let times = ids.iter().filter(|given| *given == id).count();
        let expected = emulator.versions(id).ok_or(if id == "nonsense" {
            "bad_request".to_owned()
        } else {
            "not_found".to_owned()
        });
        assert_eq!(results, &vec![expected; times], "{id}");
    }

    let failed = fs::read_to_string(&rest).expect("the ids that failed");
    let expected: Vec<_> = ids.iter().filter(|id| bad.contains(&id.as_str())).collect();
    assert_eq!(failed.lines().collect::<Vec<_>>(), expected);

    let again = run(example("versions_many", &emulator.base_url()), &failed);
    assert_eq!(again.code, Some(1), "{again:#?}");
    assert_eq!(again.stdout.lines().count(), failed.lines().count());
}

#[test]
fn many_files_that_all_succeed_leave_nothing_to_run_again() {
    let emulator = emulator(false);
    let rest = new_path("rest");
    fs::write(&rest, "of an earlier run\n").expect("a file");
    for (input, lines) in [
        (emulator.file_ids().join("\r\n"), 5),
        ("\n\n".to_owned(), 0),
    ] {
        let mut command = example("versions_many", &emulator.base_url());
        command.arg("--failed").arg(&rest);
        let seen = run(command, input).expect_ok();
        assert_eq!(seen.stdout.lines().count(), lines);
        assert_eq!(fs::read_to_string(&rest).expect("a file"), "");
    }
}

#[test]
fn many_files_can_be_those_that_the_account_lists() {
    in_parallel(&[0, 1, 95, 195, 250], |&more| {
        let emulator = emulator(false);
        emulator.add_files(more, 1);
        let mut command = example("versions_many", &emulator.base_url());
        command.arg("--list");
        let seen = run(command, UNKNOWN).expect_ok();
        let found = by_id(&seen);
        let ids = emulator.file_ids();
        assert_eq!(found.len(), ids.len());
        for id in &ids {
            assert_eq!(
                Some(&found[id]),
                emulator.versions(id).map(|all| vec![Ok(all)]).as_ref()
            );
        }
        let pages = ids.len() / 100 + 1;
        assert_eq!(emulator.requests(), (pages + ids.len()) as u64);
    });
}

#[test]
fn many_files_whose_list_fails_are_an_error() {
    let failure = answer(400, "", r#"{"message":"No such order."}"#);
    let server = Server::answers([failure]);
    let rest = new_path("rest");
    fs::write(&rest, "of an earlier run\n").expect("a file");
    let mut command = example("versions_many", &server.url());
    command.arg("--list").arg("--failed").arg(&rest);
    let seen = run(command, "");
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    assert_eq!(error_of(&seen, "bad_request")["message"], "No such order.");
    let kept = fs::read_to_string(&rest).expect("a file");
    assert_eq!(kept, "of an earlier run\n");
}

#[test]
fn each_answer_is_on_a_line_of_its_own_and_untouched() {
    let pretty = "[\r\n  {\"n\": 1.50,\"n\":9007199254740993, \"e\":\"\\/\\u00e9é\\n\" }\n]\n";
    let server = Server::answers([ok(pretty)]);
    let seen = run(example("versions_many", &server.url()), "file").expect_ok();
    let line = pretty.replace(['\r', '\n'], " ");
    assert_eq!(
        seen.stdout,
        format!("{{\"fileId\":\"file\",\"versions\":{line}}}\n")
    );
}

#[test]
fn any_line_is_shown_as_the_id_that_it_is() {
    let server = Server::answers([ok(LIST)]);
    let long = "x".repeat(10_000);
    let mut input = format!("a\"b\\c é\nab\tc\n{long}\n").into_bytes();
    input.extend(b"\xff\xfe\xe9!");
    let seen = run(example("versions_many", &server.url()), input);
    let found = by_id(&seen);
    let refused = vec![Err("invalid_argument".to_owned())];
    let expected = BTreeMap::from([
        ("a\"b\\c é".to_owned(), vec![Ok(json(LIST))]),
        ("ab\tc".to_owned(), refused.clone()),
        (long, refused.clone()),
        ("\u{fffd}\u{fffd}\u{fffd}!".to_owned(), refused),
    ]);
    assert_eq!(found, expected);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn ctrl_c_stops_many_files_and_keeps_what_is_left() {
    let gate = Arc::new(Gate::default());
    let server = Server::deciding({
        let gate = Arc::clone(&gate);
        move |number, _| {
            if number > 0 {
                gate.pass();
            }
            vec![send(ok(LIST))]
        }
    });
    let rest = new_path("rest");
    let mut command = example("versions_many", &server.url());
    command.args(["--concurrency", "1", "--failed"]).arg(&rest);
    let mut running = Running::start(command);
    let ids = ["one", "two", "three", "four"];
    running.write(ids.join("\n"));
    running.close_stdin();
    running.stdout.wait_for("\n");
    running.interrupt();
    gate.open();
    let seen = running.end();
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    assert!(seen.stderr.starts_with("cancelled"), "{seen:#?}");
    let done = seen.stdout.lines().count(); // the signal may still have met the first answer
    assert!((1..=2).contains(&done), "{seen:#?}");
    let left = fs::read_to_string(&rest).expect("a file");
    assert_eq!(left.lines().collect::<Vec<_>>(), ids[done..]);
}

#[test]
fn what_cannot_be_written_is_still_to_be_fetched() {
    let server = Server::answers([ok(LIST)]);
    let rest = new_path("rest");
    let mut command = example("versions_many", &server.url());
    command.arg("--failed").arg(&rest);
    let seen = run(redirected("> /dev/full", &command), "one\ntwo\n");
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    assert!(seen.stderr.contains("standard output: "), "{seen:#?}");
    let left = fs::read_to_string(&rest).expect("a file");
    assert_eq!(left, "one\ntwo\n");
}

#[test]
fn on_a_terminal_many_files_are_listed_and_their_progress_shows() {
    let emulator = emulator(false);
    if Command::new("script").arg("--version").output().is_err() {
        leave_out("an example on a terminal", "no command script is there");
        return;
    }
    let plain = example("versions_many", &emulator.base_url());
    let mut command = under("script", &["-q", "-e", "-c"], &plain); // gives it a terminal
    let running = Running::start({
        command.arg("/dev/null");
        command
    });
    running.stdout.wait_for("\r5 of 5, 0 failed\r\n");
    let seen = running.end().expect_ok();
    let answers = seen.stdout.matches("{\"fileId\":").count();
    assert_eq!(answers, 5, "{seen:#?}");
}
