//! Windows.

use std::io;

use rustls_native_certs::CertificateResult;

/// No host closes what it did not open: there are no small numbers to go through.
#[derive(Debug, Default, Clone, Copy)]
pub struct Canary;

/// `WSAEMFILE`, `WSAENOBUFS`, `ERROR_TOO_MANY_OPEN_FILES`, `ERROR_NOT_ENOUGH_MEMORY`.
const EXHAUSTED: [i32; 4] = [10024, 10055, 4, 8];

/// Is this the system's word that this process is out of descriptors, threads or memory?
pub fn is_exhaustion(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|number| EXHAUSTED.contains(&number))
        || error.kind() == io::ErrorKind::OutOfMemory
}

/// Is this process at its own limit of descriptors? The system has none that could be raised.
pub fn is_descriptor_limit(_error: &io::Error) -> bool {
    false
}

/// Does the system watch no more descriptors for this user? It has no such limit.
pub fn is_watch_limit(_error: &io::Error) -> bool {
    false
}

/// Does the medium of a file give only a part of it, or nothing? `ERROR_CRC`, `ERROR_IO_DEVICE`.
pub fn is_broken_medium(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(23 | 1117))
}

/// Opens a file.
pub fn open_at_once(path: &std::path::Path) -> io::Result<std::fs::File> {
    std::fs::File::open(path)
}

/// The certificates that this system trusts.
pub fn system_certificates() -> CertificateResult {
    rustls_native_certs::load_native_certs()
}
