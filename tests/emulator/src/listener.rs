//! Where connections come in. Each is a task of its own, its TLS handshake included, so that a
//! peer that is slow at it, or never begins, keeps nobody else out.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::response::Response;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use crate::breakage::{self, Broken};
use crate::routes;
use crate::state::State;
use crate::wire::Wire;

/// More than any test opens at once.
const BACKLOG: u32 = 4096;

/// Must be called within the runtime that is to serve.
pub fn bind(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    if cfg!(unix) {
        socket.set_reuseaddr(true)?; // as servers do there: a port can be taken up again at once
    }
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

pub async fn accept_all(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    state: Arc<State>,
) -> Infallible {
    let router = routes::router(Arc::clone(&state));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or the peer has already gone: neither lasts.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        state.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve(stream, acceptor.clone(), router.clone()));
    }
}

async fn serve(stream: TcpStream, acceptor: Option<TlsAcceptor>, router: Router) {
    // Without it small answers would wait for the acknowledgement of what went before.
    let _ = stream.set_nodelay(true);
    let wire = match acceptor {
        None => Wire::new(Box::new(stream)),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Wire::new(Box::new(stream)),
            Err(_) => return, // the peer was told why by an alert
        },
    };
    let line = wire.line();
    let service = service_fn(|mut request| {
        request.extensions_mut().insert(line.clone());
        let answer = router.clone().call(request);
        async { give_out(answer.await) }
    });
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(wire), service)
        .await; // an error: the peer left, or was dropped on its own request
}

/// An error ends an HTTP/1.1 connection, and in HTTP/2 the stream.
fn give_out(answer: Result<Response, Infallible>) -> Result<Response, Broken> {
    let Ok(response) = answer;
    breakage::give_out(response)
}
