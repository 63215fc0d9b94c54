//! HTTP/2 as far as a scripted server speaks it: frames, headers without compression, and the windows
//! of what it sends.

use std::io::{self, Read, Write};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// Of SETTINGS and PING.
pub const ACK: u8 = 1;
/// Of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 4;
/// Of DATA and HEADERS.
pub const PADDED: u8 = 8;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const INITIAL_WINDOW_SIZE: u16 = 4;
const LONGEST_DATA: usize = 16 * 1024;

/// The stream of a frame that a script sends.
#[derive(Clone, Copy, Debug)]
pub enum Stream {
    /// That of the request that was read last.
    This,
    Number(u32),
}

#[derive(Clone, Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: Stream,
    pub payload: Vec<u8>,
}

impl Frame {
    /// On the stream of the request.
    pub fn new(kind: u8, flags: u8, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        Self {
            kind,
            flags,
            stream: Stream::This,
            payload,
        }
    }

    /// On another stream; 0 is the connection.
    pub fn on(mut self, stream: u32) -> Self {
        self.stream = Stream::Number(stream);
        self
    }

    pub fn bytes(&self, this: u32) -> Vec<u8> {
        let stream = match self.stream {
            Stream::This => this,
            Stream::Number(number) => number,
        };
        let length = u32::try_from(self.payload.len()).expect("a length");
        let mut bytes = length.to_be_bytes()[1..].to_vec();
        bytes.extend([self.kind, self.flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }
}

/// A header block that uses no table and no compression.
pub fn header_block<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0); // a literal with its own name, not to be indexed
        push_text(&mut block, name.as_bytes());
        push_text(&mut block, value.as_bytes());
    }
    block
}

/// A string literal: its length as an integer with a prefix of seven bits, and its bytes.
fn push_text(block: &mut Vec<u8>, text: &[u8]) {
    const PREFIX: usize = 127;
    if text.len() < PREFIX {
        block.push(u8::try_from(text.len()).expect("less than 127"));
    } else {
        block.push(127);
        let mut rest = text.len() - PREFIX;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128 + 128).expect("a byte"));
            rest /= 128;
        }
        block.push(u8::try_from(rest).expect("less than 128"));
    }
    block.extend(text);
}

/// A connection's own state, of a server that sends one answer at a time.
pub struct Http2 {
    is_greeted: bool,
    /// The stream of the request that was read last.
    pub stream: u32,
    /// Has the client reset it?
    pub is_unwanted: bool,
    initial_window: i64,
    connection_window: i64,
    stream_window: i64,
}

/// A frame that came in.
pub struct Came {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Http2 {
    pub fn new() -> Self {
        const WINDOW: i64 = 65_535;
        Self {
            is_greeted: false,
            stream: 0,
            is_unwanted: false,
            initial_window: WINDOW,
            connection_window: WINDOW,
            stream_window: WINDOW,
        }
    }

    /// The next request, whole: its body, and its stream becomes ours.
    pub fn read_request(&mut self, wire: &mut (impl Read + Write)) -> io::Result<Vec<u8>> {
        self.greet(wire)?;
        let mut body = Vec::new();
        let mut is_begun = false;
        loop {
            let frame = self.read_frame(wire)?;
            if frame.kind == HEADERS {
                is_begun = true;
                self.stream = frame.stream;
                self.is_unwanted = false;
                self.stream_window = self.initial_window;
            }
            if frame.kind == DATA && frame.stream == self.stream {
                body.extend(frame.payload);
            }
            let is_part = matches!(frame.kind, HEADERS | DATA) && frame.stream == self.stream;
            if is_begun && is_part && frame.flags & END_STREAM != 0 {
                return Ok(body);
            }
        }
    }

    /// Reads the client's preface and sends our settings, which are none.
    pub fn greet(&mut self, wire: &mut (impl Read + Write)) -> io::Result<()> {
        if self.is_greeted {
            return Ok(());
        }
        read_preface(wire)?;
        self.is_greeted = true;
        wire.write_all(&Frame::new(SETTINGS, 0, []).on(0).bytes(0))?;
        wire.flush()
    }

    /// The same where the script sends the settings itself.
    pub fn is_greeted_by_script(&mut self) {
        self.is_greeted = true;
    }

    /// One frame; what it says of settings and windows is taken in and answered.
    pub fn read_frame(&mut self, wire: &mut (impl Read + Write)) -> io::Result<Came> {
        let mut head = [0; 9];
        wire.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        wire.read_exact(&mut payload)?;
        let frame = Came {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        };
        match frame.kind {
            SETTINGS if flags & ACK == 0 => self.take_settings(&frame, wire)?,
            PING if flags & ACK == 0 => {
                let pong = Frame::new(PING, ACK, frame.payload.clone()).on(0);
                wire.write_all(&pong.bytes(0))?;
                wire.flush()?;
            }
            WINDOW_UPDATE => self.take_window(&frame),
            RST_STREAM if frame.stream == self.stream => self.is_unwanted = true,
            _ => {}
        }
        Ok(frame)
    }

    fn take_settings(&mut self, frame: &Came, wire: &mut impl Write) -> io::Result<()> {
        for setting in frame.payload.chunks_exact(6) {
            let name = u16::from_be_bytes([setting[0], setting[1]]);
            let value = [setting[2], setting[3], setting[4], setting[5]];
            if name == INITIAL_WINDOW_SIZE {
                self.initial_window = i64::from(u32::from_be_bytes(value));
            }
        }
        wire.write_all(&Frame::new(SETTINGS, ACK, []).on(0).bytes(0))?;
        wire.flush()
    }

    fn take_window(&mut self, frame: &Came) {
        let bytes: [u8; 4] = frame.payload[..].try_into().expect("four bytes");
        let more = i64::from(u32::from_be_bytes(bytes));
        match frame.stream {
            0 => self.connection_window += more,
            stream if stream == self.stream => self.stream_window += more,
            _ => {}
        }
    }

    /// The same frame so many thousand times. What the client has to acknowledge it does in between, so
    /// that neither side waits for the other to read.
    pub fn flood(
        &mut self,
        wire: &mut (impl Read + Write),
        frame: &Frame,
        thousands: usize,
    ) -> io::Result<()> {
        let bytes = frame.bytes(self.stream).repeat(1000);
        let is_acknowledged = matches!(frame.kind, SETTINGS | PING) && frame.flags & ACK == 0;
        for _ in 0..thousands {
            wire.write_all(&bytes)?;
            wire.flush()?;
            let mut missing = if is_acknowledged { 1000 } else { 0 };
            while missing > 0 {
                let came = self.read_frame(wire)?;
                missing -= i32::from(came.kind == frame.kind && came.flags & ACK != 0);
            }
        }
        Ok(())
    }

    /// The head of an answer on the stream of the request.
    pub fn head(
        &mut self,
        wire: &mut impl Write,
        head: &[(&str, &str)],
        is_whole: bool,
    ) -> io::Result<()> {
        let flags = match is_whole {
            true => END_HEADERS | END_STREAM,
            false => END_HEADERS,
        };
        let head = Frame::new(HEADERS, flags, header_block(head.iter().copied()));
        wire.write_all(&head.bytes(self.stream))?;
        wire.flush()
    }

    /// A piece of its body, as fast as the client's windows allow, and as long as it wants any.
    pub fn data(
        &mut self,
        wire: &mut (impl Read + Write),
        body: &[u8],
        is_last: bool,
    ) -> io::Result<()> {
        let mut rest = body;
        while !rest.is_empty() && !self.is_unwanted {
            let window = self.connection_window.min(self.stream_window);
            let Ok(window @ 1..) = usize::try_from(window) else {
                wire.flush()?;
                self.read_frame(wire)?;
                continue;
            };
            let size = rest.len().min(window).min(LONGEST_DATA);
            let (now, later) = rest.split_at(size);
            let flags = match is_last && later.is_empty() {
                true => END_STREAM,
                false => 0,
            };
            wire.write_all(&Frame::new(DATA, flags, now).bytes(self.stream))?;
            self.connection_window -= i64::try_from(size).expect("a small size");
            self.stream_window -= i64::try_from(size).expect("a small size");
            rest = later;
        }
        wire.flush()
    }
}

/// What a client of HTTP/2 says first.
pub fn read_preface(wire: &mut impl Read) -> io::Result<()> {
    let mut preface = [0; PREFACE.len()];
    wire.read_exact(&mut preface)?;
    if preface != PREFACE {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(())
}
