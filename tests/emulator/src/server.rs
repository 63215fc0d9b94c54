//! A running emulator: one thread with a runtime of its own, so that it works inside any program.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::state::State;
use crate::tls::Identity;
use crate::{Options, document, listener};

/// A local ImageKit. It answers from [`Emulator::start`] until it is stopped or dropped.
pub struct Emulator {
    options: Options,
    state: Arc<State>,
    port: u16,
    ca_pem: Option<String>,
    thread: Option<JoinHandle<()>>,
    /// The thread ends when this is dropped.
    running: Option<oneshot::Sender<()>>,
}

impl Emulator {
    /// Starts a server on 127.0.0.1. It takes connections when this returns.
    pub fn start(options: Options) -> io::Result<Emulator> {
        if options.requests_per_interval == Some(0) || options.interval.is_zero() {
            let message = "a rate limit needs at least one request and an interval above zero";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let (acceptor, ca_pem) = match options.tls.then(Identity::new).transpose()? {
            Some(identity) => (Some(identity.acceptor), Some(identity.ca_pem)),
            None => (None, None),
        };
        let state = Arc::new(State::new(&options));
        let (running, stopped) = oneshot::channel();
        let (report, bound) = mpsc::channel();
        let server = Server {
            port: options.port,
            acceptor,
            state: Arc::clone(&state),
            stopped,
        };
        let thread = thread::Builder::new()
            .name("imagekit-emulator".to_owned())
            .spawn(move || {
                if let Err(error) = server.run(&report) {
                    let _ = report.send(Err(error)); // refused where nobody waits any more
                }
            })?;
        let port = bound.recv().map_err(io::Error::other)??;
        Ok(Emulator {
            options,
            state,
            port,
            ca_pem,
            thread: Some(thread),
            running: Some(running),
        })
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    pub fn base_url(&self) -> String {
        if self.options.tls {
            format!("https://localhost:{}", self.port)
        } else {
            format!("http://127.0.0.1:{}", self.port)
        }
    }

    pub fn private_key(&self) -> &str {
        &self.options.private_key
    }

    /// The certificate to trust, in PEM; with TLS only.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The files in the library. The first has several versions.
    pub fn file_ids(&self) -> Vec<String> {
        let library = self.state.library();
        let files = library.files().iter();
        files.map(|file| file.id.clone()).collect()
    }

    /// Adds many small files at once and returns their ids. Each has so many versions, 1 to 100: any
    /// other number is taken as the nearest of these.
    pub fn add_files(&self, count: usize, versions: usize) -> Vec<String> {
        self.state.library().add_many(count, versions)
    }

    /// What a list of this file's versions must hold now.
    pub fn versions(&self, file_id: &str) -> Option<Value> {
        let library = self.state.library();
        let file = library.file(file_id)?;
        serde_json::to_value(document::file_versions(file)).ok()
    }

    /// Requests so far, refused ones included.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// What the answer to a request has as its id. The first request is number 1.
    pub fn request_id(&self, number: u64) -> String {
        self.state.request_id(number)
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Closes the port and every connection. Dropping does the same.
    pub fn stop(self) {}
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.running.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in there has been printed already
        }
    }
}

/// What the thread takes with it.
struct Server {
    port: u16,
    acceptor: Option<TlsAcceptor>,
    state: Arc<State>,
    stopped: oneshot::Receiver<()>,
}

impl Server {
    /// Reports the port once it is open; then serves until told to stop.
    fn run(self, report: &mpsc::Sender<io::Result<u16>>) -> io::Result<()> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = listener::bind(self.port)?;
            let port = listener.local_addr()?.port();
            tokio::spawn(listener::accept_all(listener, self.acceptor, self.state));
            let _ = report.send(Ok(port));
            let _ = self.stopped.await; // an error too: it says that the sender was dropped
            Ok(())
        })
        // The runtime ends here, and with it all tasks and their connections.
    }
}
