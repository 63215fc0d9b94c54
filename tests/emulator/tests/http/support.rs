//! Requests as bytes on a socket, and what comes back.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use imagekit_emulator::{Emulator, Options};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

pub const KEY: &str = "Basic cHJpdmF0ZV9lbXVsYXRvcl9rZXk6"; // private_emulator_key:
pub const HELP: &str = "For support kindly contact us at support@imagekit.io.";

/// Nothing here takes longer.
pub const BOUND: Duration = Duration::from_secs(20);

pub struct Answer {
    pub status: u16,
    pub head: String,
    /// Null where there is none.
    pub body: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found
            .unwrap_or_else(|| panic!("no {name} in {}", self.head))
            .1
    }
}

/// Asks with the right key.
pub fn ask(emulator: &Emulator, method: &str, path: &str) -> io::Result<Answer> {
    send(emulator, method, path, &[("Authorization", KEY)], "")
}

/// Sends one request on a connection of its own.
pub fn send(
    emulator: &Emulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let headers = [headers, &[("Connection", "close")]].concat();
    let (answer, end) = exchange(emulator, method, path, &headers, body)?;
    end?;
    let answer = String::from_utf8(answer).map_err(io::Error::other)?;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
    Ok(Answer {
        status: head[9..12].parse().expect("a status"),
        head: head.to_owned(),
        body: match body {
            "" => Value::Null,
            body => serde_json::from_str(body)?,
        },
    })
}

/// Everything that the server sent until the connection ended, and how it ended.
pub fn exchange(
    emulator: &Emulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<(Vec<u8>, io::Result<()>)> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("Content-Length: {}\r\n\r\n{body}", body.len());

    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port(emulator)))?;
    stream.set_read_timeout(Some(BOUND))?;
    let mut received = Vec::new();
    let end = match client_config(emulator, &[]) {
        None => talk(&mut stream, &request, &mut received),
        Some(config) => {
            let tls = ClientConnection::new(config, localhost()).map_err(io::Error::other)?;
            talk(&mut StreamOwned::new(tls, stream), &request, &mut received)
        }
    };
    Ok((received, end))
}

fn talk(stream: &mut (impl Read + Write), request: &str, received: &mut Vec<u8>) -> io::Result<()> {
    stream.write_all(request.as_bytes())?;
    stream.read_to_end(received).map(drop)
}

/// With TLS only.
pub fn client_config(emulator: &Emulator, protocols: &[&[u8]]) -> Option<Arc<ClientConfig>> {
    let pem = emulator.ca_pem()?;
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    roots.add(certificate).expect("an authority");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Some(Arc::new(config))
}

pub fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

pub fn port(emulator: &Emulator) -> u16 {
    let url = emulator.base_url();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    port.expect("a port")
}

pub fn start() -> Emulator {
    Emulator::start(Options::default()).expect("an emulator")
}

/// One that speaks HTTP and one that speaks HTTPS, both with faults.
pub fn start_with_faults() -> [Emulator; 2] {
    [false, true].map(|tls| {
        let options = Options {
            tls,
            faults: true,
            ..Options::default()
        };
        Emulator::start(options).expect("an emulator")
    })
}
