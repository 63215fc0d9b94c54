//! Who the scripted servers are over TLS: an authority of our own, and a leaf for this machine that
//! it signs, made once in a process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::support::scratch_dir;

pub struct Authority {
    certificate: CertificateParams,
    key: KeyPair,
    pub pem: String,
}

impl Authority {
    pub fn new() -> Self {
        let mut certificate = CertificateParams::default();
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

    /// What a server needs that is this and speaks one protocol.
    pub fn server(&self, protocol: &str) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.expect("versions").with_no_client_auth();
        let key = self.key.clone_key();
        let config = builder.with_single_cert(vec![self.certificate.clone()], key.into());
        let mut config = config.expect("a certificate with its key");
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Arc::new(config)
    }
}

/// A certificate of this machine, not yet signed.
pub fn leaf() -> CertificateParams {
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    CertificateParams::new(names).expect("names")
}

/// The authority of every scripted server that says nothing else.
pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);
    &AUTHORITY
}

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
