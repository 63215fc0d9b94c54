//! Unix: threads, descriptors, errno, and what else the runtime asks of the system.

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::forks::{Mark, watch_forks};
use super::signals::Masked;
use super::standard_error::write_error;
use crate::transport::platform::Canary;
use crate::transport::system::{self, System};

/// Hands this system down and registers what fork must do. Without effect after the first time.
pub fn install() {
    system::install(Unix);
    watch_forks();
    pin_library();
}

struct Unix;

impl System for Unix {
    fn fork_mark(&self) -> u64 {
        Mark::of_process().number()
    }

    fn open_canary(&self) -> io::Result<Canary> {
        let low = beyond_standard(OwnedFd::from(UnixDatagram::unbound()?))?;
        let high = duplicate(&low, HIGH_DESCRIPTOR);
        let low = low.into_raw_fd();
        let high = high.unwrap_or(low);
        match identity(low) {
            Some(identity) => Ok(Canary {
                descriptors: [low, high],
                identity,
            }),
            None => Err(io::Error::last_os_error()),
        }
    }

    fn is_alive(&self, canary: &Canary) -> bool {
        let mut descriptors = canary.descriptors.into_iter();
        descriptors.all(|descriptor| identity(descriptor) == Some(canary.identity))
    }

    fn close_canary(&self, canary: &Canary) {
        let ours = canary.descriptors.into_iter();
        for descriptor in ours.filter(|ours| identity(*ours) == Some(canary.identity)) {
            // SAFETY: it is still the one that we opened.
            unsafe { libc::close(descriptor) };
        }
    }

    fn spawn(
        &self,
        name: &str,
        stack_bytes: usize,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<JoinHandle<()>> {
        let body = with_a_key(body)?;
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(stack_bytes);
        // The new thread inherits the mask, so that no signal of the host's ever lands on it.
        let masked = Masked::new();
        let spawned = thread.spawn(body);
        drop(masked);
        spawned
    }

    fn write_line(&self, line: &str) {
        let bytes = line.as_bytes();
        // What a pipe takes at once, or else the end of it would have to be waited for.
        match bytes.split_at_checked(libc::PIPE_BUF - 1) {
            Some((fitting, [_, _, ..])) => write_error(&[fitting, b"\n"].concat()),
            _ => write_error(bytes),
        }
    }

    fn exit_child(&self) -> ! {
        // SAFETY: it ends the process without running anything of the parent's.
        unsafe { libc::_exit(0) }
    }

    fn descriptor_limit(&self) -> Option<u64> {
        let mut limit = MaybeUninit::<libc::rlimit>::uninit();
        // SAFETY: `limit` is a place for what getrlimit writes, and is read only where it did.
        let limit = unsafe {
            match libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) {
                0 => limit.assume_init(),
                _ => return None,
            }
        };
        Some(limit.rlim_cur)
    }

    fn is_privileged(&self) -> bool {
        is_privileged()
    }
}

/// Runs a call, leaves errno as it was, and puts a cancellation of this thread off until the call is
/// over: in its midst it would unwind frames that cannot be unwound so.
pub fn undisturbed<T>(call: impl FnOnce() -> T) -> T {
    let error = io::Error::last_os_error().raw_os_error().unwrap_or(0);
    let mut cancellation = 0;
    // SAFETY: `cancellation` is a place for the old state.
    unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &mut cancellation) };
    let value = call();
    // SAFETY: the old state is set again; errno's address is valid on its own thread.
    unsafe {
        pthread_setcancelstate(cancellation, ptr::null_mut());
        *errno() = error;
    }
    value
}

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
}

#[cfg(not(target_vendor = "apple"))]
const PTHREAD_CANCEL_DISABLE: c_int = 1;
#[cfg(target_vendor = "apple")]
const PTHREAD_CANCEL_DISABLE: c_int = 0;

#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "redox"))]
pub(super) unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__errno_location() }
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(super) unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__error() }
}

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
pub(super) unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__errno() }
}

/// The first thread that the standard library starts takes a key for what threads keep, and ends the
/// process where a host has used up all of them: better no thread then. A thread that runs has its key,
/// which serves all later ones as well.
fn with_a_key(body: Box<dyn FnOnce() + Send>) -> io::Result<Box<dyn FnOnce() + Send>> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    if IS_TAKEN.load(Ordering::Acquire) {
        return Ok(body);
    }
    // It takes two where the first has the number 0, and gives one back.
    let (_first, _second) = (Key::new()?, Key::new()?);
    Ok(Box::new(|| {
        IS_TAKEN.store(true, Ordering::Release);
        body();
    }))
}

/// A key that nobody uses, to learn whether there is one.
struct Key(libc::pthread_key_t);

impl Key {
    fn new() -> io::Result<Key> {
        let mut key = 0;
        // SAFETY: `key` is a place for the new key.
        match unsafe { libc::pthread_key_create(&mut key, None) } {
            0 => Ok(Key(key)),
            number => {
                let error = io::Error::from_raw_os_error(number);
                let why = format!("no key is left for what threads keep: {error}");
                Err(io::Error::new(io::ErrorKind::OutOfMemory, why))
            }
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: it was made here, for nobody else.
        unsafe { libc::pthread_key_delete(self.0) };
    }
}

/// Hosts close what is above a number, or all up to one: the canary sits below and above our others.
const HIGH_DESCRIPTOR: c_int = 512;

/// The same descriptor, but above 2, where no host looks for its standard streams.
pub(super) fn beyond_standard(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    match descriptor.as_raw_fd() {
        3.. => Ok(descriptor),
        // SAFETY: it was made here, for nobody else.
        _ => duplicate(&descriptor, 3).map(|higher| unsafe { OwnedFd::from_raw_fd(higher) }),
    }
}

/// The same once more, under the lowest free number from `lowest` on.
fn duplicate(descriptor: &OwnedFd, lowest: c_int) -> io::Result<c_int> {
    // SAFETY: it is open, and no pointers are passed.
    let descriptor = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, lowest) };
    match descriptor {
        0.. => Ok(descriptor),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Which file, socket or pipe a number stands for.
pub(super) fn identity(descriptor: c_int) -> Option<(u64, u64)> {
    let mut stat = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` is a place for what fstat writes; any number may be asked for.
    if unsafe { libc::fstat(descriptor, stat.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: fstat succeeded, so it was written.
    let stat = unsafe { stat.assume_init() };
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)] // The types differ between systems.
    Some((stat.st_dev as u64, stat.st_ino as u64))
}

/// Keeps this library mapped when it was linked into a plugin that the host unloads: our threads may
/// outlive it. The shared library says so itself, but the static one cannot.
fn pin_library() {
    static PINNED: AtomicBool = AtomicBool::new(false);
    if PINNED.load(Ordering::Acquire) || PINNED.swap(true, Ordering::AcqRel) {
        return;
    }
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    let here = pin_library as *const c_void;
    // SAFETY: `info` is a place for what dladdr writes, and any address may be asked for.
    let info = unsafe {
        if libc::dladdr(here, info.as_mut_ptr()) == 0 {
            return;
        }
        info.assume_init()
    };
    if !info.dli_fname.is_null() {
        // SAFETY: dladdr gave a text that lives as long as the library.
        let path = unsafe { CStr::from_ptr(info.dli_fname) };
        let flags = libc::RTLD_NOW | libc::RTLD_NODELETE | libc::RTLD_NOLOAD;
        // SAFETY: with RTLD_NOLOAD nothing is loaded; a file that is no library gives NULL.
        unsafe { libc::dlopen(path.as_ptr(), flags) };
    }
}

/// Does this process run with more rights than the user who set its environment?
#[cfg(target_os = "linux")]
fn is_privileged() -> bool {
    // SAFETY: it has no conditions.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The same where the kernel does not say.
#[cfg(not(target_os = "linux"))]
fn is_privileged() -> bool {
    // SAFETY: they have no conditions.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}
