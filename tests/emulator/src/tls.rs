//! TLS with a certificate made at start: a certificate authority of our own, and a leaf for this
//! machine that it signs. Both are forgotten at the end.

use std::io;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

pub struct Identity {
    pub acceptor: TlsAcceptor,
    /// The authority's certificate: who trusts it trusts us.
    pub ca_pem: String,
}

impl Identity {
    pub fn new() -> io::Result<Identity> {
        let (ca_pem, leaf, key) = certificates().map_err(io::Error::other)?;
        let acceptor = acceptor(leaf, key).map_err(io::Error::other)?;
        Ok(Identity { acceptor, ca_pem })
    }
}

fn certificates()
-> Result<(String, CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), rcgen::Error> {
    let mut ca = named("ImageKit emulator CA", &[])?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate()?;
    let ca_pem = ca.self_signed(&ca_key)?.pem();

    let mut leaf = named("localhost", &["localhost", "127.0.0.1", "::1"])?;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let leaf_key = KeyPair::generate()?;
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(ca, ca_key))?;

    let leaf_key = PrivatePkcs8KeyDer::from(leaf_key.serialize_der());
    Ok((ca_pem, leaf.der().clone(), leaf_key))
}

fn named(name: &str, hosts: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
    let mut certificate = CertificateParams::new(hosts)?;
    certificate
        .distinguished_name
        .push(DnType::CommonName, name);
    Ok(certificate)
}

fn acceptor(
    leaf: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf], key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
