//! Servers under names whose addresses a row chooses, or that have none.

use std::path::Path;

use super::openssl::OpenSsl;
use super::peer::Peer;
use crate::calls::Calls;
use crate::script::Step::Read;
use crate::script::{Over, Server, said};
use crate::support::shared_object;

/// A server that is asked for under a name, and what the resolver says of that.
pub struct Named {
    name: &'static str,
    gives: &'static str,
    /// Where the name leads when the fault is over.
    then: &'static str,
    server: Box<dyn Peer>,
}

impl Named {
    /// See `resolver.c` for what a resolver may say.
    pub fn new(name: &'static str, gives: &'static str) -> Self {
        let answers = [vec![Read, said(200, "", "[]")]];
        Self {
            name,
            gives,
            then: "127.0.0.1",
            server: Box::new(Server::connections_over(Over::Tls, answers)),
        }
    }

    /// Where only the system's own resolver is, and no network for it to ask.
    pub fn offline(name: &'static str) -> Self {
        Self {
            name,
            gives: "",
            then: "192.0.2.1",
            server: Box::new(OpenSsl::offline()),
        }
    }
}

impl Peer for Named {
    fn url(&self) -> String {
        let url = self.server.url();
        let port = url.rsplit(':').next().unwrap_or_default();
        format!("https://{}:{port}", self.name)
    }

    fn marker(&self) -> &Path {
        self.server.marker()
    }

    fn requests(&self) -> usize {
        self.server.requests()
    }

    fn connections(&self) -> usize {
        self.server.connections()
    }

    fn equip(&self, calls: Calls) -> Calls {
        let calls = self.server.equip(calls);
        let calls = calls.env("LD_PRELOAD", shared_object("resolver", &[]));
        let calls = calls.env("RESOLVER_GIVES", self.gives);
        let calls = calls.env("RESOLVER_MARKER", self.marker());
        calls.env("RESOLVER_THEN", self.then)
    }
}
