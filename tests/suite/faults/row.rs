//! How a row of the fault matrix reads.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use serde_json::Value;

use super::peer::Peer;
use crate::calls::Answer;
use crate::lateness::expect_at_most;
use crate::script::{Over, Server, Step};

/// One line of the table: a fault, with all its variants, and what comes of it.
#[derive(Clone)]
pub struct Row {
    pub number: u16,
    pub(super) name: &'static str,
    /// Why it cannot run on this machine.
    pub obstacle: Option<String>,
    pub(super) over: Vec<Over>,
    pub(super) cases: Vec<Case>,
    pub(super) settings: Vec<(&'static str, String)>,
    pub(super) timeout_ms: u64,
    /// Of each call in turn: any of these statuses, each with its number of attempts. The last holds
    /// for all calls that follow.
    pub(super) outcomes: Vec<Vec<(&'static str, RangeInclusive<u64>)>>,
    pub(super) calls: u64,
    pub(super) threads: u64,
    pub(super) seen: Option<RangeInclusive<u64>>,
    pub(super) after: &'static str,
    pub(super) checks: Vec<Arc<Check>>,
}

/// A further claim of a row.
type Check = dyn Fn(&Seen) + Send + Sync;
type NewPeer = dyn Fn(Over) -> Box<dyn Peer> + Send + Sync;

/// One variant of a fault.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) peer: Arc<NewPeer>,
    /// Are requests counted as attempts, or connections as no request can be made?
    pub(super) has_requests: bool,
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
