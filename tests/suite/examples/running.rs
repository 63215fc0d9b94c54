//! A program that is written to and heard while it runs, and a server whose answers wait for a test.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::{BOUND, LIST};
use crate::script::{Server, ok, send};
use crate::support::{Seen, expect_no_key};

/// A running program. It is killed with this value, if it has not ended.
pub struct Running {
    started: Instant,
    child: Child,
    stdin: Option<ChildStdin>,
    pub stdout: Arc<Heard>,
    pub stderr: Arc<Heard>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let child = command.process_group(0).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self {
            started,
            stdin: child.stdin.take(),
            stdout: Heard::listen(child.stdout.take().expect("a pipe")),
            stderr: Heard::listen(child.stderr.take().expect("a pipe")),
            child,
        }
    }

    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("standard input is open");
        let _ = stdin.write_all(bytes.as_ref()); // a program may end without reading it
    }

    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    pub fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("a signal");
    }

    /// Its end, to which it comes by itself.
    pub fn end(mut self) -> Seen {
        self.close_stdin();
        let stdout = self.stdout.whole();
        let stderr = self.stderr.whole();
        let status = self.child.wait().expect("a status");
        let seen = Seen {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
            took: self.started.elapsed(),
        };
        expect_no_key(&seen);
        seen
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// What a program has written into a pipe so far.
#[derive(Default)]
pub struct Heard {
    state: Mutex<(Vec<u8>, bool)>,
    changed: Condvar,
}

impl Heard {
    fn listen(mut pipe: impl Read + Send + 'static) -> Arc<Self> {
        let heard = Arc::new(Self::default());
        let listener = Arc::clone(&heard);
        thread::spawn(move || {
            let mut bytes = [0; 64 * 1024];
            while let Ok(count @ 1..) = pipe.read(&mut bytes) {
                listener.change(|state| state.0.extend_from_slice(&bytes[..count]));
            }
            listener.change(|state| state.1 = true);
        });
        heard
    }

    fn change(&self, change: impl FnOnce(&mut (Vec<u8>, bool))) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until this holds of all that was written, and of whether that is the end.
    pub fn wait(&self, what: &str, holds: impl Fn(&str, bool) -> bool) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |state: &(Vec<u8>, bool)| String::from_utf8_lossy(&state.0).into_owned();
        let waited = self
            .changed
            .wait_timeout_while(state, BOUND, |state| !holds(&text(state), state.1));
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let text = text(&state);
        assert!(holds(&text, state.1), "no {what} in time in {text:?}");
        text
    }

    pub fn wait_for(&self, part: &str) {
        self.wait(part, |text, _| text.contains(part));
    }

    fn whole(&self) -> String {
        self.wait("end", |_, has_ended| has_ended);
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(state.0.clone()).expect("UTF-8")
    }
}

/// Holds the answers of a scripted server back until it is opened.
#[derive(Default)]
pub struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    pub fn open(&self) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.opened.notify_all();
    }

    pub fn pass(&self) {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .opened
            .wait_timeout_while(is_open, BOUND, |is_open| !*is_open);
        drop(waited);
    }
}

/// A server that answers every request with a list, once the gate is open.
pub fn gated(gate: &Arc<Gate>) -> Server {
    let gate = Arc::clone(gate);
    Server::deciding(move |_, _| {
        gate.pass();
        vec![send(ok(LIST))]
    })
}
