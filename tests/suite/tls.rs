//! TLS: whose certificates are trusted, and where they are read from.

use std::fs;
use std::path::PathBuf;

use imagekit_emulator::{Emulator, Options};

use crate::calls::{Calls, KEY};
use crate::support::scratch_dir;

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
fn without_a_ca_file_an_authority_of_ones_own_is_not_trusted() {
    let (emulator, _) = emulator("unknown");
    let answer = Calls::to(&emulator.base_url()).answer();
    assert_eq!(answer.status, "tls_failed", "{answer:?}");
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
