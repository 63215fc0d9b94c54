//! The words of a script: what a connection does next, over what, and what it was asked.

use std::net::SocketAddr;
use std::time::Instant;

use super::answers::Said;
use super::http2::Frame;

/// What a connection does next. After its last step it hangs up properly: it stops sending, and
/// closes when the client has, or after a second.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads one whole request.
    Read,
    /// Reads whatever comes first, such as the greeting of TLS.
    ReadSome,
    /// Reads what a client of HTTP/2 says first; the script sends the settings.
    ReadPreface,
    /// A whole answer, in whichever protocol the connection speaks.
    Answer(Said),
    Send(Vec<u8>),
    /// The same past TLS.
    SendRaw(Vec<u8>),
    Frame(Frame),
    /// The same frame so many thousand times; acknowledgements are read in between.
    Thousands(usize, Frame),
    /// Sends this so many times.
    Times(usize, Vec<u8>),
    /// Sends this again and again until the client leaves.
    Flood(Vec<u8>),
    PauseMs(u64),
    /// Passes everything on to this server, and what it says back.
    Tunnel(SocketAddr),
    /// Resets the connection.
    Reset,
    /// Hangs up properly and closes at once: whatever still comes is answered with a reset.
    Close,
    /// Stops sending without a word, as a lost connection looks inside of TLS.
    Cut,
    StopReading,
    /// Stays open and silent until the client leaves.
    Hold,
}

/// What the connections of a server are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Plain HTTP/1.1.
    H1,
    /// The same inside TLS.
    Tls,
    /// HTTP/2 inside TLS.
    H2,
}

/// `Send`, from text or bytes.
pub fn send(bytes: impl Into<Vec<u8>>) -> Step {
    Step::Send(bytes.into())
}

#[derive(Clone, Debug)]
pub struct Request {
    /// From the first connection, 0, on.
    pub connection: usize,
    pub head: String,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Request {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}
