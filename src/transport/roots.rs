//! Whom to trust: the system's certificates, or the bundled ones where a system has none.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_native_certs::{CertificateResult, ErrorKind};

use super::failure::refusal;
use super::platform::{is_broken_medium, is_exhaustion, open_at_once, system_certificates};
use crate::primitives::error::Error;
use crate::primitives::status::Status;

/// Where certificates come from besides the system; as `SSL_CERT_FILE` and `SSL_CERT_DIR` say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'a> {
    /// A file of certificates in PEM.
    pub file: Option<&'a OsStr>,
    /// Folders of such files, separated as in `PATH`.
    pub folders: Option<&'a OsStr>,
}

/// The largest file of certificates: the world's bundle has a quarter of a MiB.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// The system's roots, read once for the life of the process and of its children.
static SYSTEM_ROOTS: OnceBox<SystemRoots> = OnceBox::new();

struct SystemRoots {
    roots: Arc<RootCertStore>,
    are_bundled: bool,
}

/// Did the system turn out to have no certificates, so that the bundled ones stand in for them?
pub fn are_bundled() -> bool {
    SYSTEM_ROOTS.get().is_some_and(|system| system.are_bundled)
}

/// The roots that the environment names, or else those of the system.
pub fn load(places: Places<'_>) -> Result<Arc<RootCertStore>, Error> {
    match places {
        Places {
            file: None,
            folders: None,
        } => SYSTEM_ROOTS
            .get_or_try_init(|| read_system().map(Box::new))
            .map(|system| system.roots.clone()),
        _ => read_places(places),
    }
}

/// `roots` and the certificates of `file`, which is the option `ca_file`.
pub fn with_ca_file(roots: &RootCertStore, file: &Path) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = roots.clone();
    take(&mut roots, &read_file(file), "ca_file", file.as_os_str())?;
    Ok(Arc::new(roots))
}

/// The certificates of a file, or why there are none or not all of them.
fn read_file(file: &Path) -> CertificateResult {
    let mut found = CertificateResult::default();
    match read_whole(file) {
        Err(error) => found.errors.push(unread(error, file.to_owned())),
        Ok(text) => {
            for certificate in CertificateDer::pem_slice_iter(&text) {
                match certificate {
                    Ok(certificate) => found.certs.push(certificate),
                    Err(error) => found.errors.push(malformed(error)),
                }
            }
        }
    }
    found
}

/// A file as it is in one moment: one that is none, or that grows, could be endless.
fn read_whole(file: &Path) -> io::Result<Vec<u8>> {
    let opened = open_at_once(file)?;
    let is_file = opened.metadata()?.is_file();
    let mut text = Vec::new();
    if is_file {
        opened.take(MAX_FILE_BYTES + 1).read_to_end(&mut text)?;
    }
    match is_file && text.len() as u64 <= MAX_FILE_BYTES {
        true => Ok(text),
        false => Err(io::Error::other("it is no regular file of at most 16 MiB")),
    }
}

/// The same of every file in a folder.
fn read_folder(folder: &Path, found: &mut CertificateResult) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return found.errors.push(unread(error, folder.to_owned())),
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => return found.errors.push(unread(error, folder.to_owned())),
        };
        // Folders in folders are not looked at, nor are links that lead nowhere.
        if fs::metadata(&path).map_or_else(|error| is_there(&error), |about| about.is_file()) {
            let more = read_file(&path);
            found.certs.extend(more.certs);
            found.errors.extend(more.errors);
        }
    }
}

fn is_there(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::NotFound
}

fn unread(error: io::Error, path: PathBuf) -> rustls_native_certs::Error {
    rustls_native_certs::Error {
        context: "reading certificates",
        kind: ErrorKind::Io { inner: error, path },
    }
}

fn malformed(error: rustls::pki_types::pem::Error) -> rustls_native_certs::Error {
    rustls_native_certs::Error {
        context: "reading certificates",
        kind: ErrorKind::Pem(error),
    }
}

/// Checks the option `ca_file` where no roots are needed.
pub fn check_ca_file(file: &Path) -> Result<(), Error> {
    with_ca_file(&RootCertStore::empty(), file).map(drop)
}

fn read_system() -> Result<SystemRoots, Error> {
    let found = system_certificates();
    let mut roots = RootCertStore::empty();
    // Neither half of them nor the bundled ones for a mere lack of descriptors, or for a bad disk.
    if let Some(error) = exhaustion(&found) {
        return Err(exhausted("the system's root certificates", error));
    }
    let are_bundled = add(&mut roots, &found) == 0;
    let missing = match are_bundled {
        true => found.errors.first(),
        false => broken(&found),
    };
    if let Some(error) = missing {
        let message = format!("the system's root certificates cannot be read: {error}");
        return Err(Error::new(Status::TlsFailed, message));
    }
    if are_bundled {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(SystemRoots {
        roots: Arc::new(roots),
        are_bundled,
    })
}

/// Each variable that is set must give a certificate: a wrong one is not made good by the other.
fn read_places(places: Places<'_>) -> Result<Arc<RootCertStore>, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = places.file {
        let found = read_file(Path::new(file));
        take(&mut roots, &found, "SSL_CERT_FILE", file)?;
    }
    if let Some(folders) = places.folders {
        let mut found = CertificateResult::default();
        let named = std::env::split_paths(folders).filter(|path| !path.as_os_str().is_empty());
        for folder in named {
            read_folder(&folder, &mut found);
        }
        take(&mut roots, &found, "SSL_CERT_DIR", folders)?;
    }
    Ok(Arc::new(roots))
}

fn take(
    roots: &mut RootCertStore,
    found: &CertificateResult,
    name: &str,
    value: &OsStr,
) -> Result<(), Error> {
    if let Some(error) = exhaustion(found) {
        return Err(exhausted(name, error));
    }
    let what = match (broken(found), add(roots, found), found.errors.first()) {
        (Some(error), _, _) => format!("cannot be read to its end: {error}"),
        (None, 0, Some(error)) => format!("gives no certificate: {error}"),
        (None, 0, None) => "gives no certificate: there is none in it".to_owned(),
        (None, _, _) => return Ok(()),
    };
    let value = value.to_string_lossy();
    let message = format!("{name} {value:?} {what}: {}", advice(name));
    Err(Error::invalid_argument(message))
}

/// Adds what was found; says how many certificates could be used.
fn add(roots: &mut RootCertStore, found: &CertificateResult) -> usize {
    roots
        .add_parsable_certificates(found.certs.iter().cloned())
        .0
}

fn exhaustion(found: &CertificateResult) -> Option<&io::Error> {
    found.errors.iter().find_map(|error| match &error.kind {
        ErrorKind::Io { inner, .. } if is_exhaustion(inner) => Some(inner),
        _ => None,
    })
}

/// What ended the reading of a file: some of its certificates may be missing.
fn broken(found: &CertificateResult) -> Option<&rustls_native_certs::Error> {
    found
        .errors
        .iter()
        .find(|error| matches!(&error.kind, ErrorKind::Io { inner, .. } if is_broken_medium(inner)))
}

fn exhausted(what: &str, error: &io::Error) -> Error {
    Error::new(
        Status::ResourceExhausted,
        format!("{what} cannot be read: {}", refusal(error)),
    )
}

fn advice(name: &str) -> &'static str {
    match name {
        "SSL_CERT_DIR" => "name a folder of certificate files in PEM, or unset it",
        "SSL_CERT_FILE" => "name a file of certificates in PEM, or unset it",
        _ => "name a file of certificates in PEM",
    }
}
