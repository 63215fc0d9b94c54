//! Look-ups of names, off the I/O thread. One at a time for each name, shared by all who ask, so that
//! a resolver that hangs costs one thread and not one for each call.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::watch;

use super::threads::Threads;
use crate::primitives::lock::lock;

/// `getaddrinfo` and what the system loads for it.
const STACK_BYTES: usize = 512 << 10;
/// How many names are looked up at the same time.
const MAX_LOOKUPS: usize = 16;

/// What a look-up brings, once it is over; shared, so its error is shared as well.
pub type Pending = watch::Receiver<Option<Result<Vec<SocketAddr>, Arc<io::Error>>>>;

/// The look-ups that run.
#[derive(Debug, Default)]
pub struct Lookups {
    running: Mutex<HashMap<String, Pending>>,
    threads: Threads,
}

impl Lookups {
    /// Joins the look-up of this name that runs, or starts one. `may_wake` says at its end whether
    /// those who asked may still be woken.
    pub fn join(
        &'static self,
        name: &str,
        may_wake: impl Fn() -> bool + Send + 'static,
    ) -> io::Result<Pending> {
        let mut running = lock(&self.running);
        running.retain(|_, pending| matches!(pending.has_changed(), Ok(false)));
        if let Some(pending) = running.get(name) {
            return Ok(pending.clone());
        }
        if running.len() >= MAX_LOOKUPS {
            return Err(io::Error::other(
                "16 other names are being looked up, and none has been found yet",
            ));
        }
        let (tell, pending) = watch::channel(None);
        let host = name.to_owned();
        let look_up = move || {
            let addresses = (host.as_str(), 0).to_socket_addrs().map(Iterator::collect);
            // A wake-up is a write: never to a descriptor that the host has taken back.
            match may_wake() {
                true => drop(tell.send(Some(addresses.map_err(Arc::new)))),
                false => std::mem::forget(tell),
            }
        };
        let begun = self
            .threads
            .begin("imagekit-dns", STACK_BYTES, Box::new(look_up));
        // The system says "try again" where it has no room for a thread.
        begun.map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))?;
        running.insert(name.to_owned(), pending.clone());
        Ok(pending)
    }

    /// Waits until no name is being looked up. `false` where the time was too short.
    pub fn join_all(&self, until: Option<Instant>) -> bool {
        let have_ended = self.threads.join(until);
        if have_ended {
            let mut running = lock(&self.running);
            *running = HashMap::new();
        }
        have_ended
    }
}
