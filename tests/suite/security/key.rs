//! The key: in memory only as long as it is needed, and in nothing that is shown.

use std::cell::Cell;
use std::fmt::{self, Debug};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imagekit::{Client, Config, Operation, operation};
use tracing::field::{Field, Visit};
use tracing::span;

use crate::calls::{KEY, basic};
use crate::script::Step::{Read, Reset, Tunnel};
use crate::script::{Over, Server, Step, identity, said, send};
use crate::support::{c_program, in_parallel};

/// Kept by nobody but the program that looks for it, and by that one in disguise.
const PROBED: &str = "private_probe_7Gq2vT9xKd4LmZ8sWbR3nYc6HfJ1pXe5";

/// What is looked for: the ends of the key and of its Basic forms. A beginning is overwritten by the
/// allocator as soon as memory is freed, and would be missed.
fn needles() -> [String; 3] {
    let forms = [
        PROBED.to_owned(),
        STANDARD.encode(format!("{PROBED}:")),
        STANDARD.encode(PROBED),
    ];
    forms.map(|form| {
        let form = form.trim_end_matches('=');
        form[form.len() - 18..].to_owned()
    })
}

/// As `wiped.c` wants it.
fn disguised(text: &str) -> String {
    let bytes = text.bytes().map(|byte| format!("{:02x}", byte ^ 0x5a));
    bytes.collect()
}

#[test]
fn after_the_free_no_copy_of_the_key_is_left_in_memory() {
    // What is done with the key, and after which steps it must not be there.
    let rows: &[(&str, &[(&str, bool)])] = &[
        (
            "set",
            &[("before", false), ("kept", true), ("freed", false)],
        ),
        ("replaced", &[("replaced", false), ("freed", false)]),
        ("refused", &[("refused", false), ("freed", false)]),
        ("variable", &[("kept", true), ("freed", false)]),
        ("described", &[("freed", false)]),
    ];
    in_parallel(rows, |(part, expected)| {
        let run = c_program("wiped").command().arg(part);
        let run = run.arg(disguised(PROBED));
        // A function that is bound at its first call has all registers saved on the stack meanwhile,
        // the ones that copied the key among them: those of the program itself, not of the library.
        let run = run.env("LD_BIND_NOW", "1");
        let run = needles()
            .iter()
            .fold(run, |run, text| run.arg(disguised(text)));
        let seen = run.run().expect_ok();
        let told = seen.stdout.lines().map(|line| {
            let (step, count) = line.split_once(' ').expect("a step and a count");
            (step, count.parse::<u32>().expect("a number") > 0)
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            *expected,
            "{part}: {}",
            seen.stdout
        );
    });
}

fn config(url: &str) -> Config {
    let mut config = Config::default();
    config.set_private_key(KEY).expect("a key");
    config.set_base_url(url).expect("a base URL");
    config.set_proxy("").expect("no proxy");
    config.set_timeout_ms(10_000).expect("a time");
    config
}

const SECRETS: [&str; 4] = [KEY, "private_marker", "sesame", "dXNlcjpzZXNhbWU"];

fn expect_no_secret(what: &str, shown: &str) {
    let basic = basic(KEY);
    let secret = SECRETS.iter().find(|secret| shown.contains(**secret));
    assert_eq!(secret, None, "{what} shows it: {shown}");
    assert!(!shown.contains(&basic), "{what} shows it: {shown}");
}

fn expect_safe(what: &str, value: &dyn Debug) {
    expect_no_secret(what, &format!("{value:?} {value:#?}"));
    // Where somebody unwraps a result that holds it.
    let panic = panic::catch_unwind(AssertUnwindSafe(|| {
        std::hint::black_box(Err::<(), _>(value)).expect("nothing wrong")
    }));
    let text = panic.expect_err("a panic");
    let text = text.downcast_ref::<String>().expect("its text");
    expect_no_secret(what, text);
}

#[test]
fn no_public_type_shows_the_key_for_debugging_or_in_a_panic() {
    let echo = format!(r#"{{"message":"{KEY}","help":"{}"}}"#, basic(KEY));
    let server = Server::connections([vec![
        Read,
        said(403, format!("x-ik-requestId: {KEY}\r\n"), echo),
    ]]);
    let config = config(&server.url());
    let mut proxied = config.clone();
    proxied.set_base_url("https://api.example").expect("a URL");
    proxied
        .set_proxy("http://user:sesame@127.0.0.1:1")
        .expect("a proxy");
    let client = Client::new(&config).expect("a client");
    let description = client.describe(get("6a1b")).expect("a description");
    let error = client.perform(get("6a1b")).expect_err("a refusal");
    let bad_key = Config::default().set_private_key(&format!("{KEY}:"));
    let bad_url = Config::default().set_base_url("https://user:sesame@127.0.0.1");
    let bad_proxy = Config::default().set_proxy("http://user:sesame@127.0.0.1/x");
    expect_safe("Config", &config);
    expect_safe("Config", &proxied);
    expect_safe("Client", &client);
    expect_safe("Client", &Client::new(&proxied).expect("a client"));
    expect_safe("Description", &description);
    expect_safe("Error", &error);
    expect_safe("Error", &bad_key.expect_err("a colon"));
    expect_safe("Error", &bad_url.expect_err("a user"));
    expect_safe("Error", &bad_proxy.expect_err("a path"));
    expect_safe("Error", &client.perform(get(KEY)).expect_err("a refusal"));
}

fn get(id: &str) -> Operation {
    operation::get_file_versions(id).expect("an operation")
}

/// All that our dependencies tell whoever listens, at the finest level, on our own threads and on those
/// that have begun with a call: servers of other tests are in this process, too.
static HEARD: Mutex<String> = Mutex::new(String::new());

thread_local! {
    static CALLS: Cell<bool> = const { Cell::new(false) };
}

fn hear(line: &str) {
    let is_ours = |name: &str| name.starts_with("imagekit-");
    if !CALLS.get() && !thread::current().name().is_some_and(is_ours) {
        return;
    }
    let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    heard.push_str(line);
    heard.push('\n');
}

struct Listener;

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        hear(&format!("log {} {}", record.target(), record.args()));
    }

    fn flush(&self) {}
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = fmt::write(&mut self.0, format_args!(" {}={value:?}", field.name()));
        written.expect("text");
    }
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes) -> span::Id {
        let mut words = Words(format!("span {}", span.metadata().name()));
        span.record(&mut words);
        hear(&words.0);
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record) {
        let mut words = Words("record".to_owned());
        values.record(&mut words);
        hear(&words.0);
    }

    fn event(&self, event: &tracing::Event) {
        let mut words = Words(format!("event {}", event.metadata().target()));
        event.record(&mut words);
        hear(&words.0);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Listener).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
        tracing::subscriber::set_global_default(Listener).expect("the only subscriber");
    });
}

/// A Rust program may listen to the crates that we use, as finely as it likes.
#[test]
fn no_dependency_tells_a_logger_the_key_at_its_finest_level() {
    listen();
    CALLS.set(true);
    let good = || vec![Read, said(200, "", "[]")];
    let scripts: [Vec<Step>; 3] = [good(), vec![Read, said(401, "", "{}")], vec![Read, Reset]];
    let perform = |url: &str, proxy: &str| {
        let mut config = config(url);
        let ca_file = identity::ca_file().to_str().expect("a path");
        config.set_ca_file(ca_file).expect("a file");
        config.set_proxy(proxy).expect("a proxy");
        config.set_max_retries(0);
        let client = Client::new(&config).expect("a client");
        let _ = client.perform(get("6a1b")); // however it ends
    };
    for over in [Over::H1, Over::Tls, Over::H2] {
        for script in &scripts {
            let server = Server::connections_over(over, [script.clone()]);
            perform(&server.url(), "");
        }
    }
    let target = Server::connections_over(Over::Tls, [good()]);
    let grant = send("HTTP/1.1 200 OK\r\n\r\n");
    let proxy = Server::connections([vec![Read, grant, Tunnel(target.address())]]);
    perform(
        &target.url(),
        &format!("http://user:sesame@{}", proxy.address()),
    );
    assert_eq!(target.requests().len(), 1);

    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let heard: Vec<_> = heard.lines().collect();
    for talker in ["log reqwest", "event h2"] {
        let told = heard.iter().any(|line| line.starts_with(talker));
        assert!(told, "nothing from {talker} in {} lines", heard.len());
    }
    expect_no_secret("a log", &heard.join("\n"));
}
