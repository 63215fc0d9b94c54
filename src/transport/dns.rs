//! Names to addresses, off the I/O thread. One lookup at a time for each name, shared by all who
//! ask, so that a resolver that hangs costs one thread and not one for each call.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::watch;

use super::runtime::Generation;

/// `getaddrinfo` and what the system loads for it.
const STACK_BYTES: usize = 512 << 10;

/// How many names are looked up at the same time.
const MAX_LOOKUPS: usize = 16;

/// What a lookup brought; shared, so its error is shared as well.
type Found = Result<Vec<SocketAddr>, Arc<io::Error>>;

/// The system's resolver.
#[derive(Clone)]
pub struct Resolver {
    generation: &'static Generation,
    lookups: Arc<Mutex<HashMap<String, watch::Receiver<Option<Found>>>>>,
}

impl Resolver {
    /// A resolver that wakes its askers only while `generation` is ours.
    pub fn new(generation: &'static Generation) -> Resolver {
        Resolver {
            generation,
            lookups: Arc::default(),
        }
    }

    /// Joins the lookup of this name that runs, or starts one.
    fn look_up(&self, name: &str) -> io::Result<watch::Receiver<Option<Found>>> {
        let mut lookups = self.lookups.lock().unwrap_or_else(PoisonError::into_inner);
        lookups.retain(|_, found| matches!(found.has_changed(), Ok(false)));
        if let Some(running) = lookups.get(name) {
            return Ok(running.clone());
        }
        if lookups.len() >= MAX_LOOKUPS {
            return Err(io::Error::other(
                "too many names are being looked up at once",
            ));
        }
        let (tell, found) = watch::channel(None);
        let (host, generation) = (name.to_owned(), self.generation);
        // It inherits the I/O thread's signal mask, so the host's signals pass it by as well.
        let thread = std::thread::Builder::new().name("imagekit-dns".to_owned());
        let thread = thread.stack_size(STACK_BYTES).spawn(move || {
            let addresses = (host.as_str(), 0).to_socket_addrs().map(Iterator::collect);
            // A wake-up is a write: never to a descriptor that the host has taken back.
            match generation.is_ours() {
                true => drop(tell.send(Some(addresses.map_err(Arc::new)))),
                false => std::mem::forget(tell),
            }
        });
        // The system says "try again" where it has no room for a thread.
        thread.map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))?;
        lookups.insert(name.to_owned(), found.clone());
        Ok(found)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        if name.as_str().eq_ignore_ascii_case("localhost") {
            return Box::pin(async { Ok(loopback()) });
        }
        let lookup = self.look_up(name.as_str());
        Box::pin(async move {
            let mut lookup = lookup?;
            let found = lookup.wait_for(Option::is_some).await?.clone();
            let addresses = found.unwrap_or_else(|| Ok(Vec::new()));
            let addresses = addresses.map_err(|error| copy(&error))?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The same error once more, for the next who asked.
fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

/// The name `localhost` means this machine, whatever a resolver would say.
fn loopback() -> Addrs {
    let addresses = [
        IpAddr::from(Ipv4Addr::LOCALHOST),
        IpAddr::from(Ipv6Addr::LOCALHOST),
    ];
    Box::new(
        addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, 0)),
    )
}
