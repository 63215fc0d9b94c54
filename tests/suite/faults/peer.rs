//! Those at the other end of a fault: scripted servers, and what is no server at all.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::proxy::Proxy;
use crate::calls::Calls;
use crate::hosts::new_path;
use crate::script::{Over, Server};

pub trait Peer {
    fn url(&self) -> String;
    /// The file that ends the fault when it is made.
    fn marker(&self) -> &Path;
    fn requests(&self) -> usize;
    fn connections(&self) -> usize;
    /// How much of endless bodies was sent before the client left.
    fn sent(&self) -> u64 {
        0
    }

    /// Where it is a scripted one.
    fn server(&self) -> Option<&Server> {
        None
    }

    /// What a program needs that is to meet this peer, and a row cannot know before it is there.
    fn equip(&self, calls: Calls) -> Calls {
        calls
    }

    /// The proxy on the way, or beside it.
    fn proxy(&self) -> Option<&Proxy> {
        None
    }
}

impl Peer for Server {
    fn url(&self) -> String {
        self.url()
    }

    fn marker(&self) -> &Path {
        self.marker()
    }

    fn requests(&self) -> usize {
        self.requests().len()
    }

    fn connections(&self) -> usize {
        self.connection_count()
    }

    fn sent(&self) -> u64 {
        self.sent()
    }

    fn server(&self) -> Option<&Server> {
        Some(self)
    }
}

/// A port of nobody, until the fault is over.
pub struct Refusing {
    address: SocketAddr,
    later: Later,
}

impl Refusing {
    pub fn new(over: Over) -> Self {
        let (port, address) = deaf_port().expect("a port");
        let later = Later::then(over, move || listening(port));
        Self { address, later }
    }
}

impl Peer for Refusing {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn marker(&self) -> &Path {
        &self.later.marker
    }

    fn requests(&self) -> usize {
        0
    }

    fn connections(&self) -> usize {
        0
    }
}

/// A port whose queue is full, so that greetings to it are dropped, until the fault is over.
pub struct Blackhole {
    address: SocketAddr,
    later: Later,
}

impl Blackhole {
    pub fn new(over: Over) -> Self {
        let (listener, crowd) = full_queue().expect("a port whose queue is full");
        let address = listener.local_addr().expect("its number");
        let later = Later::then(over, move || {
            drop(crowd);
            Ok(listener)
        });
        Self { address, later }
    }
}

impl Peer for Blackhole {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn marker(&self) -> &Path {
        &self.later.marker
    }

    fn requests(&self) -> usize {
        0
    }

    fn connections(&self) -> usize {
        0
    }
}

/// A port that refuses connections and that nobody else can take.
pub fn deaf_port() -> io::Result<(OwnedFd, SocketAddr)> {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = SocketAddr::try_from(getsockname(&socket)?).map_err(io::Error::other)?;
    Ok((socket, address))
}

/// The same when it has come to hear.
pub fn listening(port: OwnedFd) -> io::Result<TcpListener> {
    rustix::net::listen(&port, 128)?;
    Ok(TcpListener::from(port))
}

/// A listener that holds no connection more, and those that fill it.
fn full_queue() -> io::Result<(TcpListener, Vec<TcpStream>)> {
    let (socket, address) = deaf_port()?;
    rustix::net::listen(&socket, 0)?;
    let mut crowd = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        crowd.push(stream);
    }
    Ok((TcpListener::from(socket), crowd))
}

/// Looks out for the marker, then answers well on a listener.
pub struct Later {
    pub marker: PathBuf,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Later {
    fn then(over: Over, listen: impl FnOnce() -> io::Result<TcpListener> + Send + 'static) -> Self {
        Self::begin(move || listen().map(|listener| Server::good_on(listener, over)))
    }

    /// The same with any server.
    pub fn begin(server: impl FnOnce() -> io::Result<Server> + Send + 'static) -> Self {
        let marker = new_path("over");
        let stop = Arc::<AtomicBool>::default();
        let thread = thread::spawn({
            let (marker, stop) = (marker.clone(), Arc::clone(&stop));
            move || {
                while !marker.exists() && !stop.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
                let server = server();
                while server.is_ok() && !stop.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(5));
                }
            }
        });
        Self {
            marker,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Later {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
