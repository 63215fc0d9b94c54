//! One connection of a scripted server: plain, inside TLS, or HTTP/2 inside TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::answers::{Framing, Said};
use super::http2::{Frame, Http2};
use super::{Over, Request, identity};

/// How long the sender of an endless body waits for its client before each piece.
const MOMENT: Duration = Duration::from_millis(10);
const LONGEST_CHUNK: usize = 16 * 1024;

pub struct Connection<'a> {
    pub number: usize,
    tcp: &'a TcpStream,
    wire: Wire<'a>,
    http2: Option<Http2>,
    /// How much of endless bodies.
    pub sent: u64,
}

enum Wire<'a> {
    Plain(&'a TcpStream),
    Tls(Box<StreamOwned<ServerConnection, &'a TcpStream>>),
}

impl<'a> Connection<'a> {
    pub fn new(
        number: usize,
        tcp: &'a TcpStream,
        over: Over,
        config: Option<&Arc<ServerConfig>>,
    ) -> io::Result<Self> {
        tcp.set_nodelay(true)?;
        let protocol = match over {
            Over::H1 => None,
            Over::Tls => Some("http/1.1"),
            Over::H2 => Some("h2"),
        };
        let wire = match protocol {
            None => Wire::Plain(tcp),
            Some(protocol) => {
                let config = config.cloned();
                let config = config.unwrap_or_else(|| identity::trusted(protocol));
                let session = ServerConnection::new(config).map_err(io::Error::other)?;
                Wire::Tls(Box::new(StreamOwned::new(session, tcp)))
            }
        };
        let http2 = matches!(over, Over::H2).then(Http2::new);
        Ok(Self {
            number,
            tcp,
            wire,
            http2,
            sent: 0,
        })
    }

    /// One whole request. Of one over HTTP/2 the head is its stream's number.
    pub fn read_request(&mut self) -> io::Result<Request> {
        let mut request = Request {
            connection: self.number,
            head: String::new(),
            body: Vec::new(),
            at: Instant::now(),
        };
        if let Some(http2) = &mut self.http2 {
            request.body = http2.read_request(&mut self.wire)?;
            request.head = http2.stream.to_string();
        } else {
            request.head = read_head(&mut self.wire)?;
            if let Some(length) = request.header("content-length") {
                let length = length.parse().map_err(io::Error::other)?;
                read_body(&mut self.wire, length, &mut request.body)?;
            }
        }
        request.at = Instant::now();
        Ok(request)
    }

    pub fn read_some(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 * 1024];
        match self.tcp.read(&mut bytes)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes)?;
        self.wire.flush()
    }

    /// Past TLS.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tcp.write_all(bytes)
    }

    pub fn send_frame(&mut self, frame: &Frame) -> io::Result<()> {
        let stream = self.http2().stream;
        self.send(&frame.bytes(stream))
    }

    /// The same frame so many thousand times.
    pub fn send_frames(&mut self, frame: &Frame, thousands: usize) -> io::Result<()> {
        let http2 = self.http2.as_mut().expect("a script for HTTP/2");
        http2.flood(&mut self.wire, frame, thousands)
    }

    /// Reads the preface and leaves the settings to the script.
    pub fn read_preface(&mut self) -> io::Result<()> {
        self.http2().is_greeted_by_script();
        super::http2::read_preface(&mut self.wire)
    }

    fn http2(&mut self) -> &mut Http2 {
        self.http2.as_mut().expect("a script for HTTP/2")
    }

    /// A whole answer, in the protocol of this connection.
    pub fn answer(&mut self, said: &Said) -> io::Result<()> {
        match (self.http2.is_some(), said.framing) {
            (false, Framing::Length) => self.send(&said.bytes()),
            (false, Framing::Pieces) => {
                self.begin_chunks(said)?;
                for chunk in said.body.chunks(LONGEST_CHUNK) {
                    self.send_chunk(chunk)?;
                }
                self.send(b"0\r\n\r\n")
            }
            (false, Framing::Endless) => {
                self.begin_chunks(said)?;
                while !self.is_readable_in(MOMENT)? {
                    self.send_chunk(&said.body)?;
                    self.sent += said.body.len() as u64;
                }
                Err(io::ErrorKind::ConnectionAborted.into()) // it spoke: to say goodbye
            }
            (true, Framing::Endless) => {
                self.begin_stream(said)?;
                while self.is_stream_wanted()? {
                    self.http2_on_wire(|http2, wire| http2.data(wire, &said.body, false))?;
                    self.sent += said.body.len() as u64;
                }
                Ok(())
            }
            (true, _) => {
                self.begin_stream(said)?;
                self.http2_on_wire(|http2, wire| http2.data(wire, &said.body, true))
            }
        }
    }

    fn begin_chunks(&mut self, said: &Said) -> io::Result<()> {
        let Said {
            status, headers, ..
        } = said;
        let head = format!("HTTP/1.1 {status} Said\r\n{headers}Transfer-Encoding: chunked\r\n\r\n");
        self.send(head.as_bytes())
    }

    fn send_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = format!("{:x}\r\n", bytes.len());
        self.send(&[size.as_bytes(), bytes, b"\r\n"].concat())
    }

    fn begin_stream(&mut self, said: &Said) -> io::Result<()> {
        let status = said.status.to_string();
        let length = said.body.len().to_string();
        let mut head = vec![(":status", &*status)];
        let fields = said.headers.lines().filter_map(|line| line.split_once(':'));
        let fields: Vec<_> = fields
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
            .collect();
        head.extend(fields.iter().map(|(name, value)| (&**name, *value)));
        if said.framing == Framing::Length {
            head.push(("content-length", &length));
        }
        let is_whole = said.body.is_empty();
        self.http2_on_wire(|http2, wire| http2.head(wire, &head, is_whole))
    }

    fn http2_on_wire<T>(&mut self, act: impl FnOnce(&mut Http2, &mut Wire<'a>) -> T) -> T {
        act(
            self.http2.as_mut().expect("a script for HTTP/2"),
            &mut self.wire,
        )
    }

    /// Has the client not reset the stream? Gives it a moment to say so.
    fn is_stream_wanted(&mut self) -> io::Result<bool> {
        let mut moment = MOMENT;
        // What comes after a reset may be the next request, which is not ours to read.
        while !self.http2().is_unwanted && self.is_readable_in(moment)? {
            self.http2_on_wire(|http2, wire| http2.read_frame(wire))?;
            moment = Duration::from_millis(1);
        }
        Ok(!self.http2().is_unwanted)
    }

    /// Has the client said something, or left?
    fn is_readable_in(&mut self, time: Duration) -> io::Result<bool> {
        if let Wire::Tls(stream) = &mut self.wire {
            let state = stream.conn.process_new_packets();
            if state.map_err(io::Error::other)?.plaintext_bytes_to_read() > 0 {
                return Ok(true);
            }
        }
        self.tcp.set_read_timeout(Some(time))?;
        let peeked = self.tcp.peek(&mut [0]);
        self.tcp.set_read_timeout(None)?;
        match peeked {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Silent until the client leaves, TLS unbegun where nothing has been said yet.
    pub fn hold(&mut self) -> io::Result<()> {
        io::copy(&mut self.tcp, &mut io::sink()).map(drop)
    }

    pub fn reset(&mut self) -> io::Result<()> {
        set_socket_linger(self.tcp, Some(Duration::ZERO))?;
        Err(io::ErrorKind::ConnectionReset.into()) // it is closed at once
    }

    /// To and fro until one of the two leaves.
    pub fn tunnel(&mut self, to: SocketAddr) -> io::Result<()> {
        let (here, there) = (self.tcp, TcpStream::connect(to)?);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _ = io::copy(&mut &there, &mut &*here);
                here.shutdown(Shutdown::Write)
            });
            let _ = io::copy(&mut &*here, &mut &there);
            there.shutdown(Shutdown::Both)
        })
    }

    /// No more reading: what comes from now on is answered with a reset, if anything.
    pub fn stop_reading(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Read)
    }

    /// As a proper server does: says that it is the end, and closes when the client has, or after a
    /// second.
    pub fn hang_up(&mut self) -> io::Result<()> {
        self.say_goodbye()?;
        self.cut()
    }

    /// The same without a wait for the client.
    pub fn close(&mut self) -> io::Result<()> {
        self.say_goodbye()?;
        Err(io::ErrorKind::ConnectionAborted.into()) // it is closed at once
    }

    fn say_goodbye(&mut self) -> io::Result<()> {
        if let Wire::Tls(stream) = &mut self.wire {
            stream.conn.send_close_notify();
            if !stream.conn.is_handshaking() {
                stream.flush()?;
            }
        }
        Ok(())
    }

    /// The end without a word, as a lost connection looks inside of TLS.
    pub fn cut(&mut self) -> io::Result<()> {
        self.tcp.shutdown(Shutdown::Write)?;
        self.tcp.set_read_timeout(Some(Duration::from_secs(1)))?;
        self.hold()
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(bytes),
            Wire::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.write(bytes),
            Wire::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.flush(),
            Wire::Tls(stream) => stream.flush(),
        }
    }
}

/// One head, byte by byte, so that nothing after it is taken.
fn read_head(wire: &mut impl Read) -> io::Result<String> {
    const LONGEST: usize = 16 * 1024;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST {
        wire.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn read_body(wire: &mut impl Read, length: u64, body: &mut Vec<u8>) -> io::Result<()> {
    match wire.take(length).read_to_end(body)? as u64 == length {
        true => Ok(()),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}
