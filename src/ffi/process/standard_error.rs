//! Lines for standard error, which is the host's: it must neither hold us up nor be changed.

use std::mem::MaybeUninit;
use std::ptr;

use super::unix::errno;

/// Writes to standard error, if it takes that at once: a reader who sleeps must not hold us up. The
/// SIGPIPE of one who went is eaten.
pub fn write_error(line: &[u8]) {
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
