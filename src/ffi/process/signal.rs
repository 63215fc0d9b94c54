//! A descriptor that polls readable while something waits: one end of a socket pair.

use std::ffi::c_int;
use std::io;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;

use super::unix::{beyond_standard, identity};

/// Two ends with what identifies them. The host polls the first; nothing is ever sent to or taken from a
/// number that the host has closed and used anew.
pub struct Signal {
    polled: End,
    ours: End,
    is_shown: bool,
}

/// How often the byte is tried before it has to wait for the next change.
const TRIES: usize = 64;

struct End {
    descriptor: c_int,
    identity: (u64, u64),
}

impl Signal {
    /// Opens both ends. Always there on this platform.
    pub fn new() -> io::Result<Option<Signal>> {
        let (polled, ours) = UnixStream::pair()?;
        polled.set_nonblocking(true)?;
        ours.set_nonblocking(true)?;
        Ok(Some(Signal {
            polled: End::new(polled)?,
            ours: End::new(ours)?,
            is_shown: false,
        }))
    }

    /// Makes the descriptor readable, or not.
    pub fn show(&mut self, is_shown: bool) {
        if is_shown == self.is_shown || !self.polled.is_ours() || !self.ours.is_ours() {
            return;
        }
        let is_done = match is_shown {
            true => (0..TRIES).any(|_| self.put()),
            false => self.take(),
        };
        if is_done {
            self.is_shown = is_shown;
        }
    }

    /// Puts the byte there. A system that lacks memory at this moment refuses it.
    fn put(&self) -> bool {
        let (byte, flags) = (0_u8, libc::MSG_DONTWAIT | NO_SIGPIPE);
        // SAFETY: this end is still the socket that we opened, and the byte is ours.
        let sent = unsafe { libc::send(self.ours.descriptor, (&raw const byte).cast(), 1, flags) };
        if sent != 1 {
            std::thread::yield_now();
        }
        sent == 1
    }

    /// Takes the byte away. A host that read it, which it should not, did so before us.
    fn take(&self) -> bool {
        let mut byte = 0_u8;
        let (place, flags) = ((&raw mut byte).cast(), libc::MSG_DONTWAIT);
        // SAFETY: this end is still the socket that we opened, and the byte is ours.
        let taken = unsafe { libc::recv(self.polled.descriptor, place, 1, flags) };
        taken == 1 || io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock
    }

    /// The end that is polled, while it is still ours.
    pub fn descriptor(&self) -> Option<c_int> {
        let is_whole = self.polled.is_ours() && self.ours.is_ours();
        is_whole.then_some(self.polled.descriptor)
    }
}

impl End {
    fn new(socket: UnixStream) -> io::Result<End> {
        let descriptor = beyond_standard(socket.into())?.into_raw_fd();
        match identity(descriptor) {
            Some(identity) => Ok(End {
                descriptor,
                identity,
            }),
            None => Err(io::Error::last_os_error()),
        }
    }

    fn is_ours(&self) -> bool {
        identity(self.descriptor) == Some(self.identity)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if self.is_ours() {
            // SAFETY: it is still the one that we opened.
            unsafe { libc::close(self.descriptor) };
        }
    }
}

#[cfg(not(target_vendor = "apple"))]
const NO_SIGPIPE: c_int = libc::MSG_NOSIGNAL;
/// Both ends are ours and open: there is nothing to be told of.
#[cfg(target_vendor = "apple")]
const NO_SIGPIPE: c_int = 0;
