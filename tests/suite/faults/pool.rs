//! Connections that are used again, and what the server did to them in the meantime.

use std::time::Duration;

use super::row::{Row, Seen, row};
use super::said::{LOST, good, own};
use crate::lateness::expect_by;
use crate::script::Over::{H1, H2, Tls};
use crate::script::Step::{self, Close, Hold, PauseMs, Read, ReadSome, Reset};
use crate::script::{Server, answer, ok, said, send};

/// Calls that share a connection at first, then the server ends it so.
fn second_request_ends(end: &Step) -> Vec<Vec<Step>> {
    vec![vec![Read, good(), Read, end.clone()], vec![Read, own()]]
}

/// Another answer than the one that was asked for.
fn smuggled() -> Vec<u8> {
    ok(r#"["SMUGGLED"]"#)
}

/// The request that was lost is sent anew, without a wait.
fn is_replaced_at_once(seen: &Seen) {
    let requests = seen.server().requests();
    let gap = requests[2].at - requests[1].at;
    expect_by(gap, Duration::from_millis(100), &"no backoff");
    expect_by(
        seen.answers[1].took,
        Duration::from_millis(100),
        &"no backoff",
    );
}

/// Somebody was there, who may need a while.
fn is_replaced_after_a_backoff(seen: &Seen) {
    let took = seen.answers[1].took;
    assert!(took >= Duration::from_millis(374), "{took:?}");
}

/// Every answer holds the path that was asked for; every third is the last of its connection.
fn closing_every_third() -> Server {
    Server::deciding(|number, request| {
        let path = request.line().split(' ').nth(1).unwrap_or_default();
        let mut does = vec![said(200, "", format!(r#"["{path}"]"#))];
        does.extend((number % 3 == 2).then_some(Close));
        does
    })
}

/// The n-th answer of each thread is that to its n-th call.
fn has_own_answers(seen: &Seen) {
    let mut next = std::collections::BTreeMap::new();
    for answer in seen.answers {
        let thread = match answer.whose {
            0 => String::new(),
            number => format!("-{number}"),
        };
        let call: &mut u32 = next.entry(answer.whose).or_default();
        let own = format!(r#"["/v1/files/6a1b{thread}.{call}/versions"]"#);
        assert_eq!(answer.json(), own);
        *call += 1;
    }
    assert!(next.values().all(|calls| *calls == 50), "{next:?}");
}

/// A connection that takes its time to stand, then serves so many requests.
fn slow_to_open(requests: usize) -> Vec<Step> {
    let good = said(200, "", r#"["good"]"#); // as that to the call afterwards, if there are more
    let served = std::iter::repeat_n([Read, good], requests).flatten();
    std::iter::once(PauseMs(100)).chain(served).collect()
}

/// The call that comes afterwards has another, as the script is over.
fn share_a_connection(seen: &Seen) {
    assert_eq!(seen.server().requests()[63].connection, 0);
    assert_eq!(seen.peer.connections(), 2);
}

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    const BOTH: &[crate::script::Over] = &[H1, Tls];
    let mut rows = vec![
        row(187, "idle closed, noticed").over(BOTH).requests("", [vec![good(), PauseMs(50), Close], vec![own()]])
            .calls(2).set("--pause-ms", 700).set("--max-retries", 0)
            .gives("ok", 1).jsons(&["[]", r#"["own"]"#]).then_over_a_new_connection(),
        row(188, "idle closed just before reuse").over(BOTH).calls(20).gives("ok", 1..=2).json("[]")
            .case("closed", [Read, good(), Close])
            .case("hung up", [Read, good()]),
        row(189, "no HTTP for the second request")
            .connections("", [vec![Read, good(), Read, send("garbage\r\n\r\n")], vec![Read, own()]])
            .gives("ok", 1).gives("ok", 2).jsons(&["[]", r#"["own"]"#]).check(is_replaced_after_a_backoff),
        row(191, "second answer glued to the first")
            .answers("", [send([ok("[]"), smuggled()].concat()), own()])
            .calls(2).gives("ok", 1).jsons(&["[]", r#"["own"]"#]).then_over_a_new_connection(),
        row(192, "answer while idle")
            .requests("", [vec![good(), PauseMs(30), send(smuggled())], vec![own()]])
            .calls(2).set("--pause-ms", 700).gives("ok", 1).jsons(&["[]", r#"["own"]"#]).then_over_a_new_connection(),
        row(193, "says close, stays open")
            .answers("", [send(answer(200, "Connection: close\r\n", "[]")), own()])
            .calls(2).gives("ok", 1).jsons(&["[]", r#"["own"]"#]).then_over_a_new_connection(),
        row(194, "idle connection swallowed").does([Read, good(), Read, Hold])
            .timeout(1500).gives("ok", 1).gives("timeout", 1),
        row(195, "64 threads, server closes every third").peer("", true, |_| Box::new(closing_every_third()))
            .threads(64).calls(50).set("--numbered", "").gives("ok", 1..=3).check(has_own_answers),
        row(213, "64 first calls at once").over(&[H2]).connections("", [slow_to_open(64)])
            .threads(64).gives("ok", 1).check(share_a_connection),
        row(214, "8 first calls at once, a connection for each").over(&[H1, Tls]).requests("", [vec![PauseMs(300), good()]])
            .threads(8).gives("ok", 1).takes(299..900),
        row(215, "the first of 4 connections stays unopened").over(&[H2])
            .connections("", [vec![ReadSome, Hold], slow_to_open(4)])
            .threads(4).timeout(3000).gives("ok", 1).takes(0..1350),
    ];
    for (number, name, end) in [(189, "closed on reading the second request", Close), (190, "reset on reading it", Reset)] {
        let row = || row(number, name).over(BOTH);
        rows.extend([
            row().connections("", second_request_ends(&end))
                .gives("ok", 1).gives("ok", 2).jsons(&["[]", r#"["own"]"#]).check(is_replaced_at_once),
            row().connections("no retries", second_request_ends(&end)).set("--max-retries", 0)
                .gives("ok", 1).gives(LOST, 1),
            row().connections("lost again and again", [vec![Read, good(), Read, end.clone()], vec![Read, end.clone()]])
                .gives("ok", 1).gives(LOST, 3),
            row().connections("a POST", second_request_ends(&end))
                .set("--operation", "request").set("--method", "POST").set("--path", "/v1/anything")
                .gives("ok", 1).gives(LOST, 1),
        ]);
    }
    rows
}
