//! What a host's user sets, and the files that are named there.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::{LazyLock, Mutex};

/// Is part of every key and every password here, and of nothing else.
pub const SECRET: &str = "Zq7_secret-Xw3";

/// The variables that are set here.
pub const VARIABLES: [&str; 9] = [
    "IMAGEKIT_PRIVATE_KEY",
    "IMAGE_KIT_BASE_URL",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "IMAGE_KIT_LOG",
];

/// A file without a name, which ca_file and SSL_CERT_FILE can name.
static CERTIFICATES: LazyLock<Mutex<File>> = LazyLock::new(|| {
    // SAFETY: a new descriptor, which nobody else has.
    let file = unsafe { File::from_raw_fd(libc::memfd_create(c"certificates".as_ptr(), 0)) };
    Mutex::new(file)
});

/// Forgets all of it.
pub fn clear() {
    for name in VARIABLES {
        // SAFETY: this process has no other thread that reads or sets variables.
        unsafe { std::env::remove_var(name) };
    }
    certify("");
}

/// A path that may be read: the file of certificates, or one that is nowhere.
pub fn place(text: &str) -> String {
    match text {
        "" => String::new(),
        "cert" => format!("/proc/self/fd/{}", CERTIFICATES.lock().unwrap().as_raw_fd()),
        _ => format!("nowhere/{text}"),
    }
}

/// Fills the file of certificates.
pub fn certify(text: &str) {
    let mut file = CERTIFICATES.lock().unwrap();
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Sets one of the variables.
pub fn set_variable(name: &str, text: &str) {
    let value = match name {
        "IMAGEKIT_PRIVATE_KEY" => format!("{SECRET}{text}"),
        "all_proxy" => format!("http://u:{SECRET}@{text}"),
        "SSL_CERT_FILE" | "SSL_CERT_DIR" => place(text),
        // Lines on standard error would only be in the way.
        "IMAGE_KIT_LOG" => "off".to_owned(),
        _ => text.to_owned(),
    };
    // SAFETY: this process has no other thread that reads or sets variables.
    unsafe { std::env::set_var(name, value) };
}

/// Sets one to what is not UTF-8.
pub fn set_bytes(choice: u8, bytes: &[u8]) {
    let names = [
        "IMAGEKIT_PRIVATE_KEY",
        "IMAGE_KIT_BASE_URL",
        "https_proxy",
        "no_proxy",
    ];
    let name = names[usize::from(choice) % names.len()];
    // SAFETY: as above.
    unsafe { std::env::set_var(name, OsStr::from_bytes(bytes)) };
}

/// What is set, and not empty.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
