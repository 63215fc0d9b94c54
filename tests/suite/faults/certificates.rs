//! Who is not to be trusted, and handshakes that fail.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::version::TLS12;

use super::openssl::{OpenSsl, good as trusted, odd, python};
use super::peer::Peer;
use super::row::{Row, Seen, row};
use super::said::{FAILED, LOST, good, starts};
use crate::hosts::new_path;
use crate::script::Over::Tls;
use crate::script::Step::{Cut, Hold, Read, ReadSome, Reset, SendRaw};
use crate::script::identity::{Authority, Identity, NAME, authority, common_name, leaf, leaf_of};
use crate::script::{Server, Step, ok, send};

const REFUSED: &str = "tls_failed";

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let answer = || vec![Read, good()];
    let late = || { let mut leaf = leaf(); leaf.not_after = date_time_ymd(2020, 1, 1); leaf };
    let early = || { let mut leaf = leaf(); leaf.not_before = date_time_ymd(2099, 1, 1); leaf };
    let client = || { let mut leaf = leaf(); leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]; leaf };
    let (alone, alone_file) = self_signed(IsCa::ExplicitNoCa);
    let (as_ca, as_ca_file) = self_signed(IsCa::Ca(BasicConstraints::Unconstrained));
    vec![
        row(138, "expired").over(&[Tls]).secured("", signed(&late()), answer()).gives(REFUSED, 1)
            .says("expired on Wed, 01 Jan 2020").check(nothing_sent),
        row(139, "not yet valid").over(&[Tls]).secured("", signed(&early()), answer()).gives(REFUSED, 1)
            .says("not valid before Thu, 01 Jan 2099").check(nothing_sent),
        row(140, "wrong host").over(&[Tls]).secured("", signed(&leaf_of(&["other.example"])), answer()).gives(REFUSED, 1)
            .says("not for 127.0.0.1").says("other.example").check(nothing_sent),
        row(140, "no host at all").over(&[Tls]).secured("", signed(&leaf_of(&[])), answer()).gives(REFUSED, 1)
            .says("not for 127.0.0.1").says("no name at all").check(nothing_sent),
        row(141, "self-signed").over(&[Tls]).secured("", alone.clone(), answer()).gives(REFUSED, 1)
            .says("unknown issuer").says("ca_file").check(nothing_sent),
        row(142, "self-signed, in the CA file").over(&[Tls]).set("--ca-file", alone_file.display())
            .secured("", alone, answer()).gives("ok", 1).json("[]"),
        row(143, "self-signed with CA:TRUE").over(&[Tls]).set("--ca-file", as_ca_file.display())
            .secured("", as_ca, answer()).gives(REFUSED, 1)
            .says("CA certificate used as a server certificate").check(nothing_sent),
        row(144, "unknown CA").over(&[Tls]).secured("", by("another authority"), answer()).gives(REFUSED, 1)
            .says("unknown issuer").check(nothing_sent),
        row(144, "unknown CA of a known name").over(&[Tls]).secured("", by(NAME), answer()).gives(REFUSED, 1)
            .says("a signature").check(nothing_sent),
        row(144, "a certificate of clients").over(&[Tls]).secured("", signed(&client()), answer()).gives(REFUSED, 1)
            .says("extended key usage").check(nothing_sent),
        row(145, "TLS 1.0, 1.1 only").over(&[Tls]).needs(python())
            .peer("1.1 at most", false, old(trusted, "TLSv1", "TLSv1_1", "ALL"))
            .peer("1.0 at most", false, old(trusted, "TLSv1", "TLSv1", "ALL"))
            .gives(REFUSED, 1).says("protocol_version").says("TLS 1.2").check(nothing_sent),
        row(145, "answers in TLS 1.0 or 1.1, whatever was asked").over(&[Tls])
            .case("1.1", [ReadSome, SendRaw(server_hello([3, 2]))])
            .case("1.0", [ReadSome, SendRaw(server_hello([3, 1]))])
            .case("SSL 3", [ReadSome, SendRaw(server_hello([3, 0]))])
            .gives(REFUSED, 1).says("protocol version").says("TLS 1.2").check(nothing_sent),
        row(146, "TLS 1.2").over(&[Tls]).secured("", authority().sign(&leaf()).server_of(&[&TLS12], "http/1.1"), answer())
            .gives("ok", 1).json("[]"),
        row(147, "TLS 1.2, CBC suites only").over(&[Tls]).needs(python())
            .peer("AES128-SHA", false, old(|| weak("rsa1024.pem"), "TLSv1_2", "TLSv1_2", "AES128-SHA"))
            .peer("ECDHE-RSA-AES128-SHA", false, old(|| weak("rsa1024.pem"), "TLSv1_2", "TLSv1_2", "ECDHE-RSA-AES128-SHA"))
            .peer("ECDHE-ECDSA-AES256-SHA384", false, old(trusted, "TLSv1_2", "TLSv1_2", "ECDHE-ECDSA-AES256-SHA384"))
            .gives(REFUSED, 1).says("handshake_failure").check(nothing_sent),
        row(148, "weak signatures").over(&[Tls]).needs(python()).set("--ca-file", with_ours("weak-ca", &weak("ca.pem")).display())
            .peer("leaf signed with SHA-1", false, old(|| weak("sha1.pem"), "TLSv1_2", "TLSv1_3", "ALL"))
            .peer("RSA 1024 key", false, old(|| weak("rsa1024.pem"), "TLSv1_2", "TLSv1_3", "ALL"))
            .peer("RSA 1024 key, TLS 1.2", false, old(|| weak("rsa1024.pem"), "TLSv1_2", "TLSv1_2", "ALL"))
            .gives(REFUSED, 1).says("too ").check(nothing_sent),
        row(149, "plain HTTP on the TLS port").over(&[Tls])
            .does([ReadSome, SendRaw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]).gives(REFUSED, 1)
            .says("an http port rather than an https one?"),
        row(150, "garbage").over(&[Tls]).does([ReadSome, SendRaw(garbage(2000))]).gives(REFUSED, 1).says("not TLS"),
        row(151, "handshake stall").over(&[Tls]).does([ReadSome, Hold]).timeout(1500).gives("timeout", 1).takes(1499..1750),
        row(151, "handshake stall, connect timeout").over(&[Tls]).does([ReadSome, Hold]).set("--connect-timeout-ms", 300)
            .gives(FAILED, 3).takes(900..4000).says("in time"),
        row(152, "cut handshake").over(&[Tls])
            .case("end", [ReadSome])
            .case("reset", [ReadSome, Reset])
            .case("half a ServerHello, end", [ReadSome, SendRaw(server_hello([3, 3])[..40].to_vec())])
            .case("half a ServerHello, reset", [ReadSome, SendRaw(server_hello([3, 3])[..40].to_vec()), Reset])
            .gives(REFUSED, 3).says("cut off"),
        row(153, "fatal alert handshake_failure").over(&[Tls]).does([ReadSome, alert(2, 40)]).gives(REFUSED, 1).says("handshake_failure"),
        row(153, "fatal alert unrecognized_name").over(&[Tls]).does([ReadSome, alert(2, 112)]).gives(REFUSED, 1).says("unrecognized_name"),
        row(153, "fatal alert internal_error").over(&[Tls]).does([ReadSome, alert(2, 80)]).gives(REFUSED, 1).says("internal_error"),
        row(154, "alert flood").over(&[Tls]).does([ReadSome, SendRaw([21, 3, 3, 0, 2, 1, 90].repeat(10_000))]).gives(REFUSED, 1),
        row(155, "close_notify missing, length known").over(&[Tls]).does([Read, good(), Cut]).gives("ok", 1).json("[]"),
        row(156, "close_notify missing, close-delimited").over(&[Tls]).does([Read, delimited(), Cut]).gives(LOST, 3),
        row(157, "close_notify, close-delimited").over(&[Tls]).does([Read, delimited()]).gives("ok", 1).json("[]"),
        row(158, "corrupt record").over(&[Tls]).does([Read, send(&ok("[]")[..40]), SendRaw(record(23, &garbage(64)))]).gives(LOST, 3),
        row(159, "plain http to a host that is not loopback")
            .peer("a name", false, |_| Box::new(Elsewhere::new("http://api.example")))
            .peer("any address of this machine", false, |_| Box::new(Elsewhere::new("http://0.0.0.0:PORT")))
            .peer("loopback within IPv6", false, |_| Box::new(Elsewhere::new("http://[::ffff:127.0.0.1]:PORT")))
            .gives("invalid_argument", 0).says("base_url").says("in clear")
            .check(|seen| assert_eq!(seen.peer.connections(), 0)),
    ]
}

fn delimited() -> Step {
    starts("Connection: close\r\n\r\n[]")
}

/// The good call afterwards was the first request that was ever sent.
fn nothing_sent(seen: &Seen) {
    assert_eq!(seen.peer.requests(), 1);
}

fn server(identity: &Identity) -> Arc<ServerConfig> {
    identity.server("http/1.1")
}

fn signed(leaf: &CertificateParams) -> Arc<ServerConfig> {
    server(&authority().sign(leaf))
}

/// By an authority that is not in the CA file.
fn by(authority: &str) -> Arc<ServerConfig> {
    server(&Authority::new(authority).sign(&leaf()))
}

/// A certificate of this machine that nobody else has signed, and a CA file that has it.
fn self_signed(is_ca: IsCa) -> (Arc<ServerConfig>, PathBuf) {
    let mut leaf = leaf();
    leaf.is_ca = is_ca;
    leaf.distinguished_name = common_name("a server of its own");
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.self_signed(&key).expect("a certificate");
    let file = new_path("self-signed");
    fs::write(&file, certificate.pem()).expect("a file");
    let identity = Identity::new(certificate.der().clone(), &key);
    (server(&identity), with_ours("self-signed", &file))
}

/// A CA file with this certificate, and with our authority's for the good call afterwards.
fn with_ours(name: &str, file: &Path) -> PathBuf {
    let pem = fs::read_to_string(file).expect("a certificate");
    let path = new_path(name);
    fs::write(&path, pem + &authority().pem).expect("a file");
    path
}

fn weak(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/faults/weak");
    folder.join(name)
}

fn old<Identity: AsRef<Path>>(
    identity: impl Fn() -> Identity + Send + Sync + 'static,
    oldest: &'static str,
    newest: &'static str,
    suites: &'static str,
) -> impl Fn(crate::script::Over) -> Box<dyn Peer> + Send + Sync + 'static {
    move |_| Box::new(OpenSsl::new(&odd(identity(), oldest, newest, suites)))
}

fn alert(level: u8, number: u8) -> Step {
    SendRaw(record(21, &[level, number]))
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short record");
    [&[kind, 3, 3], &length.to_be_bytes()[..], content].concat()
}

/// Of this version, with a suite of it and no extension.
fn server_hello(version: [u8; 2]) -> Vec<u8> {
    let body = [&version[..], &[7; 32], &[0, 0xc0, 0x09, 0]].concat();
    let length = u8::try_from(body.len()).expect("a short message");
    let message = [&[2, 0, 0, length], &body[..]].concat();
    let mut record = record(22, &message);
    record[1..3].copy_from_slice(&version);
    record
}

fn garbage(length: u32) -> Vec<u8> {
    let bytes = (0..length).map(|number| (number * 37 % 251) as u8);
    bytes.collect()
}

/// A server of this machine that must not be asked, under a URL that might lead to it.
struct Elsewhere {
    server: Server,
    url: String,
}

impl Elsewhere {
    fn new(url: &str) -> Self {
        let server = Server::answers([ok("[]")]);
        let port = server.address().port().to_string();
        Self {
            server,
            url: url.replace("PORT", &port),
        }
    }
}

impl Peer for Elsewhere {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn marker(&self) -> &Path {
        self.server.marker()
    }

    fn requests(&self) -> usize {
        self.server.requests().len()
    }

    fn connections(&self) -> usize {
        self.server.connection_count()
    }
}
