//! A server on loopback that says exactly what a case tells it to, and remembers what it was asked.
//! It ends with its value: every connection is cut and every thread joined.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;

/// What a connection does next. After its last step it hangs up properly: it stops sending, and
/// closes when the client has, or after a second.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads one whole request.
    Read,
    /// Reads whatever comes first, such as the greeting of TLS.
    ReadSome,
    Send(Vec<u8>),
    /// Sends this again and again until the client leaves.
    Flood(Vec<u8>),
    PauseMs(u64),
    /// Resets the connection.
    Reset,
    /// Stays open and silent until the client leaves.
    Hold,
}

/// `Send`, from text or bytes.
pub fn send(bytes: impl Into<Vec<u8>>) -> Step {
    Step::Send(bytes.into())
}

/// A whole answer, its length included.
pub fn answer(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Said\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// A success with this body.
pub fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer(200, "Content-Type: application/json\r\n", body)
}

#[derive(Clone, Debug)]
pub struct Request {
    /// From the first connection, 0, on.
    pub connection: usize,
    pub head: String,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Request {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut named = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim())
    }
}

type Answer = dyn Fn(usize, &Request) -> Vec<Step> + Send + Sync;

enum Plan {
    /// One script per connection; the last serves every later one, too.
    Connections(Vec<Vec<Step>>),
    /// Connections stay open, and the number of a request decides what comes after it.
    Requests(Box<Answer>),
}

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

struct Shared {
    plan: Plan,
    state: Mutex<State>,
    stopping: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    connections: usize,
    requests: Vec<Request>,
    open: HashMap<usize, Arc<TcpStream>>,
}

impl Server {
    /// The n-th connection follows the n-th script, every later one the last.
    pub fn connections(scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        Self::start(Plan::Connections(scripts.into()))
    }

    /// The n-th request gets the n-th answer, every later one the last, on whatever connection.
    pub fn answers(answers: impl Into<Vec<Vec<u8>>>) -> Self {
        let answers = answers.into();
        Self::deciding(move |number, _| {
            let answer = answers.get(number).or(answers.last());
            vec![send(answer.cloned().unwrap_or_default())]
        })
    }

    /// What comes after a request, decided when it is there; requests count from 0.
    pub fn deciding(answer: impl Fn(usize, &Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start(Plan::Requests(Box::new(answer)))
    }

    fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("its number");
        let shared = Arc::new(Shared {
            plan,
            state: Mutex::default(),
            stopping: Condvar::new(),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made.
    pub fn connection_count(&self) -> usize {
        self.shared.state().connections
    }

    /// The requests that came in whole.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.stopping.notify_all();
        let _ = TcpStream::connect(self.address); // wakes the acceptor
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// Takes connections until the stop, then cuts and joins what is left of them.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    while let Ok((stream, _)) = listener.accept() {
        let mut state = shared.state();
        if state.stop {
            break;
        }
        let number = state.connections;
        let stream = Arc::new(stream);
        state.connections += 1;
        state.open.insert(number, Arc::clone(&stream));
        drop(state);

        let shared = Arc::clone(shared);
        threads.push(thread::spawn(move || {
            let _ = shared.serve(number, &stream); // the client may leave at any step
            shared.state().open.remove(&number);
        }));
    }
    for stream in shared.state().open.values() {
        let _ = stream.shutdown(Shutdown::Both);
    }
    for thread in threads {
        let _ = thread.join();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, connection: usize, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        match &self.plan {
            Plan::Connections(scripts) => {
                let script = scripts.get(connection).or(scripts.last());
                self.follow(connection, stream, script.map_or(&[][..], Vec::as_slice))?;
            }
            Plan::Requests(answer) => loop {
                let (number, request) = self.read_request(connection, stream)?;
                self.follow(connection, stream, &answer(number, &request))?;
            },
        }
        stream.shutdown(Shutdown::Write)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        drain(stream)
    }

    fn follow(&self, connection: usize, stream: &TcpStream, steps: &[Step]) -> io::Result<()> {
        let mut out = stream;
        for step in steps {
            match step {
                Step::Read => drop(self.read_request(connection, stream)?),
                Step::ReadSome => read_some(stream)?,
                Step::Send(bytes) => out.write_all(bytes)?,
                Step::Flood(bytes) => loop {
                    out.write_all(bytes)?;
                },
                Step::PauseMs(ms) => self.pause(Duration::from_millis(*ms))?,
                Step::Hold => drain(stream)?,
                Step::Reset => {
                    set_socket_linger(stream, Some(Duration::ZERO))?;
                    return Err(io::ErrorKind::ConnectionReset.into()); // it is closed at once
                }
            }
        }
        Ok(())
    }

    fn read_request(&self, connection: usize, stream: &TcpStream) -> io::Result<(usize, Request)> {
        let mut request = Request {
            connection,
            head: read_head(stream)?,
            body: Vec::new(),
            at: Instant::now(),
        };
        if let Some(length) = request.header("content-length") {
            let length = length.parse().map_err(io::Error::other)?;
            read_body(stream, length, &mut request.body)?;
        }
        let mut state = self.state();
        state.requests.push(request.clone());
        Ok((state.requests.len() - 1, request))
    }

    fn pause(&self, time: Duration) -> io::Result<()> {
        let waited = self
            .stopping
            .wait_timeout_while(self.state(), time, |state| !state.stop);
        let stopped = waited.unwrap_or_else(PoisonError::into_inner).0.stop;
        if stopped {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(())
    }
}

/// One head, byte by byte, so that nothing after it is taken.
fn read_head(mut stream: &TcpStream) -> io::Result<String> {
    const LONGEST: usize = 16 * 1024;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn read_body(stream: &TcpStream, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    match stream.take(length).read_to_end(body)? as u64 == length {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn read_some(mut stream: &TcpStream) -> io::Result<()> {
    let mut bytes = [0; 16 * 1024];
    match stream.read(&mut bytes)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// Reads to the end, or as long as the stream's own limit allows.
fn drain(mut stream: &TcpStream) -> io::Result<()> {
    io::copy(&mut stream, &mut io::sink()).map(drop)
}
