//! The table of a call's states: every function in every state, and nothing sent that should not be.

use std::time::Duration;

use super::answering;
use crate::calls::Answer;
use crate::script::Step::{Hold, PauseMs};
use crate::script::{Server, answer, ok, send};
use crate::steps::Steps;
use crate::support::in_parallel;

/// A step, and what it gives for a call that is described, running, ended, or was cancelled while it
/// was described.
type Row = (&'static str, [&'static str; 4]);

const NOT_NOW: &str = "invalid_state";

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // step                 described   running     ended       cancelled
    ("timeout 20000",       ["ok",      NOT_NOW,    NOT_NOW,    NOT_NOW]),
    ("retries 1",           ["ok",      NOT_NOW,    NOT_NOW,    NOT_NOW]),
    ("header X-Mine one",   ["ok",      NOT_NOW,    NOT_NOW,    NOT_NOW]),
    ("perform",             ["ok",      NOT_NOW,    NOT_NOW,    "cancelled"]),
    ("start",               ["ok",      NOT_NOW,    NOT_NOW,    "cancelled"]),
    ("start-silent",        ["ok",      NOT_NOW,    NOT_NOW,    "cancelled"]),
    ("wait 0",              [NOT_NOW,   "pending",  "ok",       "cancelled"]),
    ("wait 50",             [NOT_NOW,   "pending",  "ok",       "cancelled"]),
    ("wait EVER",           [NOT_NOW,   "ok",       "ok",       "cancelled"]),
    ("wait 18446744073709551614", [NOT_NOW, "ok", "ok",     "cancelled"]),
    ("cancel",              ["ok",      "ok",       "ok",       "ok"]),
    ("metadata",            [NOT_NOW,   "pending",  "ok",       "ok"]),
    ("free",                ["ok",      "ok",       "ok",       "ok"]),
];

const STATES: [(&str, usize); 4] = [
    ("versions f", 1),
    ("versions slow start-silent", 2),
    ("versions f perform", 2),
    ("versions f cancel", 2),
];

/// Answers at once, or for the file `slow` after a while and for `silent` never.
fn server() -> Server {
    Server::deciding(|_, request| {
        let id = request.line().split('/').nth(3);
        match id {
            Some("slow") => vec![PauseMs(700), send(ok("[1]"))],
            Some("silent") => vec![Hold],
            Some("missing") => vec![send(answer(404, "", r#"{"message":"None."}"#))],
            _ => vec![send(ok("[1]"))],
        }
    })
}

#[test]
fn each_function_does_in_each_state_what_the_table_says() {
    let rows = TABLE.iter().flat_map(|(step, given)| {
        let states = STATES.iter().zip(given);
        states.map(move |((state, steps), status)| (*state, *steps, *step, *status))
    });
    let rows: Vec<_> = rows.collect();
    in_parallel(&rows, |&(state, steps, step, status)| {
        let server = server();
        let answers = Steps::on(&server).take(state).take(step).answers();
        assert_eq!(answers.len(), steps + 1);
        let (before, last) = answers.split_at(steps);
        assert!(
            before.iter().all(|answer| answer.status == "ok"),
            "{before:?}"
        );
        assert_eq!(last[0].status, status, "{state}, {step}: {last:?}");
    });
}

#[test]
fn a_call_cancelled_while_described_has_ended_and_nothing_is_sent() {
    let server = answering();
    let steps = "versions f cancel perform start perform cancel wait EVER callbacks metadata";
    let answers = Steps::on(&server).take(steps).answers();
    let statuses: Vec<_> = answers.iter().map(|answer| &*answer.status).collect();
    let gone = "cancelled";
    assert_eq!(
        statuses,
        ["ok", "ok", gone, gone, gone, "ok", gone, "ok", "ok"]
    );
    assert_eq!(answers[7].text.as_deref(), Some("0"), "a callback came");
    let metadata = crate::metadata::read(&answers[8]);
    assert!(metadata["httpStatus"].is_null(), "{metadata}");
    assert_eq!(metadata["attempts"], 0, "{metadata}");
    assert_eq!(server.connection_count(), 0);
}

/// How a call ends, and what every wait gives from then on.
const ENDS: &[(&str, &str)] = &[
    ("versions f perform", "ok"),
    ("versions f start done", "ok"),
    ("versions missing perform", "not_found"),
    ("versions missing start-silent wait EVER", "not_found"),
    ("request GET /v1/files/f/x NULL timeout 20000 perform", "ok"),
    ("details f v perform", "invalid_response"),
    ("details f v start-silent wait EVER", "invalid_response"),
    ("details f v start done", "invalid_response"),
    ("versions silent timeout 200 perform", "timeout"),
    ("versions silent timeout 200 start done", "timeout"),
    ("versions silent start-silent cancel wait EVER", "cancelled"),
    ("versions silent start cancel done", "cancelled"),
];

#[test]
fn the_result_is_the_same_for_every_wait_and_nothing_changes_it() {
    in_parallel(ENDS, |(steps, status)| {
        let server = server();
        let later = "wait 0 perform cancel start timeout 0 wait 0 wait EVER metadata wait 50";
        let answers = Steps::on(&server).take(steps).take(later).answers();
        let [first, waits @ ..] = &answers[answers.len() - 10..] else {
            panic!("{answers:?}")
        };
        assert_eq!(first.status, *status, "{answers:?}");
        let same: Vec<_> = waits
            .iter()
            .filter(|answer| answer.text == first.text)
            .collect();
        assert_eq!(same.len(), 4, "{answers:?}");
        assert!(
            same.iter().all(|answer| answer.status == *status),
            "{answers:?}"
        );
        assert_eq!(
            [&*waits[1].status, &*waits[2].status, &*waits[3].status],
            [NOT_NOW, "ok", NOT_NOW]
        );
        assert!(server.requests().len() <= 1);
    });
}

#[test]
fn a_wait_gives_up_after_its_time_and_the_call_goes_on() {
    let steps = "versions slow start wait 0 wait 100 timeout 1 header X NULL done";
    let answers = Steps::on(&server()).take(steps).answers();
    let statuses: Vec<_> = answers.iter().map(|answer| &*answer.status).collect();
    assert_eq!(
        statuses,
        ["ok", "ok", "pending", "pending", NOT_NOW, NOT_NOW, "ok"]
    );
    assert!(answers[3].took >= Duration::from_millis(99), "{answers:?}");
    assert_eq!(answers[6].json(), "[1]");
}

#[test]
fn a_freed_call_is_no_call_whatever_it_was() {
    in_parallel(&STATES, |(state, _)| {
        let later = "free perform start wait EVER cancel metadata timeout 1 free";
        let answers = Steps::on(&server()).take(state).take(later).answers();
        let last: Vec<Answer> = answers.into_iter().rev().take(7).collect();
        assert_eq!(last[0].status, "ok");
        assert!(
            last[1..]
                .iter()
                .all(|answer| answer.status == "invalid_handle"),
            "{last:?}"
        );
    });
}
