//! What is repeated, how often and after how long, beyond what the fault matrix says of each fault.

use std::time::Duration;

use crate::calls::Calls;
use crate::lateness::{expect_by, timed};
use crate::script::Step::Read;
use crate::script::{Server, answer, ok, send};
use crate::support::in_parallel;

#[test]
fn failures_of_different_kinds_are_repeated_one_after_the_other() {
    let says = |status| vec![Read, send(answer(status, "", "{}"))];
    let good = || vec![Read, send(ok("[1]"))];
    let rows = [
        vec![says(408), says(409), good()],
        vec![says(503), vec![Read], good()],
        vec![says(429), says(502), good()],
    ];
    in_parallel(&rows, |scripts| {
        let server = Server::connections(scripts.clone());
        assert_eq!(Calls::to(&server.url()).answer().json(), "[1]");
        assert_eq!(server.connection_count(), scripts.len());
    });
}

#[test]
fn max_retries_is_what_it_says() {
    in_parallel(&[0, 1, 2, 3], |&retries| {
        let server = Server::answers([answer(503, "", "")]);
        let answer = Calls::to(&server.url())
            .number("--max-retries", retries)
            .answer();
        assert_eq!(answer.status, "server_error");
        assert_eq!(answer.attempts(), Some(retries + 1));
        assert_eq!(server.requests().len() as u64, retries + 1);
    });
}

#[test]
fn backoff_is_half_a_second_then_one_less_at_most_a_quarter() {
    timed(|| {
        let server = Server::answers([answer(503, "", "")]);
        assert_eq!(Calls::to(&server.url()).answer().status, "server_error");
        let at: Vec<_> = server.requests().iter().map(|request| request.at).collect();
        for (number, most) in [500, 1000].into_iter().enumerate() {
            let gap = at[number + 1] - at[number];
            assert!(
                gap >= Duration::from_millis(most * 3 / 4),
                "{gap:?} of {most} ms"
            );
            let late = Duration::from_millis(most + 150);
            expect_by(gap, late, &most);
        }
    });
}

#[test]
fn backoff_is_not_the_same_for_every_process() {
    let gap = |_: &_| {
        let server = Server::answers([answer(503, "", ""), ok("[]")]);
        assert_eq!(Calls::to(&server.url()).answer().json(), "[]");
        let requests = server.requests();
        (requests[1].at - requests[0].at).as_millis()
    };
    let gaps = std::sync::Mutex::new(Vec::new());
    in_parallel(&[(); 8], |row| {
        let gap = gap(row);
        gaps.lock().expect("a list").push(gap);
    });
    let gaps = gaps.into_inner().expect("a list");
    let spread = gaps.iter().max().unwrap_or(&0) - gaps.iter().min().unwrap_or(&0);
    assert!(spread >= 5, "no jitter in {gaps:?} ms");
}

#[test]
fn a_connection_is_kept_and_used_again() {
    let server = Server::answers([ok("[]")]);
    let answers = Calls::to(&server.url()).number("--repeat", 10).answers();
    assert!(answers.iter().all(|answer| answer.json() == "[]"));
    assert_eq!(
        (server.requests().len(), server.connection_count()),
        (10, 1)
    );
}
