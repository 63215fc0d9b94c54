//! Signals, none of which is ever handled on our threads.

use std::mem::MaybeUninit;
use std::ptr;

/// Blocks all signals on this thread while it lives, but those that a fault of its own raises: a
/// blocked one would kill the process past the host's handler.
pub struct Masked {
    before: libc::sigset_t,
}

impl Masked {
    /// Blocks them now.
    pub fn new() -> Masked {
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
