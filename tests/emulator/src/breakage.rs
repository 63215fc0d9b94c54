//! Answers that break off. The server below us gives up a connection, or a stream of HTTP/2, when a
//! service or a body fails: so they fail here, at the right moment.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Frame;

use crate::wire::Line;

/// Where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    BeforeHead,
    /// After the head and so many bytes of the body.
    AfterBytes(usize),
}

#[derive(Clone, Copy, Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("broken off, as the request asked for")
    }
}

impl Error for Broken {}

/// An answer that is no longer than the cut stays whole; so does one without a body, which is
/// whole with its head.
pub async fn cut(mut response: Response, cut: Cut, line: Arc<Line>) -> Response {
    let after = match cut {
        Cut::AfterBytes(after) => after,
        Cut::BeforeHead => {
            response.extensions_mut().insert(Broken);
            return response;
        }
    };
    let (mut parts, body) = response.into_parts();
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default(); // ours are in memory
    if bytes.len() <= after {
        return Response::from_parts(parts, Body::from(bytes));
    }
    let promised = HeaderValue::from(bytes.len());
    parts.headers.insert(header::CONTENT_LENGTH, promised);
    bytes.truncate(after);
    Response::from_parts(parts, Body::new(BrokenBody::new(bytes, line)))
}

/// What leaves the routes becomes what the connection carries.
pub fn give_out(mut response: Response) -> Result<Response, Broken> {
    match response.extensions_mut().remove::<Broken>() {
        Some(broken) => Err(broken),
        None => Ok(response),
    }
}

/// Fails once the head and these bytes are on their way: what is not yet sent would be lost.
struct BrokenBody {
    bytes: Bytes,
    flushed: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl BrokenBody {
    fn new(bytes: Bytes, line: Arc<Line>) -> BrokenBody {
        BrokenBody {
            bytes,
            flushed: Box::pin(line.flushed()),
        }
    }
}

impl HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        ready!(self.flushed.as_mut().poll(context));
        Poll::Ready(Some(Err(Broken)))
    }
}
