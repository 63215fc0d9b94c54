//! What went wrong between the first packet and the last, as a status and a cause.

use std::error::Error;
use std::io;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use super::platform::{is_descriptor_limit, is_exhaustion, is_watch_limit};
use super::system::system;
use super::verdict::{explain, is_certificate_alert};
use crate::primitives::status::Status;

/// An attempt that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub status: Status,
    /// What happened, in words, without the URL.
    pub cause: String,
    /// May another attempt fare better?
    pub is_passing: bool,
    /// Did the peer just go away, without a word on this request?
    pub is_hang_up: bool,
}

impl Failure {
    /// A failure that every further attempt would meet as well.
    pub fn lasting(status: Status, cause: impl Into<String>) -> Failure {
        Failure {
            status,
            cause: cause.into(),
            is_passing: false,
            is_hang_up: false,
        }
    }

    /// A failure that another attempt may escape.
    pub fn passing(status: Status, cause: impl Into<String>) -> Failure {
        Failure {
            is_passing: true,
            ..Failure::lasting(status, cause)
        }
    }

    /// Was there a connection on which the server may have seen the request?
    pub fn is_connected(&self) -> bool {
        !matches!(self.status, Status::ConnectFailed | Status::TlsFailed)
    }

    /// What an error of the HTTP stack means. By the types on the way down to its cause, never by
    /// its text.
    pub fn of(error: &reqwest::Error, is_https: bool) -> Failure {
        let chain = Chain::of(error);
        let cause = chain.cause();
        if let Some(exhausted) = chain.io().find(|error| is_exhaustion(error)) {
            return Failure::lasting(Status::ResourceExhausted, refusal(exhausted));
        }
        match chain.tls() {
            Some(verdict) if error.is_connect() || is_certificate_alert(verdict) => {
                Failure::lasting(Status::TlsFailed, explain(verdict))
            }
            None if let Some(refused) = chain.tunnel() => {
                Failure::passing(Status::ConnectFailed, explain_tunnel(refused))
            }
            _ if !error.is_connect() => Failure {
                is_hang_up: chain.is_hang_up(),
                ..Failure::passing(Status::ConnectionLost, chain.explain(cause))
            },
            _ if error.is_timeout() => {
                Failure::passing(Status::ConnectFailed, "no connection in time")
            }
            _ if is_https && chain.io().any(is_cut) => Failure::passing(
                Status::TlsFailed,
                format!("the TLS handshake was cut off: {cause}"),
            ),
            // There was a connection, so somebody is there.
            _ if chain.io().any(is_cut) => Failure::passing(Status::ConnectionLost, cause),
            _ => Failure::passing(Status::ConnectFailed, cause),
        }
    }
}

/// What the system refused, with the limit where there is one.
pub fn refusal(error: &io::Error) -> String {
    match system().descriptor_limit() {
        Some(limit) if is_descriptor_limit(error) => {
            format!(
                "{error}, the limit of this process is {limit}: close files, or raise the limit"
            )
        }
        _ if is_watch_limit(error) => format!(
            "{error}: the system watches no more descriptors for this user: close some, or raise \
             fs.epoll.max_user_watches"
        ),
        _ => format!("{error}: free descriptors, threads or memory"),
    }
}

/// Why a proxy gave no tunnel. The stack names this type only through the service that gives it.
type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;

fn explain_tunnel(error: &TunnelError) -> String {
    match error {
        TunnelError::TunnelUnsuccessful => "the proxy refused the tunnel".to_owned(),
        TunnelError::ProxyAuthRequired => {
            "the proxy asks for a user and a password (proxy authorization required)".to_owned()
        }
        TunnelError::TunnelUnexpectedEof => "the proxy hung up".to_owned(),
        TunnelError::Io(error) => format!("the proxy hung up: {error}"),
        TunnelError::ConnectFailed(error) => Chain::of(error.as_ref()).cause(),
        _ => clean(&error.to_string()),
    }
}

/// A peer that goes away, seen from inside a handshake.
fn is_cut(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}

/// An error with all its causes, those that an `io::Error` carries inside included.
struct Chain<'a>(Vec<&'a (dyn Error + 'static)>);

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn Error + 'static)) -> Chain<'a> {
        let mut links = Vec::new();
        let mut next = Some(error);
        // The bound guards against a chain that leads back into itself.
        while let Some(link) = next.filter(|_| links.len() < 32) {
            links.push(link);
            let carried = link
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            next = match carried {
                Some(carried) => Some(carried),
                None => link.source(),
            };
        }
        Chain(links)
    }

    fn io(&self) -> impl Iterator<Item = &'a io::Error> {
        self.0
            .iter()
            .filter_map(|link| link.downcast_ref::<io::Error>())
    }

    fn tls(&self) -> Option<&'a rustls::Error> {
        self.0
            .iter()
            .find_map(|link| link.downcast_ref::<rustls::Error>())
    }

    fn tunnel(&self) -> Option<&'a TunnelError> {
        self.0.iter().find_map(|link| link.downcast_ref())
    }

    /// Neither an answer that cannot be read nor a stream that was reset on a living connection.
    fn is_hang_up(&self) -> bool {
        let mut links = self.0.iter();
        let is_reset = links.any(|link| link.downcast_ref().is_some_and(h2::Error::is_reset));
        !is_reset && !self.is_unreadable()
    }

    fn is_unreadable(&self) -> bool {
        let mut links = self.0.iter();
        links.any(|link| link.downcast_ref().is_some_and(hyper::Error::is_parse))
    }

    /// The parser names what it stumbled over, which says little to those who don't know that it is one.
    fn explain(&self, cause: String) -> String {
        match self.is_unreadable() {
            true => format!("the answer is no HTTP that can be read: {cause}"),
            false => cause,
        }
    }

    /// The last cause, which is where it began.
    fn cause(&self) -> String {
        self.0
            .last()
            .map(|link| clean(&link.to_string()))
            .unwrap_or_default()
    }
}

/// A text that may hold what a peer sent, without characters that control where or how others show.
pub fn clean(text: &str) -> String {
    let printable = |c: char| match c {
        '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    };
    text.chars().map(printable).collect()
}
