//! Whether an exchange began a new connection, as the pool does not tell which it gave.

use std::cell::Cell;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Whether the exchange that is being polled has begun a new connection.
    pub static CONNECTED: Cell<bool>;
}

/// Notes that a connection is begun.
#[derive(Clone)]
pub struct Watch;

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched(connector)
    }
}

/// A connector that is watched.
#[derive(Clone)]
pub struct Watched<S>(S);

impl<S: Service<R>, R> Service<R> for Watched<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> S::Future {
        // A connection that outlives its request is finished by a task of the pool's own.
        let _outside = CONNECTED.try_with(|connected| connected.set(true));
        self.0.call(target)
    }
}
