//! Who the scripted servers are over TLS: an authority of our own, and a leaf for this machine that
//! it signs, made once in a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ALL_VERSIONS, ServerConfig, SupportedProtocolVersion};

use crate::support::scratch_dir;

pub struct Authority {
    certificate: CertificateParams,
    key: KeyPair,
    pub pem: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut certificate = CertificateParams::default();
        certificate.distinguished_name = common_name(name);
        certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        certificate.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let signed = certificate.self_signed(&key).expect("a certificate");
        let pem = signed.pem();
        Self {
            certificate,
            key,
            pem,
        }
    }

    /// Signs this certificate for a new key.
    pub fn sign(&self, leaf: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let issuer = Issuer::from_params(&self.certificate, &self.key);
        let signed = leaf.signed_by(&key, &issuer).expect("a certificate");
        Identity::new(signed.der().clone(), &key)
    }

    /// A file with our certificate: who is given it trusts whom we sign.
    pub fn file(&self, name: &str) -> PathBuf {
        let path = scratch_dir().join(name);
        fs::write(&path, &self.pem).expect("a file for a certificate");
        path
    }
}

/// A certificate and its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    pub fn new(certificate: CertificateDer<'static>, key: &KeyPair) -> Self {
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Self { certificate, key }
    }

    /// Certificate and key in one text, as OpenSSL reads them.
    pub fn pem(&self) -> String {
        let blocks = [
            ("CERTIFICATE", self.certificate.as_ref()),
            ("PRIVATE KEY", self.key.secret_pkcs8_der()),
        ];
        let block = |(label, bytes)| {
            let text = STANDARD.encode(bytes);
            let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy);
            let lines = lines.map(|line| line + "\n").collect::<String>();
            format!("-----BEGIN {label}-----\n{lines}-----END {label}-----\n")
        };
        blocks.map(block).concat()
    }

    /// What a server needs that is this and speaks one protocol.
    pub fn server(&self, protocol: &str) -> Arc<ServerConfig> {
        self.server_of(ALL_VERSIONS, protocol)
    }

    /// The same, with these versions of TLS.
    pub fn server_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocol: &str,
    ) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_protocol_versions(versions);
        let builder = builder.expect("versions").with_no_client_auth();
        let key = self.key.clone_key();
        let config = builder.with_single_cert(vec![self.certificate.clone()], key.into());
        let mut config = config.expect("a certificate with its key");
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Arc::new(config)
    }
}

/// A name with nothing else in it.
pub fn common_name(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// A certificate of this machine, not yet signed; also of one that only the rows with a resolver know.
pub fn leaf() -> CertificateParams {
    leaf_of(&["localhost", "127.0.0.1", "no-such.test"])
}

/// The same for other names and addresses.
pub fn leaf_of(names: &[&str]) -> CertificateParams {
    let names = names.iter().map(ToString::to_string);
    CertificateParams::new(names.collect::<Vec<_>>()).expect("names")
}

/// The authority of every scripted server that says nothing else.
pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new(NAME));
    &AUTHORITY
}

/// The name of the authority of every scripted server that says nothing else.
pub const NAME: &str = "scripted authority";

/// The file of that authority.
pub fn ca_file() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| authority().file("scripted-ca.pem"));
    &FILE
}

/// A server of this machine that the authority has signed, for this protocol.
pub fn trusted(protocol: &str) -> Arc<ServerConfig> {
    static TRUSTED: LazyLock<Identity> = LazyLock::new(|| authority().sign(&leaf()));
    TRUSTED.server(protocol)
}
