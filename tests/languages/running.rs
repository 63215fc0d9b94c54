//! Runs that end in bounded time, with all that they started.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// For whatever has to happen, the making of a program on a busy machine included.
const BOUND: Duration = Duration::from_secs(120);

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Seen {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Seen {
    pub fn expect_code(self, code: i32) -> Self {
        let (out, err) = (&self.stdout, &self.stderr);
        assert!(
            self.code == Some(code),
            "exit code {:?}, signal {:?}, and not {code}\n--- stdout\n{out}\n--- stderr\n{err}",
            self.code,
            self.signal,
        );
        self
    }

    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// Runs to the end of the program and of all that holds its output. What is left of its process
/// group at the time limit is killed, and the test fails.
pub fn run(mut command: Command) -> Seen {
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.process_group(0).spawn();
    let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let group = Pid::from_child(&child);

    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(wait(child)));
    if let Ok(output) = ended.recv_timeout(BOUND) {
        return seen(&output);
    }
    let _ = kill_process_group(group, Signal::KILL);
    let seen = ended
        .recv_timeout(Duration::from_secs(5))
        .map(|output| seen(&output));
    panic!("killed after {BOUND:?}: {command:?}\n{seen:#?}")
}

fn wait(child: Child) -> Output {
    child.wait_with_output().expect("the output of a program")
}

fn seen(output: &Output) -> Seen {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output in UTF-8");
    Seen {
        code: output.status.code(),
        signal: output.status.signal(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
