//! Proxies: on the way to a server, or beside it.

use std::net::SocketAddr;
use std::path::Path;

use super::peer::{Later, Peer, deaf_port, listening};
use crate::calls::Calls;
use crate::script::Step::{Read, Tunnel};
use crate::script::{Over, Server, Step, said, send};

/// What no message may show: a proxy's password, and user and password as they go to it.
pub const LOGIN_SECRETS: [&str; 2] = ["sesame", "dXNlcjpzZXNhbWU"];

/// A proxy on the way to a server that is good.
pub struct Proxy {
    target: Server,
    address: SocketAddr,
    is: Is,
}

enum Is {
    There(Server),
    /// Only when the fault is over.
    Away(Later),
}

/// What a proxy says to a request for a tunnel that it grants.
pub fn granted() -> Step {
    send("HTTP/1.1 200 Connection established\r\n\r\n")
}

fn target() -> Server {
    Server::connections_over(Over::Tls, [vec![Read, said(200, "", r#"["good"]"#)]])
}

impl Proxy {
    /// On each connection these steps; when the fault is over, a tunnel.
    pub fn does(steps: impl Into<Vec<Step>>) -> Self {
        let steps = steps.into();
        Self::before(move |_| steps)
    }

    /// The same for steps that know the server behind.
    pub fn before(steps: impl FnOnce(SocketAddr) -> Vec<Step>) -> Self {
        let target = target();
        let steps = steps(target.address());
        let proxy = Server::connections([steps]).afterwards(tunnel(&target));
        Self {
            address: proxy.address(),
            is: Is::There(proxy),
            target,
        }
    }

    /// Nobody listens where it should be.
    pub fn away() -> Self {
        let target = target();
        let (port, address) = deaf_port().expect("a port");
        let steps = tunnel(&target);
        let proxy = Later::begin(move || Ok(Server::connections_on(listening(port)?, [steps])));
        Self {
            target,
            address,
            is: Is::Away(proxy),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests for tunnels.
    pub fn heads(&self) -> Vec<String> {
        match &self.is {
            Is::There(proxy) => proxy.requests().into_iter().map(|one| one.head).collect(),
            Is::Away(_) => Vec::new(),
        }
    }
}

fn tunnel(target: &Server) -> Vec<Step> {
    vec![Read, granted(), Tunnel(target.address())]
}

impl Peer for Proxy {
    fn url(&self) -> String {
        self.target.url()
    }

    fn marker(&self) -> &Path {
        match &self.is {
            Is::There(proxy) => proxy.marker(),
            Is::Away(later) => &later.marker,
        }
    }

    fn requests(&self) -> usize {
        self.heads().len()
    }

    fn connections(&self) -> usize {
        match &self.is {
            Is::There(proxy) => proxy.connection_count(),
            Is::Away(_) => 0,
        }
    }

    fn equip(&self, calls: Calls) -> Calls {
        calls.set("--proxy", format!("http://user:sesame@{}", self.address))
    }

    fn proxy(&self) -> Option<&Proxy> {
        Some(self)
    }
}

/// A plain server on loopback, and a proxy in a variable of the environment.
pub struct Beside {
    server: Server,
    proxy: Proxy,
    variable: &'static str,
}

impl Beside {
    pub fn new(variable: &'static str) -> Self {
        let good = [vec![Read, said(200, "", "[]")]];
        Self {
            server: Server::connections(good),
            proxy: Proxy::does([Read]),
            variable,
        }
    }
}

impl Peer for Beside {
    fn url(&self) -> String {
        self.server.url()
    }

    fn marker(&self) -> &Path {
        self.server.marker()
    }

    fn requests(&self) -> usize {
        self.server.requests().len()
    }

    fn connections(&self) -> usize {
        self.server.connection_count()
    }

    fn equip(&self, calls: Calls) -> Calls {
        let url = format!("http://{}", self.proxy.address);
        calls.env(self.variable, url)
    }

    fn proxy(&self) -> Option<&Proxy> {
        Some(&self.proxy)
    }
}
