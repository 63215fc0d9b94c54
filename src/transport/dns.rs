//! The addresses of a name, for the HTTP stack.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::generation::Generation;

/// The system's resolver, which is not asked for `localhost`.
#[derive(Clone, Copy)]
pub struct Resolver {
    /// Whose look-ups are shared.
    pub generation: &'static Generation,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        if name.as_str().eq_ignore_ascii_case("localhost") {
            return Box::pin(async { Ok(loopback()) });
        }
        let generation = self.generation;
        let pending = generation
            .lookups
            .join(name.as_str(), || generation.is_ours());
        Box::pin(async move {
            let mut pending = pending?;
            let found = pending.wait_for(Option::is_some).await?.clone();
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
