//! TLS: who is trusted, and what a broken handshake becomes.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};

use crate::calls::{Calls, KEY};
use crate::lateness::timed;
use crate::script::Step::{Hold, Reset};
use crate::script::{Server, send};
use crate::support::{in_parallel, scratch_dir};

/// An emulator that speaks TLS, and the file of the authority it is to be trusted by.
pub fn emulator(name: &str) -> (Emulator, PathBuf) {
    let options = Options {
        tls: true,
        private_key: KEY.to_owned(),
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    let ca_file = scratch_dir().join(name).with_extension("pem");
    fs::write(&ca_file, emulator.ca_pem().expect("a certificate")).expect("a file");
    (emulator, ca_file)
}

#[test]
fn a_ca_file_is_trusted_and_one_connection_serves_many_calls() {
    let (emulator, ca_file) = emulator("trusted");
    let id = emulator.file_ids().remove(0);
    let calls = Calls::to(&emulator.base_url()).set("--ca-file", &ca_file);
    let answers = calls.set("--file-id", &id).number("--repeat", 10).answers();
    let versions = emulator.versions(&id).expect("a file");
    for answer in answers {
        let seen: serde_json::Value = serde_json::from_str(answer.json()).expect("JSON");
        assert_eq!(seen, versions);
    }
    assert_eq!((emulator.requests(), emulator.connections()), (10, 1));
}

#[test]
fn the_certificates_of_ssl_cert_file_are_trusted() {
    let (emulator, ca_file) = emulator("variable");
    let id = emulator.file_ids().remove(0);
    let calls = Calls::to(&emulator.base_url()).env("SSL_CERT_FILE", &ca_file);
    assert!(calls.set("--file-id", id).answer().json().starts_with('['));
}

#[test]
fn an_unknown_authority_is_refused_once_and_nothing_is_sent() {
    let (emulator, _) = emulator("unknown");
    let (_, other_ca) = self::emulator("other");
    let calls = || Calls::to(&emulator.base_url());
    for calls in [calls(), calls().set("--ca-file", &other_ca)] {
        let answer = calls.answer();
        assert_eq!(answer.status, "tls_failed", "{answer:?}");
        assert_eq!(answer.attempts(), Some(1), "{answer:?}");
        assert!(answer.error()["httpStatus"].is_null(), "{answer:?}");
    }
    assert_eq!(emulator.requests(), 0);
}

#[test]
fn the_ca_file_is_read_when_the_client_is_made() {
    let (emulator, ca_file) = emulator("relative");
    let calls = Calls::to(&emulator.base_url()).set("--ca-file", "missing/../relative.pem");
    assert_eq!(calls.answer().status, "invalid_argument");
    let id = emulator.file_ids().remove(0);
    let calls = Calls::to(&emulator.base_url()).set("--ca-file", &ca_file);
    assert!(calls.set("--file-id", id).answer().json().starts_with('['));
}

/// A server that reads what comes first, the client's greeting, and says this.
fn after_a_greeting(bytes: &[u8]) -> Server {
    let bytes = bytes.to_vec();
    Server::connections([vec![crate::script::Step::ReadSome, send(bytes)]])
}

#[test]
fn a_server_that_does_not_speak_tls_is_not_asked_again() {
    let garbage: Vec<u8> = (0..2000_u32).map(|n| (n * 37 % 251) as u8).collect();
    let alert = b"\x15\x03\x03\x00\x02\x02\x28"; // fatal, handshake_failure
    let rows: [(&str, &[u8]); 3] = [
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("garbage", &garbage),
        ("an alert", alert),
    ];
    in_parallel(&rows, |(name, bytes)| {
        let server = after_a_greeting(bytes);
        let url = server.url().replace("http:", "https:");
        let answer = Calls::to(&url).answer();
        assert_eq!(answer.status, "tls_failed", "{name}: {answer:?}");
        assert_eq!(answer.attempts(), Some(1), "{name}: {answer:?}");
        assert_eq!(server.connection_count(), 1, "{name}");
    });
}

#[test]
fn a_handshake_that_is_cut_is_tried_again() {
    let greeting = crate::script::Step::ReadSome;
    in_parallel(&[vec![greeting.clone()], vec![greeting, Reset]], |does| {
        let server = Server::connections([does.clone()]);
        let url = server.url().replace("http:", "https:");
        let answer = Calls::to(&url).answer();
        assert_eq!(answer.status, "tls_failed", "{answer:?}");
        assert_eq!(answer.attempts(), Some(3), "{answer:?}");
        assert_eq!(server.connection_count(), 3);
    });
}

#[test]
fn a_handshake_that_stalls_ends_with_the_connect_timeout_or_the_deadline() {
    timed(|| {
        let server = Server::connections([vec![Hold]]);
        let url = server.url().replace("http:", "https:");
        let answer = Calls::to(&url).number("--timeout-ms", 1000).answer();
        assert_eq!(
            (&*answer.status, answer.attempts()),
            ("timeout", Some(1)),
            "{answer:?}"
        );
        answer.expect_at(Duration::from_millis(1000));

        let calls = Calls::to(&url).number("--connect-timeout-ms", 300);
        let answer = calls.number("--timeout-ms", 10_000).answer();
        assert_eq!(
            (&*answer.status, answer.attempts()),
            ("connect_failed", Some(3)),
            "{answer:?}"
        );
        assert!(answer.took >= Duration::from_millis(3 * 300), "{answer:?}");
        assert_eq!(server.connection_count(), 4);
    });
}
