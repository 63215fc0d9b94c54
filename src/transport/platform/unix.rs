//! Unix.

use std::io;

use rustls_native_certs::CertificateResult;

/// Unused descriptors with what identifies them, as numbers can be closed and given anew.
#[derive(Debug, Default, Clone, Copy)]
pub struct Canary {
    /// Their numbers, a low one and a high one.
    pub descriptors: [i32; 2],
    /// The device and the inode behind both.
    pub identity: (u64, u64),
}

/// Is this the system's word that this process is out of descriptors, threads or memory?
pub fn is_exhaustion(error: &io::Error) -> bool {
    let numbers = [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::ENOBUFS];
    error
        .raw_os_error()
        .is_some_and(|number| numbers.contains(&number))
        || error.kind() == io::ErrorKind::OutOfMemory
        || is_watch_limit(error)
}

/// Does the system watch no more descriptors for this user? Nothing that a client does on the wire or
/// with files it reads runs out of space in another way.
pub fn is_watch_limit(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOSPC)
}

/// Is this process at its own limit of descriptors?
pub fn is_descriptor_limit(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMFILE)
}

/// Does the medium of a file give only a part of it, or nothing?
pub fn is_broken_medium(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EIO | libc::ESTALE))
}

/// Opens a file, waiting for nobody: another kind than a regular one may have no other end.
pub fn open_at_once(path: &std::path::Path) -> io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options.open(path)
}

/// The certificates that this system trusts, whatever the environment says.
#[cfg(not(target_vendor = "apple"))]
pub fn system_certificates() -> CertificateResult {
    let mut found = CertificateResult::default();
    // The bundle first: where there is one, it is what the system's own programs read.
    let bundles = BUNDLES.iter().map(std::path::Path::new);
    for bundle in bundles.filter(|path| may_be_there(path)) {
        if found.certs.is_empty() {
            let more = rustls_native_certs::load_certs_from_paths(Some(bundle), None);
            found.certs.extend(more.certs);
            found.errors.extend(more.errors);
        }
    }
    for folder in openssl_probe::candidate_cert_dirs() {
        if found.certs.is_empty() {
            let more = rustls_native_certs::load_certs_from_paths(None, Some(folder));
            found.certs.extend(more.certs);
            found.errors.extend(more.errors);
        }
    }
    found
}

/// What cannot be looked at at this moment is not taken for missing.
#[cfg(not(target_vendor = "apple"))]
fn may_be_there(path: &std::path::Path) -> bool {
    match path.try_exists() {
        Ok(is_there) => is_there,
        Err(error) => is_exhaustion(&error) || is_broken_medium(&error),
    }
}

#[cfg(not(target_vendor = "apple"))]
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Gentoo, NixOS
    "/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, Red Hat
    "/etc/ssl/ca-bundle.pem",             // openSUSE
    "/etc/ssl/cert.pem",                  // Alpine, the BSDs
    "/usr/local/etc/ssl/cert.pem",        // FreeBSD's packages
    "/etc/certs/ca-certificates.crt",     // illumos
];

/// The certificates that this system trusts.
#[cfg(target_vendor = "apple")]
pub fn system_certificates() -> CertificateResult {
    rustls_native_certs::load_native_certs()
}
