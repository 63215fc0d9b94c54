//! Waiting for a call without holding up a thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::call::Call;
use crate::primitives::error::Error;

/// The answer that a call will have. Dropping it cancels the call.
pub struct Answering {
    call: Arc<Call>,
}

impl Answering {
    /// For a call of which nobody else knows.
    pub(super) fn new(call: Arc<Call>) -> Answering {
        Answering { call }
    }
}

impl Future for Answering {
    type Output = Result<Vec<u8>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A child of the process that sent the call gets no answer to it.
        let has_ended = self.call.has_ended() || self.call.is_ready_or_wakes(context.waker());
        match has_ended {
            true => Poll::Ready(self.call.take()),
            false => Poll::Pending,
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.call.cancel();
    }
}
