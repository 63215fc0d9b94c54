//! What a scripted server answers with, whatever the protocol.

use std::sync::Arc;

use super::Step;

/// An answer, its length not among the headers.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub headers: String,
    pub body: Arc<[u8]>,
    pub framing: Framing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length,
    /// Chunks over HTTP/1.1, frames alone over HTTP/2.
    Pieces,
    /// The same, the body again and again until the client leaves.
    Endless,
}

impl Said {
    pub fn bytes(&self) -> Vec<u8> {
        answer(self.status, &self.headers, &self.body)
    }
}

/// `Answer`.
pub fn said(status: u16, headers: impl Into<String>, body: impl Into<Vec<u8>>) -> Step {
    framed(Framing::Length, status, headers.into(), body.into())
}

/// The same with a length that is not told.
pub fn in_pieces(status: u16, headers: impl Into<String>, body: impl Into<Vec<u8>>) -> Step {
    framed(Framing::Pieces, status, headers.into(), body.into())
}

/// The same with this again and again, unhurried, until the client leaves.
pub fn endless(status: u16, headers: impl Into<String>, piece: impl Into<Vec<u8>>) -> Step {
    framed(Framing::Endless, status, headers.into(), piece.into())
}

fn framed(framing: Framing, status: u16, headers: String, body: Vec<u8>) -> Step {
    Step::Answer(Said {
        status,
        headers,
        body: body.into(),
        framing,
    })
}

/// A whole answer, its length included.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A success with this body.
pub fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(200, "Content-Type: application/json\r\n", body)
}

/// What comes when the script is over.
pub fn good() -> Said {
    Said {
        status: 200,
        headers: "Content-Type: application/json\r\n".to_owned(),
        body: Arc::from(*b"[\"good\"]"),
        framing: Framing::Length,
    }
}
