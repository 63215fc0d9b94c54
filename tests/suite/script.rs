//! A server on loopback that says exactly what a case tells it to, and remembers what it was asked.
//! It ends with its value: every connection is cut and every thread joined.

mod answers; // whole answers, whatever the protocol
mod connection; // one connection: plain, inside TLS, HTTP/2
pub mod gzip; // compressed bodies, bombs among them
pub mod http2; // frames
pub mod identity; // certificates
mod step; // the words of a script

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::hosts::new_path;
use answers::good;
pub use answers::{answer, endless, in_pieces, ok, said};
use connection::Connection;
pub use step::{Over, Request, Step, send};

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
    over: Over,
    /// Where it is not the usual one.
    tls: Option<Arc<ServerConfig>>,
    /// When this file is there, the script is over.
    marker: PathBuf,
    /// What connections do from then on, where it is not to answer well.
    afterwards: OnceLock<Vec<Step>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    connections: usize,
    requests: Vec<Request>,
    /// How much of endless bodies.
    sent: u64,
    open: HashMap<usize, Arc<TcpStream>>,
    ended: HashMap<usize, Instant>,
}

impl Server {
    /// The n-th connection follows the n-th script, every later one the last.
    pub fn connections(scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        Self::connections_over(Over::H1, scripts)
    }

    /// The same over TLS or HTTP/2.
    pub fn connections_over(over: Over, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        Self::start(Plan::Connections(scripts.into()), over, None)
    }

    /// The same with certificates of its own.
    pub fn connections_as(tls: Arc<ServerConfig>, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        let over = match tls.alpn_protocols.iter().any(|protocol| protocol == b"h2") {
            true => Over::H2,
            false => Over::Tls,
        };
        Self::start(Plan::Connections(scripts.into()), over, Some(tls))
    }

    /// The n-th request gets the n-th script, every later one the last, on whatever connection.
    pub fn requests_over(over: Over, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        let scripts = scripts.into();
        let script = move |number: usize, _: &Request| {
            let script = scripts.get(number).or(scripts.last());
            script.cloned().unwrap_or_default()
        };
        Self::start(Plan::Requests(Box::new(script)), over, None)
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
        Self::start(Plan::Requests(Box::new(answer)), Over::H1, None)
    }

    /// As `connections`, on a port that is there already.
    pub fn connections_on(listener: TcpListener, scripts: impl Into<Vec<Vec<Step>>>) -> Self {
        Self::start_on(listener, Plan::Connections(scripts.into()), Over::H1, None)
    }

    /// On a port that is there already: every request gets a good answer.
    pub fn good_on(listener: TcpListener, over: Over) -> Self {
        let script = |_: usize, _: &Request| vec![Step::Answer(good())];
        Self::start_on(listener, Plan::Requests(Box::new(script)), over, None)
    }

    fn start(plan: Plan, over: Over, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        Self::start_on(listener, plan, over, tls)
    }

    fn start_on(
        listener: TcpListener,
        plan: Plan,
        over: Over,
        tls: Option<Arc<ServerConfig>>,
    ) -> Self {
        let address = listener.local_addr().expect("its number");
        let shared = Arc::new(Shared {
            plan,
            over,
            tls,
            marker: new_path("over"),
            afterwards: OnceLock::new(),
            state: Mutex::default(),
            changed: Condvar::new(),
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

    /// Does this on each connection when the script is over, in place of good answers.
    pub fn afterwards(self, steps: impl Into<Vec<Step>>) -> Self {
        let set = self.shared.afterwards.set(steps.into());
        set.expect("said once");
        self
    }

    pub fn url(&self) -> String {
        match self.shared.over {
            Over::H1 => format!("http://{}", self.address),
            Over::Tls | Over::H2 => format!("https://{}", self.address),
        }
    }

    /// Whoever makes this file ends the script: every later request gets a good answer, if its
    /// connection still reads any.
    pub fn marker(&self) -> &Path {
        &self.shared.marker
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were made.
    pub fn connection_count(&self) -> usize {
        self.shared.state().connections
    }

    /// When a connection ended, which it must do soon.
    pub fn end_of(&self, connection: usize) -> Instant {
        const LIMIT: Duration = Duration::from_secs(5);
        let is_open = |state: &mut State| !state.ended.contains_key(&connection);
        let state = self.shared.state();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, LIMIT, is_open);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        *state.ended.get(&connection).expect("the connection ended")
    }

    /// The requests that came in whole.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// How much of endless bodies was sent before the clients left.
    pub fn sent(&self) -> u64 {
        self.shared.state().sent
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.changed.notify_all();
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
            let mut state = shared.state();
            state.open.remove(&number);
            state.ended.insert(number, Instant::now());
            drop(state);
            shared.changed.notify_all();
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

    fn serve(&self, number: usize, stream: &TcpStream) -> io::Result<()> {
        let is_over = self.is_over();
        let tls = self.tls.as_ref().filter(|_| !is_over); // then it is one that is trusted
        let mut connection = Connection::new(number, stream, self.over, tls)?;
        if is_over {
            return match self.afterwards.get() {
                Some(steps) => self.follow_to_the_end(&mut connection, steps),
                None => self.answer_well(&mut connection),
            };
        }
        match &self.plan {
            Plan::Connections(scripts) => {
                let script = scripts.get(number).or(scripts.last());
                let script = script.map_or(&[][..], Vec::as_slice);
                self.follow_to_the_end(&mut connection, script)
            }
            Plan::Requests(script) => loop {
                let (number, request) = self.read_request(&mut connection)?;
                match self.is_over() {
                    true => connection.answer(&good())?,
                    false => self.follow(&mut connection, &script(number, &request))?,
                }
            },
        }
    }

    fn follow_to_the_end(&self, connection: &mut Connection, steps: &[Step]) -> io::Result<()> {
        self.follow(connection, steps)?;
        connection.hang_up()
    }

    fn is_over(&self) -> bool {
        self.marker.exists()
    }

    fn answer_well(&self, connection: &mut Connection) -> io::Result<()> {
        loop {
            self.read_request(connection)?;
            connection.answer(&good())?;
        }
    }

    fn follow(&self, connection: &mut Connection, steps: &[Step]) -> io::Result<()> {
        for step in steps {
            match step {
                Step::Read => drop(self.read_request(connection)?),
                Step::ReadSome => connection.read_some()?,
                Step::ReadPreface => connection.read_preface()?,
                Step::Answer(said) => {
                    let answered = connection.answer(said);
                    self.state().sent += std::mem::take(&mut connection.sent);
                    answered?;
                }
                Step::Send(bytes) => connection.send(bytes)?,
                Step::SendRaw(bytes) => connection.send_raw(bytes)?,
                Step::Frame(frame) => connection.send_frame(frame)?,
                Step::Thousands(count, frame) => connection.send_frames(frame, *count)?,
                Step::Times(times, bytes) => {
                    (0..*times).try_for_each(|_| connection.send(bytes))?;
                }
                Step::Flood(bytes) => loop {
                    connection.send(bytes)?;
                },
                Step::PauseMs(ms) => self.pause(Duration::from_millis(*ms))?,
                Step::Tunnel(to) => connection.tunnel(*to)?,
                Step::Hold => self.hold(connection)?,
                Step::Reset => connection.reset()?,
                Step::Close => connection.close()?,
                Step::Cut => connection.cut()?,
                Step::StopReading => connection.stop_reading()?,
            }
        }
        Ok(())
    }

    /// Streams end one by one, so that a connection over HTTP/2 may be used again.
    fn hold(&self, connection: &mut Connection) -> io::Result<()> {
        if self.over != Over::H2 {
            return connection.hold();
        }
        loop {
            self.read_request(connection)?;
            if self.is_over() {
                connection.answer(&good())?;
            }
        }
    }

    fn read_request(&self, connection: &mut Connection) -> io::Result<(usize, Request)> {
        let request = connection.read_request()?;
        let mut state = self.state();
        state.requests.push(request.clone());
        Ok((state.requests.len() - 1, request))
    }

    fn pause(&self, time: Duration) -> io::Result<()> {
        let waited = self
            .changed
            .wait_timeout_while(self.state(), time, |state| !state.stop);
        let stopped = waited.unwrap_or_else(PoisonError::into_inner).0.stop;
        if stopped {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(())
    }
}
