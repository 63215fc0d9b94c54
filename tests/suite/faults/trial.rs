//! How a row runs: every variant over each of its transports, and what must hold of each.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::peer::Peer;
use super::row::{Case, Row, Seen};
use crate::calls::{Answer, Calls, KEY};
use crate::lateness::expect_by;
use crate::script::{Over, identity};
use crate::support::in_parallel_at_once;

/// One variant over one transport.
struct Trial<'a> {
    row: &'a Row,
    case: &'a Case,
    over: Over,
}

impl fmt::Debug for Trial<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, case, over } = self;
        write!(
            out,
            "F{:02} {}, {}, {over:?}",
            row.number, row.name, case.name
        )
    }
}

/// Runs every variant of these rows over each of its transports, side by side.
pub fn run(rows: &[Row]) {
    const AT_ONCE: usize = 24; // most of them wait for a backoff
    let cases = rows
        .iter()
        .filter(|row| row.obstacle.is_none())
        .flat_map(|row| row.cases.iter().map(move |case| (row, case)));
    let trials = cases.flat_map(|(row, case)| {
        let over = row.over.iter();
        over.map(move |&over| Trial { row, case, over })
    });
    let trials: Vec<_> = trials.collect();
    in_parallel_at_once(AT_ONCE, &trials, Trial::run);
}

impl Trial<'_> {
    fn run(&self) {
        let peer = (self.case.peer)(self.over);
        let (answers, after) = self.calls(&*peer).answers_and_after(peer.marker());
        let expected = self.row.calls * self.row.threads;
        assert_eq!(answers.len() as u64, expected, "{self:?}: {answers:?}");
        for (number, answer) in answers.iter().enumerate() {
            self.expect_outcome(number, answer);
            let slack = Duration::from_millis(250);
            let limit = Duration::from_millis(self.row.timeout_ms) + slack;
            expect_by(answer.took, limit, &(self, answer));
        }
        self.expect_seen(&*peer, &answers);
        let seen = Seen {
            peer: &*peer,
            answers: &answers,
        };
        for check in &self.row.checks {
            check(&seen);
        }
        let Some(after) = after else {
            let has_client = answers.iter().any(|answer| answer.is_call);
            assert!(!has_client, "{self:?}: no call afterwards: {answers:?}");
            return;
        };
        assert_eq!(
            after.status, self.row.after,
            "{self:?}, afterwards: {after:?}"
        );
        if after.status == "ok" {
            assert_eq!(after.json(), r#"["good"]"#, "{self:?}, afterwards");
        }
    }

    fn calls(&self, peer: &dyn Peer) -> Calls {
        let url = match self.over {
            Over::H1 => peer.url(),
            Over::Tls | Over::H2 => peer.url().replace("http:", "https:"),
        };
        let row = self.row;
        let is_set = |option| row.settings.iter().any(|(name, _)| *name == option);
        let calls = match is_set("--base-url") {
            true => Calls::bare().set("--key", KEY),
            false => Calls::to(&url),
        };
        let mut calls = calls
            .number("--timeout-ms", row.timeout_ms)
            .number("--repeat", row.calls)
            .number("--threads", row.threads);
        if self.over != Over::H1 && !is_set("--ca-file") {
            calls = calls.set("--ca-file", identity::ca_file());
        }
        for (name, value) in &row.settings {
            calls = calls.set(name, value);
        }
        peer.equip(calls)
    }

    fn outcomes(&self, number: usize) -> &[(&'static str, RangeInclusive<u64>)] {
        let outcomes = &self.row.outcomes;
        let outcomes = outcomes.get(number).or(outcomes.last());
        outcomes.expect("an outcome in the row")
    }

    fn expect_outcome(&self, number: usize, answer: &Answer) {
        let outcomes = self.outcomes(number);
        let outcome = outcomes.iter().find(|(status, _)| *status == answer.status);
        let Some((_, attempts)) = outcome else {
            panic!("{self:?}: not {outcomes:?}: {answer:.500?}");
        };
        if answer.status != "ok" {
            let told = answer.attempts().unwrap_or_default();
            assert!(attempts.contains(&told), "{self:?}, attempts: {answer:?}");
        }
    }

    /// The peer saw as many attempts as the answers tell of.
    fn expect_seen(&self, peer: &dyn Peer, answers: &[Answer]) {
        if peer.connections() == 0 && peer.requests() == 0 {
            return; // one that can't count
        }
        // The good call came after all others, with one request.
        let requests = peer.requests().saturating_sub(1) as u64;
        let counted = match self.case.has_requests {
            true => requests,
            false => peer.connections().saturating_sub(1) as u64,
        };
        let (mut least, mut most) = (0, 0);
        for (number, answer) in answers.iter().enumerate() {
            let told = answer.told_attempts();
            let outcomes = self.outcomes(number);
            let outcome = outcomes.iter().find(|(status, _)| *status == answer.status);
            let range = outcome.map_or(0..=0, |(_, attempts)| attempts.clone());
            least += told.unwrap_or(*range.start());
            most += told.unwrap_or(*range.end());
        }
        let expected = self.row.seen.clone().unwrap_or(least..=most);
        assert!(
            expected.contains(&counted),
            "{self:?}: the server saw {counted} attempts, and not {expected:?}: {answers:.1000?}"
        );
    }
}
