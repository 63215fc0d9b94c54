//! Unix: fork, signals, cancelled threads, descriptors, errno.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::ptr;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread::JoinHandle;

use once_cell::race::OnceBox;

use crate::ffi::handle::{Registry, lock_registry};
use crate::transport::runtime::lock_construction;
use crate::transport::system::{self, Canary, System};

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
        let socket = OwnedFd::from(UnixDatagram::unbound()?);
        let high = duplicate(&socket, HIGH_DESCRIPTOR);
        let low = beyond_standard(socket)?.into_raw_fd();
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
            Some((fitting, _)) => write_error(&[fitting, b"\n"].concat()),
            None => write_error(bytes),
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
unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__errno_location() }
}

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__error() }
}

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
unsafe fn errno() -> *mut c_int {
    // SAFETY: it has no conditions.
    unsafe { libc::__errno() }
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

// Signals ---------------------------------------------------------------------------------------

/// Blocks all signals on this thread while it lives, but those that a fault of its own raises: a
/// blocked one would kill the process past the host's handler.
struct Masked {
    before: libc::sigset_t,
}

impl Masked {
    fn new() -> Masked {
        let mut blocked = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: both are places for a signal set, and each is written before it is read.
        unsafe {
            libc::sigfillset(blocked.as_mut_ptr());
            for fault in [
                libc::SIGSEGV,
                libc::SIGBUS,
                libc::SIGFPE,
                libc::SIGILL,
                libc::SIGTRAP,
                libc::SIGSYS,
            ] {
                libc::sigdelset(blocked.as_mut_ptr(), fault);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, blocked.as_ptr(), before.as_mut_ptr());
            Masked {
                before: before.assume_init(),
            }
        }
    }
}

impl Drop for Masked {
    fn drop(&mut self) {
        // SAFETY: `before` is a signal set that pthread_sigmask wrote.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, ptr::null_mut()) };
    }
}

/// Writes to standard error what it takes without waiting. Where "ready" does not mean that there is room
/// for all of it, the call itself is told not to wait: standard error is the host's, and stays as it is.
/// For where SIGPIPE is blocked.
fn write_at_once(line: &[u8]) -> isize {
    let (text, length) = (line.as_ptr().cast(), line.len());
    let mut stat = MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: `stat` is a place for what fstat writes; the line is borrowed for the call.
    unsafe {
        let known = libc::fstat(libc::STDERR_FILENO, stat.as_mut_ptr()) == 0;
        let kind = stat.assume_init().st_mode & libc::S_IFMT;
        match kind {
            libc::S_IFSOCK if known => {
                libc::send(libc::STDERR_FILENO, text, length, libc::MSG_DONTWAIT)
            }
            libc::S_IFCHR if known => {
                let flags = libc::O_WRONLY | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
                match libc::open(c"/dev/stderr".as_ptr(), flags) {
                    again @ 0.. => {
                        let written = libc::write(again, text, length);
                        libc::close(again);
                        written
                    }
                    _ => libc::write(libc::STDERR_FILENO, text, length),
                }
            }
            _ => libc::write(libc::STDERR_FILENO, text, length),
        }
    }
}

/// Writes to standard error, if it takes that at once: a reader who sleeps must not hold us up. The
/// SIGPIPE of one who went is eaten.
fn write_error(line: &[u8]) {
    let mut ready = libc::pollfd {
        fd: libc::STDERR_FILENO,
        events: libc::POLLOUT,
        revents: 0,
    };
    // SAFETY: `ready` is one entry; the sets are written before they are read; the line is borrowed for
    // the call.
    unsafe {
        if libc::poll(&mut ready, 1, 0) != 1 {
            return;
        }
        let mut broken = MaybeUninit::<libc::sigset_t>::zeroed();
        libc::sigemptyset(broken.as_mut_ptr());
        libc::sigaddset(broken.as_mut_ptr(), libc::SIGPIPE);
        let mut before = MaybeUninit::<libc::sigset_t>::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, broken.as_ptr(), before.as_mut_ptr());
        let mut pending = MaybeUninit::<libc::sigset_t>::zeroed();
        libc::sigpending(pending.as_mut_ptr());
        let was_pending = libc::sigismember(pending.as_ptr(), libc::SIGPIPE) == 1;
        let written = write_at_once(line);
        if written < 0 && *errno() == libc::EPIPE && !was_pending {
            let at_once = MaybeUninit::<libc::timespec>::zeroed();
            libc::sigtimedwait(broken.as_ptr(), ptr::null_mut(), at_once.as_ptr());
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
    }
}

// Fork ------------------------------------------------------------------------------------------

/// A page that the kernel empties in every child, however it was made; what stands in it names this
/// process among its ancestors.
struct Mark {
    page: &'static AtomicU64,
    /// Where the kernel does not empty the page: whose it is.
    owner: Option<AtomicI32>,
}

static MARK: OnceBox<Mark> = OnceBox::new();

impl Mark {
    fn of_process() -> &'static Mark {
        MARK.get_or_init(|| Box::new(Mark::new()))
    }

    #[cfg(target_os = "linux")]
    fn new() -> Mark {
        const BYTES: usize = 4096;
        // SAFETY: a new anonymous mapping touches no memory of others.
        let page = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), BYTES, access, kind, -1, 0)
        };
        if page == libc::MAP_FAILED {
            return Mark::portable();
        }
        // SAFETY: the page is ours.
        let wiped = unsafe { libc::madvise(page, BYTES, libc::MADV_WIPEONFORK) } == 0;
        // SAFETY: the page is writable, zeroed, aligned, and stays for ever.
        let number = unsafe { &*page.cast::<AtomicU64>() };
        match wiped {
            true => Mark {
                page: number,
                owner: None,
            },
            false => Mark {
                page: number,
                ..Mark::portable()
            },
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn new() -> Mark {
        Mark::portable()
    }

    fn portable() -> Mark {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Mark {
            page: &NUMBER,
            owner: Some(AtomicI32::new(process_id())),
        }
    }

    /// The number of this process: greater than that of every ancestor.
    fn number(&self) -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        if let Some(owner) = &self.owner
            && owner.swap(process_id(), Ordering::AcqRel) != process_id()
        {
            self.page.store(0, Ordering::Release);
        }
        match self.page.load(Ordering::Acquire) {
            0 => {
                let next = LAST.fetch_add(1, Ordering::AcqRel) + 1;
                let set = self
                    .page
                    .compare_exchange(0, next, Ordering::AcqRel, Ordering::Acquire);
                set.map_or_else(|other| other, |_| next)
            }
            number => number,
        }
    }
}

fn process_id() -> i32 {
    // SAFETY: it has no conditions.
    unsafe { libc::getpid() }
}

/// Runs when the library is loaded, before any thread of the host's can be inside it.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = watch_forks;

/// Registers the handlers that keep our two locks out of a child's way.
extern "C" fn watch_forks() {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Ordering::Acquire) && !WATCHED.swap(true, Ordering::AcqRel) {
        // SAFETY: the handlers are functions of this library, which is never unloaded.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(in_child)) };
    }
}

struct Held(UnsafeCell<Option<(MutexGuard<'static, Registry>, MutexGuard<'static, ()>)>>);

// SAFETY: only the thread that forks touches it, between taking both locks and giving them back.
unsafe impl Sync for Held {}

static HELD: Held = Held(UnsafeCell::new(None));

unsafe extern "C" fn before_fork() {
    let held = (lock_registry(), lock_construction());
    // SAFETY: this thread holds both locks, so no other one forks at this moment.
    unsafe { *HELD.0.get() = Some(held) };
}

unsafe extern "C" fn after_fork() {
    // SAFETY: `before_fork` ran on this thread, which still holds both locks.
    drop(unsafe { (*HELD.0.get()).take() });
}

unsafe extern "C" fn in_child() {
    let mark = Mark::of_process();
    if let Some(owner) = &mark.owner {
        mark.page.store(0, Ordering::Release);
        owner.store(process_id(), Ordering::Release);
    }
    // SAFETY: the child has this thread alone, and `before_fork` ran on it.
    drop(unsafe { (*HELD.0.get()).take() });
}

// The process -----------------------------------------------------------------------------------

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
