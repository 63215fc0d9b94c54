//! A connection's bytes, with and without TLS. It tells when what was written has left, and it
//! can be given up in the middle, as a server that crashes does.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;
}

pub struct Wire {
    stream: Box<dyn Stream>,
    line: Arc<Line>,
}

/// What a request knows of the connection that it came by.
#[derive(Default)]
pub struct Line {
    flushes: watch::Sender<u64>,
    ending: OnceLock<Ending>,
}

/// How a connection ends that is given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Without a goodbye.
    #[default]
    Close,
    /// In a TCP reset.
    Reset,
    /// In bytes that are no HTTP, and no TLS.
    Noise,
}

const NOISE: &[u8] = b"\x00\xff\x16SSH-2.0 220 ready\r\n\r\n{{{\x00";

impl Wire {
    pub fn new(stream: Box<dyn Stream>) -> Wire {
        Wire {
            stream,
            line: Arc::default(),
        }
    }

    pub fn line(&self) -> Arc<Line> {
        Arc::clone(&self.line)
    }
}

impl Line {
    /// Waits until everything that was written before the first poll has left this process.
    pub async fn flushed(self: Arc<Self>) {
        let mut flushes = self.flushes.subscribe();
        let _ = flushes.changed().await; // fails only without a sender, and that is ours
    }

    /// When the connection ends, it ends so.
    pub fn end_in(&self, ending: Ending) {
        let _ = self.ending.set(ending); // the first one to say so is heard
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let tcp = self.stream.tcp();
        let _ = match self.line.ending.get() {
            Some(Ending::Reset) => tcp.set_zero_linger(),
            Some(Ending::Noise) => tcp.try_write(NOISE).map(drop),
            Some(Ending::Close) | None => Ok(()),
        }; // fails where the peer was first
    }
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(flushed, Poll::Ready(Ok(()))) {
            self.line.flushes.send_modify(|count| *count += 1);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
