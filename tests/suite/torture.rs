//! A system that fails once: each scenario is run once to count what the library asks of the system, then
//! again and again, each time with one of these calls failing. Every run ends in time and with the
//! right status, or nobody notices; and afterwards all is well: `torture.c` sees to that.

mod failures;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use imagekit_emulator::Emulator;

use crate::calls::{Answer, KEY};
use crate::lateness::expect_by;
use crate::script::Step::Reset;
use crate::script::{Server, answer, ok, send};
use crate::support::{c_program, in_parallel, shared_object};
use crate::tls;
use failures::{FAILURES, Failure};

/// More calls to one function than this are not tried out one by one: a machine may have hundreds of
/// files of certificates.
const MOST_OF_A_KIND: usize = 48;
/// A failure, two backoffs and their repetitions.
const IN_TIME: Duration = Duration::from_secs(5);

/// What the host does, and with whom.
struct Scenario {
    name: &'static str,
    /// `torture.c` says what it is.
    way: &'static str,
    peer: Peer,
}

enum Peer {
    /// A server for each run, as it remembers what it has said.
    Own(fn() -> Server),
    /// An emulator for all of them, under a name that the resolver is asked for.
    Tls,
}

/// One call that fails.
#[derive(Debug, Clone)]
struct Fault {
    key: &'static str,
    ordinal: usize,
    error: i32,
    comes_to: &'static [&'static str],
}

/// What a run printed.
struct Seen {
    steps: Vec<Step>,
    has_failed: bool,
    counts: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct Step {
    name: String,
    answer: Answer,
}

const fn scenario(name: &'static str, way: &'static str, peer: Peer) -> Scenario {
    Scenario { name, way, peer }
}

const FIRST_USE: Scenario = scenario("first use", "get", Peer::Own(ready));
const TLS: Scenario = scenario("TLS", "get", Peer::Tls);
const AFTER_503: Scenario = scenario("retry after a 503", "get", Peer::Own(busy_at_first));
const AFTER_RESET: Scenario = scenario("retry after a reset", "get", Peer::Own(lost_at_first));
const POST: Scenario = scenario("POST", "post", Peer::Own(ready));
const CALLBACK: Scenario = scenario("callback", "callback", Peer::Own(ready));
const QUEUE: Scenario = scenario("queue", "queue", Peer::Own(ready));

fn ready() -> Server {
    Server::answers([ok("[]")])
}

fn busy_at_first() -> Server {
    Server::answers([answer(503, "", "{}"), ok("[]")])
}

fn lost_at_first() -> Server {
    Server::deciding(|number, _| match number {
        0 => vec![Reset],
        _ => vec![send(ok("[]"))],
    })
}

#[test]
fn the_first_failure_of_each_function_is_told_or_healed() {
    for scenario in [QUEUE, TLS] {
        scenario.torture(|fault| fault.ordinal == 1 && fault.is_first_of_its_row());
    }
}

#[test]
#[ignore = "takes half a minute; run with -- --ignored"]
fn no_single_failure_of_the_system_crashes_hangs_leaks_or_spoils_a_client() {
    for scenario in [
        FIRST_USE,
        TLS,
        AFTER_503,
        AFTER_RESET,
        POST,
        CALLBACK,
        QUEUE,
    ] {
        scenario.torture(|_| true);
    }
}

impl Scenario {
    /// Runs it once for each failure that is meant, of all that can befall it.
    fn torture(&self, is_meant: fn(&Fault) -> bool) {
        let usual = self.run(None);
        assert!(usual.failures().is_empty(), "{:#?}", usual.steps);
        let mut faults = usual.faults();
        faults.retain(is_meant);

        let missed = AtomicUsize::new(0);
        in_parallel(&faults, |fault| {
            if !self.suffers(fault, &usual) {
                missed.fetch_add(1, Ordering::Relaxed);
            }
        });
        let (name, runs, missed) = (self.name, faults.len(), missed.into_inner());
        let line =
            format!("torture, {name}: {runs} runs, {missed} of them without their failure\n");
        // Told even where it passes, when what is printed is not shown.
        let _ = io::stderr().write_all(line.as_bytes());
        // How often the I/O thread sleeps and reads differs a little.
        assert!(missed * 10 <= runs, "{line}");
    }

    /// A run with a failure. `false` where the call that was to fail was never made.
    fn suffers(&self, fault: &Fault, usual: &Seen) -> bool {
        let seen = self.run(Some(fault));
        for step in &seen.steps {
            expect_by(step.answer.took, IN_TIME, step);
        }
        let failures = seen.failures();
        if !seen.has_failed {
            assert!(failures.is_empty(), "{failures:#?} though nothing failed");
            return false;
        }
        match failures.as_slice() {
            [] => assert!(fault.comes_to.contains(&"ok"), "nobody was told"),
            [one] if self.may_be_lost(fault) && one.answer.status == "connection_lost" => {}
            [one] => one.expect(fault),
            more => panic!("one failure, and more steps in vain: {more:#?}"),
        }
        let more = |key| seen.count(key).saturating_sub(usual.count(key));
        match (fault.key, fault.error) {
            ("pthread_atfork", _) => assert!(more(fault.key) > 0, "it is tried again"),
            // Neither the bundled roots nor whatever else the machine has.
            ("stat system roots", libc::ENOMEM | libc::EIO) => {
                let key = "open system roots";
                assert!(seen.count(key) > 0 && more(key) <= 1, "{:?}", seen.counts);
            }
            _ => {}
        }
        true
    }

    /// What the server may have acted on is not repeated.
    fn may_be_lost(&self, fault: &Fault) -> bool {
        let over_it = ["recv tcp", "send tcp", "writev tcp", "getsockopt SO_ERROR"];
        self.way == "post" && over_it.contains(&fault.key)
    }

    fn run(&self, fault: Option<&Fault>) -> Seen {
        static EMULATOR: LazyLock<(Emulator, PathBuf)> = LazyLock::new(|| tls::emulator("torture"));
        let server = match self.peer {
            Peer::Own(start) => Some(start()),
            Peer::Tls => None,
        };
        let mut run = c_program("torture").command().arg(self.way);
        run = match &server {
            Some(server) => run.arg("--base-url").arg(server.url()),
            None => {
                let (emulator, ca_file) = &*EMULATOR;
                let url = emulator.base_url().replace("localhost", "localhost.");
                run = run.arg("--id").arg(emulator.file_ids().remove(0));
                run.arg("--base-url").arg(url).arg("--ca-file").arg(ca_file)
            }
        };
        if let Some(fault) = fault {
            let order = format!("{} {} {}", fault.ordinal, fault.error, fault.key);
            run = run.env("IK_FAIL", order);
        }
        run = run.env("LD_PRELOAD", shared_object("failing", &[]));
        let seen = run.arg("--key").arg(KEY).run().expect_ok();
        assert_eq!(seen.stderr, "", "nothing is written to standard error");
        assert!(!seen.stdout.contains(KEY), "the key: {}", seen.stdout);
        server.iter().for_each(expect_no_post_twice);
        Seen::read(&seen.stdout)
    }
}

fn expect_no_post_twice(server: &Server) {
    let mut requests = server.requests();
    requests.retain(|request| request.line().starts_with("POST "));
    let mut bodies: Vec<_> = requests.into_iter().map(|request| request.body).collect();
    let sent = bodies.len();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), sent, "a POST was sent twice");
}

impl Fault {
    fn is_first_of_its_row(&self) -> bool {
        let rows = FAILURES.iter().filter(|row| row.key == self.key);
        let mut firsts = rows.filter_map(|row| row.errors.first());
        firsts.any(|first| *first == self.error)
    }
}

impl Failure {
    /// One for each call and each error.
    fn faults(&'static self, count: usize) -> impl Iterator<Item = Fault> {
        // Two keys are made to see that there are some. Who takes them is not told of a failure any more.
        let most = match self.key {
            "pthread_key_create" => 2,
            _ => MOST_OF_A_KIND,
        };
        let count = count.min(most);
        (1..=count).flat_map(move |ordinal| {
            self.errors.iter().map(move |error| Fault {
                key: self.key,
                ordinal,
                error: *error,
                comes_to: self.comes_to,
            })
        })
    }
}

impl Seen {
    fn read(stdout: &str) -> Self {
        let mut seen = Self {
            steps: Vec::new(),
            has_failed: false,
            counts: BTreeMap::new(),
        };
        for record in stdout.split_terminator('\0') {
            let (what, rest) = record.split_once(' ').expect("a record");
            match what {
                "did" => seen.steps.push(Step::read(rest)),
                "failed" => seen.has_failed = rest == "1",
                "counted" => {
                    let (count, key) = rest.split_once(' ').expect("a count and a key");
                    let count = count.parse().expect("a count");
                    seen.counts.insert(key.to_owned(), count);
                }
                _ => panic!("no such record: {record}"),
            }
        }
        assert!(!seen.steps.is_empty() && !seen.counts.is_empty());
        seen
    }

    fn count(&self, key: &str) -> usize {
        self.counts.get(key).copied().unwrap_or_default()
    }

    /// Everything that can fail in such a run.
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (key, count) in &self.counts {
            let rows = FAILURES.iter().filter(|row| row.key == key);
            assert!(rows.clone().count() > 0, "nothing is known of {key}");
            faults.extend(rows.flat_map(|row| row.faults(*count)));
        }
        faults
    }

    fn failures(&self) -> Vec<&Step> {
        let steps = self.steps.iter();
        steps.filter(|step| step.answer.status != "ok").collect()
    }
}

impl Step {
    /// `cold ok 12 =[...]`
    fn read(record: &str) -> Self {
        let mut words = record.splitn(4, ' ');
        let mut word = || {
            words
                .next()
                .unwrap_or_else(|| panic!("not whole: {record}"))
        };
        Self {
            name: word().to_owned(),
            answer: Answer {
                is_call: true,
                whose: 0,
                status: word().to_owned(),
                took: Duration::from_millis(word().parse().expect("milliseconds")),
                text: word().strip_prefix('=').map(str::to_owned),
            },
        }
    }

    /// The failure that this step tells of.
    fn expect(&self, fault: &Fault) {
        let Self { name, answer } = self;
        assert_ne!(name, "shutdown", "a barrier stands: {answer:?}");
        assert!(
            fault.comes_to.contains(&&*answer.status),
            "{name}: {answer:?}"
        );
        if answer.text.is_some() {
            answer.check_document();
            // HTTP/2 keeps only what kind of error it was.
            let causes = [
                format!("(os error {})", fault.error),
                "out of memory".to_owned(),
            ];
            let message = answer.message();
            let is_said = causes.iter().any(|cause| message.contains(cause));
            assert!(is_said, "{name} does not say why: {message}");
        }
    }
}
