//! Answers that come a little at a time.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Frame;
use tokio::time::{Sleep, sleep};

use crate::breakage::Broken;

const PIECES: usize = 8;

/// The body leaves in eight pieces, and before each but the first the server waits.
pub async fn slow(response: Response, wait: Duration) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default(); // ours are in memory
    let promised = HeaderValue::from(bytes.len());
    parts.headers.insert(header::CONTENT_LENGTH, promised);
    let drip = Drip {
        piece: bytes.len().div_ceil(PIECES).max(1),
        bytes,
        wait,
        waiting: Box::pin(sleep(Duration::ZERO)),
    };
    Response::from_parts(parts, Body::new(drip))
}

struct Drip {
    bytes: Bytes,
    piece: usize,
    wait: Duration,
    waiting: Pin<Box<Sleep>>,
}

impl HttpBody for Drip {
    type Data = Bytes;
    type Error = Broken; // never comes

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.waiting.as_mut().poll(context));
        let wait = self.wait;
        self.waiting = Box::pin(sleep(wait));
        let piece = self.piece.min(self.bytes.len());
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(piece)))))
    }
}
