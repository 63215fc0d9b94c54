//! Many files in one call: each index is reported once and rightly, no request is wasted, and nobody
//! outruns the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::Value;

use crate::calls::KEY;
use crate::hosts::{self, against, new_path};
use crate::lateness::{expect_by, timed};
use crate::names::expect_each_by;
use crate::open::Open;
use crate::script::{Server, answer, ok, send};
use crate::support::{Run, Seen, c_program, in_parallel};

fn run(url: &str, part: &str) -> Run {
    let run = c_program("many").command().arg(part);
    run.arg("--base-url").arg(url).arg("--key").arg(KEY)
}

/// A server that has every file.
fn server() -> Server {
    Server::answers([ok("[{}]")])
}

/// Tells the program of these ids; "NULL" stands for none.
fn with_ids(run: Run, ids: &[impl AsRef<str>]) -> Run {
    let path = new_path("ids");
    let lines = ids.iter().map(|id| id.as_ref().to_owned() + "\n");
    fs::write(&path, lines.collect::<String>()).expect("a file of ids");
    run.arg("--ids").arg(path)
}

/// What was reported for each index, status and JSON. The program has seen to it that each came once.
fn reports(seen: &Seen) -> Vec<(String, Value)> {
    let mut reports = BTreeMap::new();
    for line in seen.stdout.lines() {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().expect("an index, a status and JSON");
        let index: usize = word().parse().expect("an index");
        let status = word().to_owned();
        let json = serde_json::from_str(word()).expect("JSON");
        assert!(reports.insert(index, (status, json)).is_none(), "{line}");
    }
    let count = reports.len();
    assert!(reports.keys().copied().eq(0..count), "an index is missing");
    reports.into_values().collect()
}

fn expect_all_ok(reports: &[(String, Value)], count: usize) {
    assert_eq!(reports.len(), count);
    let failed = reports.iter().find(|(status, _)| status != "ok");
    assert_eq!(failed, None);
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("file-{number}")).collect()
}

#[test]
fn each_index_is_reported_once_with_what_its_file_holds_and_no_file_is_fetched_twice() {
    let emulator = hosts::emulator(false);
    let files = emulator.add_files(150, 2);
    let (long, unknown) = ("x".repeat(257), "0123456789abcdef01234567");
    let odd = ["NULL", "", "..", "\t", &long, unknown, "nonsense"];
    let mut ids = Vec::new();
    for (number, id) in files.iter().enumerate() {
        ids.push(&**id);
        match number % 2 {
            0 => ids.push(odd[number / 2 % odd.len()]),
            _ => ids.push(&*files[number * 7 % 40]), // a duplicate, and some are threefold
        }
    }
    assert_eq!(ids.len(), 300);
    let run = with_ids(against(&emulator, "many", "list"), &ids);
    let reports = reports(&run.run().expect_ok());
    assert_eq!(reports.len(), ids.len());
    for (id, (status, json)) in ids.iter().zip(reports) {
        let expected = match *id {
            "nonsense" => "bad_request",
            id if id == unknown => "not_found",
            id if odd.contains(&id) => "invalid_argument",
            id => {
                assert_eq!(Some(json), emulator.versions(id), "{id}");
                assert_eq!(status, "ok");
                continue;
            }
        };
        assert_eq!(status, expected, "{id}");
        assert_eq!(json["error"]["code"], expected, "{id}");
    }
    assert_eq!(emulator.requests(), 150 + 2, "each valid id once");
}

#[test]
fn as_many_requests_are_open_as_asked_and_256_at_most() {
    let rows = [(1, 1), (7, 7), (0, 32), (256, 256), (1000, 256)];
    for (asked, expected) in rows {
        let server = Open::expecting(expected);
        let run = with_ids(run(&server.url(), "list"), &names(expected + 40));
        let run = run.arg("--concurrency").arg(asked.to_string());
        expect_all_ok(&reports(&run.run().expect_ok()), expected + 40);
        assert_eq!(server.most(), expected, "{asked}");
    }
}

#[test]
fn arguments_are_checked_and_no_id_is_no_work() {
    c_program("many")
        .command()
        .arg("arguments")
        .run()
        .expect_ok();
}

#[test]
fn a_callback_that_says_stop_is_the_last_and_what_is_in_flight_is_left() {
    c_program("many").command().arg("stopped").run().expect_ok();
}

#[test]
fn a_callback_may_call_everything() {
    run(&server().url(), "inside").run().expect_ok();
}

#[test]
fn a_callback_that_shuts_down_is_the_last() {
    run(&server().url(), "shut-inside").run().expect_ok();
}

#[test]
fn a_shutdown_stops_it_at_once_also_while_it_waits_for_the_pace() {
    let run = || c_program("many").command().arg("shut-outside").run();
    timed(|| expect_each_by(&run().expect_ok(), Duration::from_millis(100)));
}

#[test]
fn inside_a_callback_of_a_call_it_would_deadlock() {
    c_program("many")
        .command()
        .arg("deadlock")
        .run()
        .expect_ok();
}

#[test]
fn in_a_child_that_a_callback_forked_it_is_over_and_in_the_parent_it_goes_on() {
    run(&server().url(), "forked").run().expect_ok();
}

#[test]
fn a_429_makes_all_wait_and_no_file_is_lost_or_doubled() {
    const RESET: Duration = Duration::from_millis(500);
    const IDS: usize = 60;
    let limited = answer(429, "X-RateLimit-Reset: 500\r\n", "{}");
    let server = Server::deciding(move |number, _| match number {
        20 => vec![send(limited.clone())],
        _ => vec![send(ok("[]"))],
    });
    let run = with_ids(run(&server.url(), "list"), &names(IDS));
    expect_all_ok(
        &reports(&run.arg("--concurrency").arg("4").run().expect_ok()),
        IDS,
    );

    let requests = server.requests();
    assert_eq!(requests.len(), IDS + 1);
    let refused = &requests[20];
    let lines: BTreeSet<_> = requests.iter().map(|request| request.line()).collect();
    assert_eq!(lines.len(), IDS);
    let again = requests
        .iter()
        .filter(|other| other.line() == refused.line());
    assert_eq!(again.count(), 2, "only what was refused is asked for again");
    for request in &requests[21..] {
        let at = request.at - refused.at;
        let was_on_its_way = at < Duration::from_millis(100);
        assert!(was_on_its_way || at >= RESET, "asked after {at:?}");
    }
}

/// The time of each of these files is a second, and the last has its turn after three.
#[test]
fn the_time_of_a_file_begins_with_its_turn() {
    let server = server();
    let run = with_ids(run(&server.url(), "list"), &names(60));
    let run = run.arg("--timeout-ms").arg("1000");
    let seen = run.arg("--per-second").arg("20").run().expect_ok();
    expect_all_ok(&reports(&seen), 60);
    let requests = server.requests();
    let took = requests[59].at - requests[0].at;
    assert!(took >= Duration::from_millis(2900), "{took:?}");
}

/// So many files against a server that allows so many requests a second. The first window ends in a
/// refusal for each request that is then in flight; there are none after it.
fn against_a_limit(count: usize, limit: u32) {
    let options = Options {
        requests_per_interval: Some(limit),
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    let ids = emulator.add_files(count, 1);
    let run = with_ids(against(&emulator, "many", "list"), &ids);
    let run = run.env("IMAGE_KIT_LOG", "debug");
    let seen = run.time_limit(Duration::from_secs(90)).run().expect_ok();
    let reports = reports(&seen);
    expect_all_ok(&reports, count);
    for (id, (_, json)) in ids.iter().zip(reports) {
        assert_eq!(Some(json), emulator.versions(id));
    }
    let refusals = |log: &str| log.matches("ended as rate_limited").count();
    let (before, after) = seen.stderr.split_once("attempt 2\n").expect("a repetition");
    let (first, later) = (refusals(before), refusals(after));
    println!("{count} files at {limit} a second: {first} refused, later {later}");
    assert_eq!(emulator.requests(), (count + first + later) as u64);
    assert!((1..=32).contains(&first), "{first} refused");
    // A machine that is too busy to keep a pace sends some too early after others that were late.
    expect_by(
        Duration::from_millis(later as u64),
        Duration::ZERO,
        &"refused later",
    );
}

#[test]
fn a_servers_limit_is_met_once_and_then_kept() {
    timed(|| against_a_limit(250, 100));
}

#[test]
#[ignore = "takes 40 s; run with -- --ignored"]
fn two_thousand_files_at_fifty_a_second_all_come_and_the_limit_is_met_once() {
    timed(|| against_a_limit(2000, 50));
}

/// By how many KiB a program grows that asks for so many files.
fn growth(emulator: &Emulator, count: usize) -> i64 {
    let run = against(emulator, "many", "memory");
    let run = run.arg("--count").arg(count.to_string());
    let seen = run.time_limit(Duration::from_secs(300)).run().expect_ok();
    seen.stdout.trim().parse().expect("KiB")
}

#[test]
#[ignore = "takes 10 s; run with -- --ignored"]
fn a_hundred_thousand_files_take_two_megabytes_more_than_a_thousand() {
    let emulator = hosts::emulator(false);
    let (few, many) = (growth(&emulator, 1000), growth(&emulator, 100_000));
    println!("1 000 ids: {few} KiB, 100 000 ids: {many} KiB");
    assert!(many - few <= 2048, "{few} and {many} KiB");
}

#[test]
fn a_file_that_fails_fails_alone() {
    let rows = [
        (404, "not_found"),
        (403, "forbidden"),
        (418, "unexpected_status"),
    ];
    in_parallel(&rows, |&(status, name)| {
        let server = Server::deciding(move |_, request| match request.line().contains("file-7/") {
            true => vec![send(answer(status, "", "{}"))],
            false => vec![send(ok("[]"))],
        });
        let run = with_ids(run(&server.url(), "list"), &names(12));
        let reports = reports(&run.run().expect_ok());
        for (index, (seen, _)) in reports.iter().enumerate() {
            assert_eq!(seen, if index == 7 { name } else { "ok" });
        }
    });
}
