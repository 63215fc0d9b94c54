//! What a server asks for with a 429, and whom it makes wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use imagekit_emulator::{Emulator, Options};

use crate::calls::{Calls, KEY};
use crate::lateness::{expect_by, timed};
use crate::script::Step::PauseMs;
use crate::script::{Request, Server, answer, ok, send};
use crate::support::in_parallel;

fn limited(headers: &str) -> Vec<u8> {
    answer(429, headers, r#"{"message":"Slow down."}"#)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[rustfmt::skip]
const WAITS: &[(&str, u16, &str, usize, u64, u64)] = &[
    // asked for                status  header lines                                       times  waited, ms
    ("twice in milliseconds",      429, "X-RateLimit-Reset: 300\r\n",                          2,  600, 1200),
    ("reset wins",                 429, "Retry-After: 5\r\nX-RateLimit-Reset: 300\r\n",        1,  300,  900),
    ("reset wins, longer",         429, "Retry-After: 0\r\nX-RateLimit-Reset: 900\r\n",        1,  900, 1500),
    ("reset of nothing",           429, "Retry-After: 1\r\nX-RateLimit-Reset: 0\r\n",          1, 1000, 1600),
    ("reset is garbage",           429, "Retry-After: 1\r\nX-RateLimit-Reset: 0x10\r\n",       1, 1000, 1600),
    ("of a 408",                   408, "Retry-After: 1\r\n",                                  1, 1000, 1600),
    ("of a 409",                   409, "Retry-After: 1\r\n",                                  1, 1000, 1600),
    ("of a 503",                   503, "Retry-After: 1\r\n",                                  1, 1000, 1600),
];

#[test]
fn a_wait_is_as_long_as_the_server_asked() {
    in_parallel(WAITS, |&(name, status, headers, times, least, most)| {
        let mut answers = vec![answer(status, headers, "{}"); times];
        answers.push(ok("[1]"));
        let server = Server::answers(answers);
        let answer = Calls::to(&server.url()).answer();
        assert_eq!(answer.json(), "[1]", "{name}");
        assert_eq!(server.requests().len(), times + 1, "{name}");
        assert!(answer.took >= ms(least), "{name}: {answer:?}");
        answer.expect_by(ms(most));
    });
}

#[rustfmt::skip]
const TOO_LONG: &[(&str, u64, u64)] = &[
    // header lines                                          deadline   retryAfterMs
    ("X-RateLimit-Reset: 60001\r\n",                        86_400_000,     60_001),
    ("Retry-After: 61\r\n",                                 86_400_000,     61_000),
    ("X-RateLimit-Reset: 60000\r\n",                            20_000,     60_000),
    ("X-RateLimit-Reset: 1500\r\n",                              1_000,      1_500),
    ("Retry-After: 2\r\n",                                       1_000,      2_000),
];

#[test]
fn a_wait_over_a_minute_or_the_deadline_ends_the_call_at_once() {
    in_parallel(TOO_LONG, |&(headers, deadline, retry_after)| {
        let server = Server::answers([limited(headers)]);
        let answer = Calls::to(&server.url())
            .number("--timeout-ms", deadline)
            .answer();
        assert_eq!(answer.status, "rate_limited", "{headers}: {answer:?}");
        assert_eq!(answer.attempts(), Some(1), "{headers}: {answer:?}");
        assert_eq!(answer.error()["retryAfterMs"], retry_after, "{headers}");
        assert_eq!(answer.error()["httpStatus"], 429);
        assert_eq!(answer.message(), "Slow down.");
        answer.expect_by(ms(500));
        assert_eq!(server.requests().len(), 1);
    });
}

/// How a thread's requests are told apart: the first asks for `6a1b`, the others for `6a1b-1` and
/// so on.
fn thread_of(request: &Request) -> usize {
    let id = request.line().split('/').nth(3).unwrap_or_default();
    id.split_once('-')
        .map_or(0, |(_, number)| number.parse().expect("a number"))
}

fn at_of(request: &Request, start: Instant) -> Duration {
    request.at.saturating_duration_since(start)
}

#[test]
fn one_refusal_pauses_the_whole_client_and_no_other() {
    timed(|| {
        const THREADS: usize = 4; // two on each of two clients
        let refused = AtomicBool::new(false);
        let server = Server::deciding(move |_, request| {
            if thread_of(request) == 0 && !refused.swap(true, Ordering::Relaxed) {
                return vec![send(limited("X-RateLimit-Reset: 1500\r\n"))];
            }
            vec![PauseMs(200), send(ok("[]"))] // long after the refusal has been read
        });
        let calls = Calls::to(&server.url()).number("--clients", 2);
        let calls = calls.number("--threads", THREADS as u64);
        let answers = calls.number("--repeat", 3).answers();
        assert!(answers.iter().all(|answer| answer.json() == "[]"));

        let requests = server.requests();
        assert_eq!(
            requests.len(),
            THREADS * 3 + 1,
            "waiting for another's 429 costs no attempt"
        );
        let refused = requests.iter().find(|request| thread_of(request) == 0);
        let start = refused.expect("thread 0 asked").at;
        for request in &requests {
            let (thread, at) = (thread_of(request), at_of(request, start));
            if thread % 2 == 0 {
                let was_on_its_way = at < ms(150);
                assert!(
                    was_on_its_way || at >= ms(1500),
                    "thread {thread} asked after {at:?}"
                );
            } else {
                expect_by(at, ms(1400), request);
            }
        }
        let paused = requests
            .iter()
            .filter(|request| at_of(request, start) >= ms(1500));
        assert!(
            paused.count() >= 5,
            "two calls of each paused thread, and one repeated"
        );
    });
}

#[test]
fn overlapping_pauses_end_with_the_latest() {
    let server = Server::deciding(|number, request| match (number < 2, thread_of(request)) {
        (true, 0) => vec![PauseMs(400), send(limited("X-RateLimit-Reset: 400\r\n"))],
        (true, _) => vec![PauseMs(500), send(limited("X-RateLimit-Reset: 1000\r\n"))],
        (false, _) => vec![send(ok("[]"))],
    });
    let calls = Calls::to(&server.url()).number("--threads", 2);
    let answers = calls.number("--repeat", 2).answers();
    assert!(answers.iter().all(|answer| answer.json() == "[]"));
    let requests = server.requests();
    assert_eq!(requests.len(), 6);
    let mut first_two = requests[..2].iter();
    let long = first_two.find(|request| thread_of(request) == 1);
    let start = long
        .expect("thread 1 asked before it could know of a pause")
        .at;
    for request in &requests[2..] {
        let at = at_of(request, start);
        assert!(at >= ms(1500), "asked after {at:?}");
    }
}

#[test]
fn a_refusal_without_a_usable_wait_pauses_nobody() {
    let rows = [
        "",
        "Retry-After: soon\r\n",
        "X-RateLimit-Reset: 61000\r\n",
        "Retry-After: 3600\r\n",
    ];
    in_parallel(&rows, |headers| {
        let server = Server::answers([limited(headers), ok("[]")]);
        let calls = Calls::to(&server.url()).number("--max-retries", 0);
        let answers = calls.number("--repeat", 2).answers();
        assert_eq!(answers[0].status, "rate_limited");
        assert_eq!(answers[1].json(), "[]");
        answers[1].expect_by(ms(300));
    });
}

#[test]
fn a_pause_beyond_the_deadline_ends_the_next_call_before_it_is_sent() {
    timed(|| {
        let server = Server::answers([limited("X-RateLimit-Reset: 20000\r\n"), ok("[]")]);
        let calls = Calls::to(&server.url()).number("--timeout-ms", 1000);
        let answers = calls.number("--repeat", 3).answers();
        for (answer, attempts) in answers.iter().zip([1, 0, 0]) {
            assert_eq!(answer.status, "rate_limited", "{answer:?}");
            assert_eq!(answer.attempts(), Some(attempts), "{answer:?}");
            answer.expect_by(ms(500));
        }
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn after_a_pause_the_client_keeps_the_servers_pace() {
    let headers =
        "X-RateLimit-Reset: 200\r\nX-RateLimit-Limit: 20\r\nX-RateLimit-Interval: 1000\r\n";
    for (threads, repeat) in [(1, 10), (5, 2)] {
        let server = Server::deciding(move |number, _| match number {
            0 => vec![send(limited(headers))],
            _ => vec![send(ok("[]"))],
        });
        let calls = Calls::to(&server.url()).number("--threads", threads);
        let answers = calls.number("--repeat", repeat).answers();
        assert!(answers.iter().all(|answer| answer.json() == "[]"));

        let requests = server.requests();
        let refused = requests[0].at;
        let paced = requests.iter().map(|request| at_of(request, refused));
        let paced: Vec<_> = paced.filter(|at| *at >= ms(150)).collect();
        for (number, at) in paced.iter().enumerate() {
            let turn = ms(200) + ms(50) * u32::try_from(number).expect("a few");
            assert!(*at >= turn, "turn {number} came early: {paced:?}");
        }
        assert!(paced.len() >= 5, "{paced:?}");
    }
}

const MINUTE: &str = "X-RateLimit-Limit: 1\r\nX-RateLimit-Interval: 60000\r\n";

#[test]
fn the_pace_is_that_of_the_newest_answer() {
    let first = limited(&format!("X-RateLimit-Reset: 100\r\n{MINUTE}"));
    let faster = answer(
        200,
        "X-RateLimit-Limit: 1000\r\nX-RateLimit-Interval: 1000\r\n",
        "[]",
    );
    let half = answer(200, "X-RateLimit-Limit: 1\r\n", "[]");
    let server = Server::answers([first, faster, half]);
    let calls = Calls::to(&server.url()).number("--timeout-ms", 5000);
    let answers = calls.number("--repeat", 10).answers();
    assert_eq!(answers.len(), 10);
    assert!(
        answers.iter().all(|answer| answer.json() == "[]"),
        "{answers:?}"
    );
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn a_turn_beyond_the_deadline_ends_the_call_before_it_is_sent() {
    timed(|| {
        let first = limited(&format!("X-RateLimit-Reset: 100\r\n{MINUTE}"));
        let server = Server::answers([first, ok("[]")]);
        let calls = Calls::to(&server.url()).number("--timeout-ms", 5000);
        let answers = calls.number("--repeat", 2).answers();
        assert_eq!(answers[0].json(), "[]");
        assert_eq!(answers[1].status, "rate_limited", "{answers:?}");
        assert_eq!(answers[1].attempts(), Some(0), "{answers:?}");
        answers[1].expect_by(ms(500));
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn without_a_refusal_there_is_no_pace() {
    let server = Server::answers([answer(200, MINUTE, "[]")]);
    let calls = Calls::to(&server.url()).number("--timeout-ms", 5000);
    let answers = calls.number("--repeat", 20).answers();
    assert!(
        answers.iter().all(|answer| answer.json() == "[]"),
        "{answers:?}"
    );
    assert_eq!(server.requests().len(), 20);
}

#[test]
fn a_real_limiter_is_met_and_every_call_gets_its_answer() {
    let options = Options {
        private_key: KEY.to_owned(),
        requests_per_interval: Some(10),
        interval: ms(300),
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    let calls = Calls::to(&emulator.base_url()).number("--timeout-ms", 30_000);
    let calls = calls.number("--threads", 4).number("--repeat", 10);
    let answers = calls.set("--file-id", "0123456789abcdef01234567").answers();
    assert_eq!(answers.len(), 40);
    for answer in answers {
        // thread 0 asks for a file that is not there, the others for no file at all
        assert!(
            matches!(&*answer.status, "not_found" | "bad_request"),
            "{answer:?}"
        );
    }
    assert!(emulator.requests() > 40, "the limiter was never met");
}
