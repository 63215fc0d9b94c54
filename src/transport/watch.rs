//! The connections as they are opened: whether an exchange began one, as the pool does not tell which it
//! gave, and that calls wait for one which they may share.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::Connection;
use tokio::sync::Notify;
use tokio::time::timeout;
use tower_layer::Layer;
use tower_service::Service;

/// How long a call waits for a connection that another one opens, before it opens its own.
const PATIENCE: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// Whether the exchange that is being polled has begun a new connection.
    pub static CONNECTED: Cell<bool>;
}

/// The connections that are being opened to one server.
#[derive(Default)]
pub struct Openings {
    count: AtomicUsize,
    /// Is a connection for one exchange at a time? HTTP/2 is assumed until a server chooses otherwise.
    are_apart: AtomicBool,
    changed: Notify,
}

impl Openings {
    /// Waits for a connection that is being opened, where many exchanges share one: the pool would open
    /// one for each that finds none.
    pub async fn wait(&self) {
        let changed = self.changed.notified();
        if self.count.load(Ordering::Relaxed) > 0 && !self.are_apart.load(Ordering::Relaxed) {
            let _or_impatient = timeout(PATIENCE, changed).await;
        }
    }

    fn begin(self: &Arc<Self>) -> Opening {
        self.count.fetch_add(1, Ordering::Relaxed);
        Opening(self.clone())
    }
}

/// One of them, until it is open and known to the pool, or given up.
struct Opening(Arc<Openings>);

impl Opening {
    /// Notes an open connection.
    fn end(self, is_shared: bool) {
        if !is_shared {
            self.0.are_apart.store(true, Ordering::Relaxed);
            return;
        }
        // When its task has gone on with it, so that the pool has it.
        tokio::spawn(async move { drop(self) });
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::Relaxed);
        self.0.changed.notify_waiters();
    }
}

/// Notes each connection that is begun.
#[derive(Clone)]
pub struct Watch(pub Arc<Openings>);

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, connector: S) -> Watched<S> {
        Watched {
            connector,
            openings: self.0.clone(),
        }
    }
}

/// A connector that is watched.
#[derive(Clone)]
pub struct Watched<S> {
    connector: S,
    openings: Arc<Openings>,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Response: Connection, Future: Send + 'static>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.connector.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        // A connection that outlives its request is finished by a task of the pool's own.
        let _outside = CONNECTED.try_with(|connected| connected.set(true));
        let opening = self.openings.begin();
        let connecting = self.connector.call(target);
        Box::pin(async move {
            let connection = connecting.await?;
            opening.end(connection.connected().is_negotiated_h2());
            Ok(connection)
        })
    }
}
