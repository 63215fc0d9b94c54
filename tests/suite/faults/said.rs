//! What rows have servers say, and what comes of it, in the words of the table.

use crate::script::{Step, said, send};

pub const LOST: &str = "connection_lost";
pub const FAILED: &str = "connect_failed";

/// A head of a success, its framing to follow.
pub const H200: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

/// The header of an ordinary answer.
pub const JSON: &str = "Content-Type: application/json\r\n";

/// The head of a success over HTTP/1.1, and these bytes.
pub fn starts(rest: impl AsRef<[u8]>) -> Step {
    send([H200.as_bytes(), rest.as_ref()].concat())
}

/// The same with a length, which may not be that of the body.
pub fn length(length: usize, body: &str) -> Step {
    starts(format!("Content-Length: {length}\r\n\r\n{body}"))
}

/// The same in chunks, as they are on the wire.
pub fn chunked(chunks: impl AsRef<[u8]>) -> Step {
    starts([b"Transfer-Encoding: chunked\r\n\r\n", chunks.as_ref()].concat())
}

/// A success with an empty list, over any transport.
pub fn good() -> Step {
    said(200, JSON, "[]")
}

/// Another one, which shows whose answer it is.
pub fn own() -> Step {
    said(200, "Content-Type: application/json\r\n", r#"["own"]"#)
}
