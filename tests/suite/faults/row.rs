//! How a row of the fault matrix reads, and how it runs.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;

use super::peer::Peer;
use crate::calls::{Answer, Calls, KEY};
use crate::lateness::{expect_at_most, expect_by};
use crate::script::{Over, Server, Step, identity};
use crate::support::in_parallel_at_once;

/// One line of the table: a fault, with all its variants, and what comes of it.
#[derive(Clone)]
pub struct Row {
    pub number: u16,
    name: &'static str,
    /// Why it cannot run on this machine.
    pub obstacle: Option<String>,
    over: Vec<Over>,
    cases: Vec<Case>,
    settings: Vec<(&'static str, String)>,
    timeout_ms: u64,
    /// Of each call in turn: any of these statuses, each with its number of attempts. The last holds
    /// for all calls that follow.
    outcomes: Vec<Vec<(&'static str, RangeInclusive<u64>)>>,
    calls: u64,
    threads: u64,
    seen: Option<RangeInclusive<u64>>,
    after: &'static str,
    checks: Vec<Arc<Check>>,
}

/// A further claim of a row.
type Check = dyn Fn(&Seen) + Send + Sync;
type NewPeer = dyn Fn(Over) -> Box<dyn Peer> + Send + Sync;

/// One variant of a fault.
#[derive(Clone)]
struct Case {
    name: String,
    peer: Arc<NewPeer>,
    /// Are requests counted as attempts, or connections as no request can be made?
    has_requests: bool,
}

/// What a row's checks look at.
pub struct Seen<'a> {
    pub peer: &'a dyn Peer,
    /// Of each call, in the order of their ends.
    pub answers: &'a [Answer],
}

impl Seen<'_> {
    /// The answer of the only call, or of the first.
    pub fn answer(&self) -> &Answer {
        &self.answers[0]
    }

    pub fn server(&self) -> &Server {
        self.peer.server().expect("a scripted server")
    }
}

pub fn row(number: u16, name: &'static str) -> Row {
    Row {
        number,
        name,
        obstacle: None,
        over: vec![Over::H1],
        cases: Vec::new(),
        settings: Vec::new(),
        timeout_ms: 10_000,
        outcomes: Vec::new(),
        calls: 1,
        threads: 1,
        seen: None,
        after: "ok",
        checks: Vec::new(),
    }
}

impl Row {
    /// Plain HTTP/1.1 where it is not said.
    pub fn over(mut self, over: &[Over]) -> Self {
        self.over = over.to_vec();
        self
    }

    /// Something of this machine, or why it is not there.
    pub fn needs(mut self, what: Result<(), String>) -> Self {
        self.obstacle = what.err().or(self.obstacle);
        self
    }

    /// On every connection these steps, then a proper end of it.
    pub fn does(self, steps: impl Into<Vec<Step>>) -> Self {
        self.case("", steps)
    }

    /// One of several variants.
    pub fn case(self, name: impl Into<String>, steps: impl Into<Vec<Step>>) -> Self {
        self.connections(name, [steps.into()])
    }

    /// A variant for each of these.
    pub fn each<Steps: Into<Vec<Step>>>(
        self,
        variants: impl IntoIterator<Item = &'static str>,
        does: impl Fn(&'static str) -> Steps,
    ) -> Self {
        let variants = variants.into_iter();
        variants.fold(self, |row, variant| row.case(variant, does(variant)))
    }

    /// The n-th connection does the n-th, every later one the last.
    pub fn connections(self, name: impl Into<String>, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        let scripts = scripts.into();
        let has_requests = scripts
            .iter()
            .flatten()
            .any(|step| matches!(step, Step::Read));
        let peer = move |over| -> Box<dyn Peer> {
            Box::new(Server::connections_over(over, scripts.clone()))
        };
        self.peer(name, has_requests, peer)
    }

    /// The n-th request gets the n-th, every later one the last; connections stay open.
    pub fn requests(self, name: impl Into<String>, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        let scripts = scripts.into();
        let peer =
            move |over| -> Box<dyn Peer> { Box::new(Server::requests_over(over, scripts.clone())) };
        self.peer(name, true, peer)
    }

    /// The same of single steps.
    pub fn answers(self, name: impl Into<String>, answers: impl IntoIterator<Item = Step>) -> Self {
        let scripts = answers.into_iter().map(|answer| vec![answer]);
        self.requests(name, scripts.collect::<Vec<_>>())
    }

    /// As `connections`, from a server with certificates of its own.
    pub fn secured(
        self,
        name: impl Into<String>,
        tls: Arc<ServerConfig>,
        steps: impl Into<Vec<Step>>,
    ) -> Self {
        let steps = steps.into();
        let peer = move |_| -> Box<dyn Peer> {
            Box::new(Server::connections_as(Arc::clone(&tls), [steps.clone()]))
        };
        self.peer(name, false, peer)
    }

    /// By whatever does it; do its requests count, or its connections?
    pub fn peer(
        mut self,
        name: impl Into<String>,
        has_requests: bool,
        peer: impl Fn(Over) -> Box<dyn Peer> + Send + Sync + 'static,
    ) -> Self {
        self.cases.push(Case {
            name: name.into(),
            peer: Arc::new(peer),
            has_requests,
        });
        self
    }

    /// An option of `calls.c`.
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    pub fn timeout(mut self, ms: u64) -> Self {
        self.timeout_ms = ms;
        self
    }

    /// So many calls, one after the other.
    pub fn calls(mut self, calls: u64) -> Self {
        self.calls = calls;
        self
    }

    /// So many threads, each with so many calls.
    pub fn threads(mut self, threads: u64) -> Self {
        self.threads = threads;
        self
    }

    /// What a call comes to, and in how many attempts. Said again it is about the next call.
    pub fn gives(mut self, status: &'static str, attempts: impl Into<Attempts>) -> Self {
        self.outcomes.push(vec![(status, attempts.into().0)]);
        self.calls = self.calls.max(self.outcomes.len() as u64);
        self
    }

    /// Another outcome of the same call that is as right.
    pub fn or(mut self, status: &'static str, attempts: impl Into<Attempts>) -> Self {
        let outcome = self.outcomes.last_mut().expect("an outcome before this");
        outcome.push((status, attempts.into().0));
        self
    }

    /// So many attempts the peer sees in all, where it is not the sum of those of the calls.
    pub fn seen(mut self, attempts: impl Into<Attempts>) -> Self {
        self.seen = Some(attempts.into().0);
        self
    }

    /// What the next call on the client comes to, when the fault is over: ok where it is not said.
    pub fn after(mut self, status: &'static str) -> Self {
        self.after = status;
        self
    }

    /// No client can be made with such settings, so that there is no call, and none afterwards.
    pub fn without_client(self) -> Self {
        self.after("")
    }

    pub fn check(mut self, check: impl Fn(&Seen) + Send + Sync + 'static) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// The message of every failure holds this, however it is spelled.
    pub fn says(self, what: &'static str) -> Self {
        self.check(move |seen| {
            for answer in failed(seen) {
                let message = answer.message().to_lowercase();
                assert!(message.contains(&what.to_lowercase()), "{what}: {answer:?}");
            }
        })
    }

    /// A field of every error document.
    pub fn tells(self, field: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.check(move |seen| {
            for answer in failed(seen) {
                assert_eq!(answer.error()[field], value, "{field}: {answer:?}");
            }
        })
    }

    /// The JSON of every success, byte for byte.
    pub fn json(self, json: impl Into<String>) -> Self {
        let json = json.into();
        self.check(move |seen| {
            let good = seen.answers.iter().filter(|answer| answer.status == "ok");
            for answer in good {
                assert!(answer.json() == json, "{:.200?}", answer.text);
            }
        })
    }

    /// The JSON of each call in turn, all of which are successes.
    pub fn jsons(self, jsons: &'static [&'static str]) -> Self {
        self.check(move |seen| {
            let came: Vec<_> = seen.answers.iter().map(Answer::json).collect();
            assert_eq!(came, jsons);
        })
    }

    /// The first connection serves one request, and the next one goes over another.
    pub fn then_over_a_new_connection(self) -> Self {
        self.check(|seen| {
            let requests = seen.server().requests();
            assert_ne!(requests[0].connection, requests[1].connection);
        })
    }

    /// Each call takes at least the first and at most the second, in milliseconds.
    pub fn takes(self, ms: Range<u64>) -> Self {
        self.check(move |seen| {
            for answer in seen.answers {
                let least = Duration::from_millis(ms.start);
                assert!(answer.took >= least, "before {least:?}: {answer:?}");
                answer.expect_by(Duration::from_millis(ms.end));
            }
        })
    }

    /// The memory of the whole program grows by no more than this while it calls. Not asked of tools
    /// that keep an account of it in memory.
    pub fn within_mib(self, mib: u64) -> Self {
        match std::env::var_os("IK_SLOW_TOOLS") {
            None => self.set("--peak-mib", mib),
            Some(_) => self,
        }
    }

    /// The client leaves an endless body before so much of it was sent.
    pub fn leaves_by(self, bytes: u64) -> Self {
        self.check(move |seen| {
            let sent = seen.peer.sent();
            assert!(sent > 0, "nothing was sent");
            expect_at_most(sent, bytes, &seen.answers);
        })
    }

    pub fn case_count(&self) -> usize {
        self.cases.len() * self.over.len()
    }
}

fn failed<'a>(seen: &'a Seen) -> impl Iterator<Item = &'a Answer> {
    let failed = seen.answers.iter().filter(|answer| answer.status != "ok");
    failed.inspect(|answer| assert!(answer.text.is_some(), "{answer:?}"))
}

/// A number of attempts, or a range.
pub struct Attempts(RangeInclusive<u64>);

impl From<u64> for Attempts {
    fn from(number: u64) -> Self {
        Self(number..=number)
    }
}

impl From<RangeInclusive<u64>> for Attempts {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self(range)
    }
}

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
