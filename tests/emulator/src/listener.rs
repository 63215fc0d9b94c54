//! Where connections come in. Each TLS handshake is a task of its own, so that a peer that is slow
//! at it, or never begins, keeps nobody else out.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use crate::state::State;

/// More than any test opens at once.
const BACKLOG: u32 = 4096;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connections that are ready to speak HTTP.
pub struct Connections {
    ready: mpsc::UnboundedReceiver<Box<dyn Stream>>,
    address: SocketAddr,
}

/// Must be called within the runtime that is to serve.
pub fn bind(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    if cfg!(unix) {
        socket.set_reuseaddr(true)?; // as servers do there: a port can be taken up again at once
    }
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(BACKLOG)
}

impl Connections {
    pub fn of(
        listener: TcpListener,
        acceptor: Option<TlsAcceptor>,
        state: Arc<State>,
    ) -> io::Result<Connections> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::unbounded_channel();
        tokio::spawn(accept_all(listener, acceptor, state, sender));
        Ok(Connections { ready, address })
    }
}

impl axum::serve::Listener for Connections {
    type Io = Box<dyn Stream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(stream) => (stream, self.address),
            None => std::future::pending().await, // the runtime is going down
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

async fn accept_all(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    state: Arc<State>,
    ready: mpsc::UnboundedSender<Box<dyn Stream>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or the peer has already gone: neither lasts.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        state.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(open(stream, acceptor.clone(), ready.clone()));
    }
}

async fn open(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    ready: mpsc::UnboundedSender<Box<dyn Stream>>,
) {
    // Without it small answers would wait for the acknowledgement of what went before.
    let _ = stream.set_nodelay(true);
    let stream: Box<dyn Stream> = match acceptor {
        None => Box::new(stream),
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => Box::new(stream),
            Err(_) => return, // the peer was told why by an alert
        },
    };
    let _ = ready.send(stream); // fails only while the runtime goes down
}
