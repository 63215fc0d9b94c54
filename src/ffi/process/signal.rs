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
        let mut byte = 0_u8;
        // SAFETY: both ends are still the sockets that we opened, and the byte is ours.
        unsafe {
            match is_shown {
                true => {
                    let flags = libc::MSG_DONTWAIT | NO_SIGPIPE;
                    libc::send(self.ours.descriptor, (&raw const byte).cast(), 1, flags)
                }
                false => {
                    let flags = libc::MSG_DONTWAIT;
                    libc::recv(self.polled.descriptor, (&raw mut byte).cast(), 1, flags)
                }
            }
        };
        self.is_shown = is_shown;
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
