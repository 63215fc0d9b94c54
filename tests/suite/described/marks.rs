//! A setter that refuses marks its call until the same setter succeeds: it cannot be sent, stays
//! described, and says what was wrong.

use super::answering;
use crate::calls::Answer;
use crate::steps::Steps;
use crate::support::in_parallel;

/// Setters, what each gives, and what the document then names, or nothing where all is healed.
type Marks = (
    &'static [&'static [&'static str]],
    &'static [bool],
    Option<&'static str>,
);

const TIMEOUT_0: &[&str] = &["timeout", "0"];
const NO_VALUE: &[&str] = &["header", "X-Mine", "NULL"];
const NO_NAME: &[&str] = &["header", "NULL", "x"];
const MALFORMED: &[&str] = &["header", "a b", "x"];
const INJECTED: &[&str] = &["header", "x-mine", "a\r\nX-Injected: 1"];
const GOOD: &[&str] = &["header", "X-Mine", "one"];
const ALSO_GOOD: &[&str] = &["header", "X-MINE", "two"];

#[rustfmt::skip]
const MARKS: &[Marks] = &[
    (&[TIMEOUT_0],                                          &[false],               Some("timeout_ms")),
    (&[&["timeout", "86400001"]],                           &[false],               Some("timeout_ms")),
    (&[&["timeout", "18446744073709551615"]],               &[false],               Some("timeout_ms")),
    (&[TIMEOUT_0, &["timeout", "86400000"]],                &[false, true],         None),
    (&[&["timeout", "86400000"], TIMEOUT_0],                &[true, false],         Some("timeout_ms")),
    (&[TIMEOUT_0, &["retries", "1"], GOOD],                 &[false, true, true],   Some("timeout_ms")),
    (&[&["retries", "0"], &["retries", "4294967295"]],      &[true, true],          None),
    (&[NO_VALUE],                                           &[false],               Some("value")),
    (&[INJECTED],                                           &[false],               Some("value")),
    (&[NO_VALUE, GOOD],                                     &[false, true],         None),
    (&[INJECTED, ALSO_GOOD],                                &[false, true],         None),
    (&[GOOD, INJECTED],                                     &[true, false],         Some("value")),
    (&[GOOD, INJECTED, ALSO_GOOD],                          &[true, false, true],   None),
    (&[NO_VALUE, &["header", "X-Other", "one"]],            &[false, true],         Some("value")),
    (&[NO_VALUE, TIMEOUT_0, &["timeout", "20000"]],         &[false, false, true],  Some("value")),
    (&[NO_VALUE, TIMEOUT_0, GOOD],                          &[false, false, true],  Some("timeout_ms")),
    (&[NO_VALUE, &["header", "X-Other", "\u{1}"], GOOD],    &[false, false, true],  Some("value")),
    (&[NO_NAME],                                            &[false],               Some("name")),
    (&[MALFORMED],                                          &[false],               Some("name")),
    (&[&["header", "", "x"]],                               &[false],               Some("name")),
    (&[&["header", "a:", "x"]],                             &[false],               Some("name")),
    (&[&["header", "\u{e9}", "x"]],                         &[false],               Some("name")),
    (&[NO_NAME, GOOD],                                      &[false, true],         Some("name")),
    (&[MALFORMED, &["header", "ab", "x"]],                  &[false, true],         Some("name")),
    (&[&["header", "Host", "x"], &["header", "X-Host", "x"]], &[false, true],       Some("host")),
];

#[test]
fn a_mark_counts_until_the_same_setter_succeeds() {
    in_parallel(MARKS, |(setters, are_taken, named)| {
        let server = answering();
        let described = Steps::on(&server).take("versions f");
        let words = setters.iter().flat_map(|setter| setter.iter());
        let steps = words.fold(described, Steps::word);
        let answers = steps
            .take("perform start perform callbacks cancel")
            .answers();
        let (set, sent) = answers[1..].split_at(setters.len());
        for (answer, is_taken) in set.iter().zip(*are_taken) {
            let expected = if *is_taken { "ok" } else { "invalid_argument" };
            assert_eq!(answer.status, expected, "{answers:?}");
        }
        match named {
            Some(name) => expect_refused(sent, name),
            None => {
                let expected = ["ok", "invalid_state", "invalid_state", "ok", "ok"];
                assert_eq!(
                    sent.iter().map(|it| &*it.status).collect::<Vec<_>>(),
                    expected
                );
            }
        }
        assert_eq!(server.requests().len(), usize::from(named.is_none()));
    });
}

/// It cannot be performed, it cannot be started, and it is still only described.
fn expect_refused(sent: &[Answer], name: &str) {
    let statuses: Vec<_> = sent.iter().map(|answer| &*answer.status).collect();
    let refused = "invalid_argument";
    assert_eq!(
        statuses,
        [refused, refused, refused, "ok", "ok"],
        "{sent:?}"
    );
    for performed in [&sent[0], &sent[2]] {
        assert!(performed.message().contains(name), "{performed:?}");
        assert!(
            matches!(performed.attempts(), None | Some(0)),
            "{performed:?}"
        );
    }
    assert_eq!(sent[3].text.as_deref(), Some("0"), "a callback came");
}

#[test]
fn a_call_that_could_not_be_sent_can_be_mended_and_sent() {
    let server = answering();
    let steps = "versions f timeout 0 perform start timeout 20000 start done callbacks";
    let answers = Steps::on(&server).take(steps).answers();
    let statuses: Vec<_> = answers.iter().map(|answer| &*answer.status).collect();
    let refused = "invalid_argument";
    assert_eq!(
        statuses,
        ["ok", refused, refused, refused, "ok", "ok", "ok", "ok"]
    );
    assert_eq!(answers[7].text.as_deref(), Some("1"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_marks_of_one_call_are_no_other_calls() {
    let steps = "versions f timeout 0 swap versions f perform swap perform";
    let statuses = Steps::on(&answering()).take(steps).statuses();
    assert_eq!(statuses[4], "ok");
    assert_eq!(statuses[6], "invalid_argument");
}
