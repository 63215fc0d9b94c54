//! What every answer has, whatever was asked for, and how an emulator begins and ends.

use std::collections::HashSet;
use std::io::{self, Read};
use std::net::TcpStream;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use serde_json::json;

use crate::support::{Answer, HELP, KEY, send};

const WRONG_KEY: &str = "Basic d3Jvbmc6";

fn ask(emulator: &Emulator, method: &str, path: &str, key: &str) -> io::Result<Answer> {
    let authorization = [("Authorization", key)];
    let count = if key.is_empty() { 0 } else { 1 };
    send(emulator, method, path, &authorization[..count], "")
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
    // method, path, key, status, message
    ("GET",    "/v1/files/66a100000000000000000001/versions",                                       "",        401, "Your request does not contain private API key."),
    ("GET",    "/v1/files/66a100000000000000000001/versions",                                       WRONG_KEY, 403, "Your account cannot be authenticated."),
    ("POST",   "/api/v1/files/upload",                                                              WRONG_KEY, 403, "Your account cannot be authenticated."),
    ("GET",    "/v1/files/not-an-id/versions",                                                      KEY,       400, "Your request contains invalid fileId parameter."),
    ("GET",    "/v1/files/a%2Fb/versions",                                                          KEY,       400, "Your request contains invalid fileId parameter."),
    ("GET",    "/v1/files/%ff/versions",                                                            KEY,       400, "Your request contains invalid fileId parameter."),
    ("GET",    "/v1/files/0123456789abcdef01234567/versions",                                       KEY,       404, "The requested file does not exist."),
    ("GET",    "/v1/files/%ff/versions/66a100000000000000000101",                                   KEY,       400, "Your request contains invalid fileId parameter."),
    ("GET",    "/v1/files/66a100000000000000000001/versions/v1",                                    KEY,       400, "Your request contains invalid versionId parameter."),
    ("GET",    "/v1/files/66a100000000000000000001/versions/%ff",                                   KEY,       400, "Your request contains invalid versionId parameter."),
    ("GET",    "/v1/files/0123456789abcdef01234567/versions/66a100000000000000000101",              KEY,       404, "The requested file does not exist."),
    ("GET",    "/v1/files/66a100000000000000000001/versions/0123456789abcdef01234567",              KEY,       404, "The requested file version does not exist."),
    ("GET",    "/v1/files/66a100000000000000000002/versions/66a100000000000000000101",              KEY,       404, "The requested file version does not exist."),
    ("DELETE", "/v1/files/%ff/versions/66a100000000000000000101",                                   KEY,       400, "Your request contains invalid fileId parameter."),
    ("DELETE", "/v1/files/66a100000000000000000001/versions/v1",                                    KEY,       400, "Your request contains invalid versionId parameter."),
    ("DELETE", "/v1/files/66a100000000000000000001/versions/%ff",                                   KEY,       400, "Your request contains invalid versionId parameter."),
    ("DELETE", "/v1/files/0123456789abcdef01234567/versions/66a100000000000000000101",              KEY,       404, "The requested file does not exist."),
    ("DELETE", "/v1/files/66a100000000000000000001/versions/0123456789abcdef01234567",              KEY,       404, "The requested file version does not exist."),
    ("DELETE", "/v1/files/66a100000000000000000002/versions/66a100000000000000000101",              KEY,       404, "The requested file version does not exist."),
    ("PUT",    "/v1/files/%ff/versions/66a100000000000000000101/restore",                           KEY,       400, "Your request contains invalid fileId parameter."),
    ("PUT",    "/v1/files/66a100000000000000000001/versions/v1/restore",                            KEY,       400, "Your request contains invalid versionId parameter."),
    ("PUT",    "/v1/files/66a100000000000000000001/versions/%ff/restore",                           KEY,       400, "Your request contains invalid versionId parameter."),
    ("PUT",    "/v1/files/0123456789abcdef01234567/versions/66a100000000000000000101/restore",      KEY,       404, "The requested file does not exist."),
    ("PUT",    "/v1/files/66a100000000000000000001/versions/0123456789abcdef01234567/restore",      KEY,       404, "The requested file version does not exist."),
    ("PUT",    "/v1/files/66a100000000000000000002/versions/66a100000000000000000101/restore",      KEY,       404, "The requested file version does not exist."),
    ("DELETE", "/v1/files/66a100000000000000000001/versions/66a100000000000000000103",              KEY,       400, "You cannot delete current version of a file."),
    ("GET",    "/v1/nothing",                                                                       KEY,       404, "The requested resource does not exist."),
    ("POST",   "/v1/files/66a100000000000000000001/versions",                                       KEY,       405, "The requested resource does not allow this method."),
    ("POST",   "/v1/files/66a100000000000000000001/versions/66a100000000000000000101",              KEY,       405, "The requested resource does not allow this method."),
    ("GET",    "/v1/files/66a100000000000000000001/versions/66a100000000000000000101/restore",      KEY,       405, "The requested resource does not allow this method."),
    ("GET",    "/api/v1/files/upload",                                                              KEY,       405, "The requested resource does not allow this method."),
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

    for (method, path) in [
        ("GET", "/v1/files"),
        ("DELETE", path),
        ("GET", "/v1/nothing"),
    ] {
        assert_eq!(
            ask(&emulator, method, path, KEY)?.status,
            429,
            "{method} {path}"
        );
    }
    let upload = ask(&emulator, "POST", "/api/v1/files/upload", KEY)?;
    assert_eq!(
        upload.status, 400,
        "an upload is never limited, only this one is no upload"
    );
    assert_eq!(upload.header("X-RateLimit-Limit"), "2");

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
