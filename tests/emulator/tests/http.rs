//! The emulator over a plain socket: what each request is answered.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::{Value, json};

const KEY: &str = "Basic cHJpdmF0ZV9lbXVsYXRvcl9rZXk6"; // private_emulator_key:
const WRONG_KEY: &str = "Basic d3Jvbmc6";
const HELP: &str = "For support kindly contact us at support@imagekit.io.";

struct Answer {
    status: u16,
    head: String,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found
            .unwrap_or_else(|| panic!("no {name} in {}", self.head))
            .1
    }
}

fn ask(emulator: &Emulator, method: &str, path: &str, key: &str) -> io::Result<Answer> {
    let url = emulator.base_url();
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    let authorization = match key {
        "" => String::new(),
        key => format!("Authorization: {key}\r\n"),
    };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}Connection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    Ok(Answer {
        status: head[9..12].parse().expect("a status"),
        head: head.to_owned(),
        body: serde_json::from_str(body)?,
    })
}

#[test]
fn every_file_answers_with_its_versions() -> io::Result<()> {
    let emulator = Emulator::start(Options::default())?;
    for id in emulator.file_ids() {
        let answer = ask(&emulator, "GET", &format!("/v1/files/{id}/versions"), KEY)?;
        assert_eq!(answer.status, 200);
        assert_eq!(Some(answer.body), emulator.versions(&id));
    }
    assert_eq!(emulator.requests(), 5);
    assert_eq!(emulator.connections(), 5);
    Ok(())
}

#[rustfmt::skip]
const REFUSALS: &[(&str, &str, &str, u16, &str)] = &[
    // method, path, key,                                                       status, message
    ("GET",  "/v1/files/66a100000000000000000001/versions",     "",            401, "Your request does not contain private API key."),
    ("GET",  "/v1/files/66a100000000000000000001/versions",     WRONG_KEY,     403, "Your account cannot be authenticated."),
    ("GET",  "/v1/files/not-an-id/versions",                    KEY,           400, "Your request contains invalid fileId parameter."),
    ("GET",  "/v1/files/a%2Fb/versions",                        KEY,           400, "Your request contains invalid fileId parameter."),
    ("GET",  "/v1/files/%ff/versions",                          KEY,           400, "Your request contains invalid fileId parameter."),
    ("GET",  "/v1/files/0123456789abcdef01234567/versions",     KEY,           404, "The requested file does not exist."),
    ("GET",  "/v1/nothing",                                     KEY,           404, "The requested resource does not exist."),
    ("POST", "/v1/files/66a100000000000000000001/versions",     KEY,           405, "The requested resource does not allow this method."),
];

#[test]
fn refusals_are_in_the_apis_words_and_signed() -> io::Result<()> {
    let emulator = Emulator::start(Options::default())?;
    let mut request_ids = HashSet::new();
    for &(method, path, key, status, message) in REFUSALS {
        let answer = ask(&emulator, method, path, key)?;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.body, json!({"message": message, "help": HELP}));
        assert_eq!(answer.header("x-ratelimit-limit"), "1000000");
        assert!(request_ids.insert(answer.header("x-ik-requestId").to_owned()));
    }
    Ok(())
}

#[test]
fn an_id_may_be_percent_encoded() -> io::Result<()> {
    let emulator = Emulator::start(Options::default())?;
    let path = "/v1/files/%366a10000000000000000000%31/versions";
    assert_eq!(ask(&emulator, "GET", path, KEY)?.status, 200);
    Ok(())
}

#[test]
fn who_is_limited_learns_how_long_to_wait() -> io::Result<()> {
    let emulator = Emulator::start(Options {
        requests_per_interval: Some(2),
        interval: Duration::from_secs(3600),
        ..Options::default()
    })?;
    let path = "/v1/files/66a100000000000000000001/versions";
    let status = |key| Ok::<u16, io::Error>(ask(&emulator, "GET", path, key)?.status);
    let statuses = [status(KEY)?, status(WRONG_KEY)?, status(KEY)?];
    assert_eq!(statuses, [200, 403, 200], "a wrong key takes no place");

    let answer = ask(&emulator, "GET", path, KEY)?;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.body.get("help"), None);
    assert_eq!(answer.header("X-RateLimit-Limit"), "2");
    assert_eq!(answer.header("X-RateLimit-Interval"), "3600000");
    let reset_ms: u32 = answer
        .header("X-RateLimit-Reset")
        .parse()
        .expect("a number");
    assert!((3_500_000..=3_600_000).contains(&reset_ms), "{reset_ms}");
    Ok(())
}

#[test]
fn a_stopped_emulator_is_gone_at_once() -> io::Result<()> {
    let emulator = Emulator::start(Options::default())?;
    let address = emulator.base_url().replace("http://", "");
    let mut open = TcpStream::connect(&address)?;
    emulator.stop();
    assert!(
        matches!(open.read(&mut [0]), Ok(0) | Err(_)),
        "it still talks"
    );
    assert!(TcpStream::connect(&address).is_err());
    Ok(())
}

#[test]
fn tls_comes_with_a_certificate_to_trust() -> io::Result<()> {
    let emulator = Emulator::start(Options {
        tls: true,
        ..Options::default()
    })?;
    assert!(emulator.base_url().starts_with("https://localhost:"));
    let pem = emulator.ca_pem().expect("a certificate");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    Ok(())
}

#[test]
fn a_limit_that_lets_nobody_in_is_refused() {
    let options = Options {
        requests_per_interval: Some(0),
        ..Options::default()
    };
    let error = Emulator::start(options).err().map(|error| error.kind());
    assert_eq!(error, Some(io::ErrorKind::InvalidInput));
}
