//! Logging: what is told of a client's work, to whom and when, and that no secret is in it.

use std::time::Duration;

use crate::calls::{KEY, basic};
use crate::hosts;
use crate::lateness::timed;
use crate::names::expect_each_by;
use crate::script::{Request, Server, Step, answer, ok, send};
use crate::support::{Run, Seen, c_program, in_parallel};

fn run(part: &str) -> Seen {
    c_program("logging").command().arg(part).run().expect_ok()
}

/// Echoes the key wherever it can, and fails in several ways.
fn server() -> Server {
    Server::deciding(|number, request| vec![reply(number, request)])
}

fn reply(number: usize, request: &Request) -> Step {
    let secret = basic(KEY);
    let echo = format!(r#"{{"message":"{KEY} {secret}"}}"#);
    let headers = format!("X-Echo: {KEY}\r\nx-ik-requestId: {secret}\r\n");
    let location = format!("Location: https://e.example/{KEY}?{secret}\r\n");
    let is_for = |name: &str| request.line().contains(&format!("/{name}/"));
    send(match () {
        () if is_for("missing") => answer(404, &headers, echo),
        () if is_for("garbled") => answer(200, &headers, format!("<h1>{KEY} {secret}</h1>")),
        () if is_for("moved") => answer(302, &location, echo),
        () if is_for("flaky") && number < 5 => answer(429, "X-RateLimit-Reset: 20\r\n", echo),
        () => ok("[]"),
    })
}

fn tell(server: &Server) -> Run {
    let run = c_program("logging").command().arg("tell");
    run.arg("--base-url")
        .arg(server.url())
        .arg("--key")
        .arg(KEY)
}

/// What `tell` sends: the beginning of the path, and what comes of it.
const SENT: &[(&str, &str)] = &[
    ("GET /v1/files/plain/versions", "ok, HTTP 200, attempts 1,"),
    (
        "GET /v1/files/missing/versions",
        "not_found, HTTP 404, attempts 1,",
    ),
    ("GET /v1/files/garbled/versions", "HTTP 200, attempts 1,"),
    (
        "GET /v1/files/moved/versions",
        "unexpected_status, HTTP 302, attempts 1,",
    ),
    ("GET /v1/files/flaky/versions", "ok, HTTP 200, attempts 2,"),
    ("GET /v1/files/***/versions", "ok, HTTP 200, attempts 1,"),
    ("POST /v1/files/asked?key=***", "ok, HTTP 200, attempts 1,"),
    (
        "GET /v1/files/performed/versions",
        "ok, HTTP 200, attempts 1,",
    ),
    (
        "GET /v1/files/started/versions",
        "ok, HTTP 200, attempts 1,",
    ),
    ("GET /v1/files/queued/versions", "ok, HTTP 200, attempts 1,"),
    ("GET /v1/files/many-0/versions", "ok, HTTP 200, attempts 1,"),
    ("GET /v1/files/many-1/versions", "ok, HTTP 200, attempts 1,"),
];

/// The lines of this level, each without what comes before its text.
fn lines<'a>(log: &'a str, prefix: &str) -> Vec<&'a str> {
    let lines = log.lines();
    lines.filter_map(|line| line.strip_prefix(prefix)).collect()
}

/// Every request is told of in one line, and nothing else is.
fn expect_requests(told: &[&str]) {
    assert_eq!(told.len(), SENT.len(), "{told:#?}");
    for (request, outcome) in SENT {
        let of_it = |line: &&&str| line.starts_with(request) && line.contains(outcome);
        assert_eq!(told.iter().filter(of_it).count(), 1, "{request}: {told:#?}");
    }
}

/// No spelling of the key, in part or whole.
fn expect_no_secret(log: &str) {
    for secret in ["marker", "0f3a7c51Zq9", &basic(KEY)] {
        assert!(!log.contains(secret), "the key shows: {log}");
    }
}

#[test]
fn each_level_tells_what_it_should_and_never_the_key() {
    in_parallel(&[0_usize, 1, 2, 3, 4], |&level| {
        let server = server();
        let seen = tell(&server).arg("--level").arg(level.to_string()).run();
        let Seen { stdout, stderr, .. } = seen.expect_ok();
        assert_eq!(stderr, "");
        expect_no_secret(&stdout);
        let [errors, warnings, requests, steps] =
            [1, 2, 3, 4].map(|level| lines(&stdout, &format!("log {level} ")));
        let all = errors.len() + warnings.len() + requests.len() + steps.len();
        assert_eq!(all, stdout.lines().count(), "{stdout}");
        assert_eq!(errors, [""; 0]);
        match level {
            0 | 1 => assert_eq!(stdout, ""),
            _ => {
                assert_eq!(warnings.len(), 3, "{warnings:#?}"); // one answer, two descriptions
                assert!(
                    warnings
                        .iter()
                        .any(|line| line.contains("file_id is empty"))
                );
                assert!(warnings.iter().any(|line| line.contains("path")));
                assert!(
                    warnings
                        .iter()
                        .any(|line| line.contains("/v1/files/garbled/"))
                );
            }
        }
        match level {
            3 | 4 => expect_requests(&requests),
            _ => assert_eq!(requests, [""; 0]),
        }
        match level {
            4 => {
                let of_flaky = |line: &&&str| line.contains("/flaky/");
                let told = steps.iter().filter(of_flaky).collect::<Vec<_>>();
                assert!(
                    told.iter().any(|line| line.contains("attempt 2")),
                    "{told:#?}"
                );
                let wait = told.iter().find(|line| line.contains("20 ms"));
                assert!(
                    wait.is_some_and(|line| line.contains("rate_limited")),
                    "{told:#?}"
                );
                assert!(steps.len() > SENT.len(), "{steps:#?}");
            }
            _ => assert_eq!(steps, [""; 0]),
        }
    });
}

#[rustfmt::skip]
const VALUES: &[(&str, usize)] = &[
    // IMAGE_KIT_LOG  the level that it means
    ("info",     3), ("INFO", 3), ("3", 3), ("debug", 4), ("4", 4), ("warn", 2), ("error", 1),
    ("off",      0), ("0",    0), ("",  0), ("5",     0), ("verbose", 0), ("-1", 0), ("info,debug", 0),
];

#[test]
fn the_environment_lets_standard_error_be_told_and_a_bad_value_is_ignored() {
    in_parallel(VALUES, |&(value, level)| {
        let server = server();
        let seen = tell(&server).env("IMAGE_KIT_LOG", value).run().expect_ok();
        assert_eq!(seen.stdout, "");
        expect_no_secret(&seen.stderr);
        let told = |name: &str| lines(&seen.stderr, &format!("libimagekit {name}: "));
        let counts = ["error", "warn", "info", "debug"].map(|name| told(name).len());
        assert_eq!(counts.iter().sum::<usize>(), seen.stderr.lines().count());
        assert_eq!(counts[0], 0);
        assert_eq!(counts[1], if level >= 2 { 3 } else { 0 }, "{seen:?}");
        assert_eq!(counts[3] > 0, level >= 4, "{seen:?}");
        match level >= 3 {
            true => expect_requests(&told("info")),
            false => assert_eq!(counts[2], 0, "{seen:?}"),
        }
    });
}

#[test]
fn a_callback_counts_before_the_environment() {
    for (level, is_told) in [("0", false), ("3", true)] {
        let server = server();
        let run = tell(&server).env("IMAGE_KIT_LOG", "debug");
        let seen = run.arg("--level").arg(level).run().expect_ok();
        assert_eq!(seen.stderr, "");
        assert_eq!(!lines(&seen.stdout, "log 3 ").is_empty(), is_told);
    }
}

#[test]
fn a_host_lives_on_whatever_becomes_of_its_standard_error() {
    for stderr in ["closed", "broken"] {
        let server = server();
        let run = c_program("logging").command().arg("unheard");
        let run = run
            .env("IMAGE_KIT_LOG", "debug")
            .arg("--stderr")
            .arg(stderr);
        let run = run
            .arg("--base-url")
            .arg(server.url())
            .arg("--key")
            .arg(KEY);
        let seen = run.run();
        assert_eq!(seen.code, Some(7), "{stderr}: {seen:?}");
    }
}

#[test]
fn a_standard_error_that_nobody_reads_holds_up_neither_calls_nor_a_shutdown() {
    for stderr in ["pipe", "terminal"] {
        timed(|| {
            let emulator = hosts::emulator(false);
            let run = hosts::against(&emulator, "log_readers", "nobody-reads");
            let run = run.env("IMAGE_KIT_LOG", "debug");
            let seen = run.arg("--stderr").arg(stderr).run().expect_ok();
            expect_each_by(&seen, Duration::from_millis(2000));
        });
    }
}

#[test]
fn lines_come_though_a_shutdown_gave_up_on_their_reader() {
    let program = c_program("log_readers");
    program.command().arg("reads-late").run().expect_ok();
}

#[test]
fn a_child_of_a_log_callback_can_log() {
    let run = c_program("log_readers").command();
    run.arg("forks-while-it-reads").run().expect_ok();
}

#[test]
fn what_making_a_client_had_to_tell_comes_with_the_first_send_or_refusal() {
    let seen = run("before");
    let proxy = lines(&seen.stdout, "log 2 the environment variable https_proxy ");
    assert_eq!(proxy.len(), 2, "{seen:?}");
    assert!(seen.stdout.starts_with("log 2 the environment"), "{seen:?}");
}

#[test]
fn a_line_that_takes_its_time_delays_no_call_and_a_shutdown_delivers_what_is_due() {
    run("slow");
}

#[test]
fn what_a_log_callback_does_is_not_told() {
    run("inside");
}

#[test]
fn callbacks_of_calls_go_before_lines_that_wait() {
    run("first");
}

#[test]
fn lines_beyond_those_that_may_wait_are_dropped_and_counted() {
    run("flood");
}

#[test]
fn after_a_shutdown_no_line_comes_any_more() {
    let server = server();
    let run = c_program("logging").command().arg("silence");
    let run = run.arg("--base-url").arg(server.url());
    run.arg("--key").arg(KEY).run().expect_ok();
}

#[test]
fn a_level_or_a_callback_that_cannot_be_is_refused_and_marked() {
    run("settings");
}
