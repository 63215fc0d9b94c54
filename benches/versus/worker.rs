//! One measured process: see benches/c/worker.h for what is said.

use crate::Failure;
use crate::machine;
use crate::options::Placement;
use crate::rows::Side;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

pub struct Worker {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    name: String,
}

/// How long a turn took, and what CPU time the process spent on it.
pub struct Turn {
    pub wall: Duration,
    pub cpu: Duration,
}

impl Worker {
    pub fn start(side: &Side, placement: Placement) -> Result<Self, Failure> {
        let mut command = machine::dies_with_us();
        if placement == Placement::Pinned {
            command.args(machine::pinned_by());
        }
        command.arg(&side.program).args(&side.arguments);
        // Nothing but what a side is given: no proxy, no key, no allocator of the environment's.
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(side.environment.iter().cloned());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Self {
            orders: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().ok_or("no pipe")?),
            process,
            name: side.name.clone(),
        })
    }

    pub fn turn(&mut self, calls: u64) -> Result<Turn, Failure> {
        let mut orders = self.orders.as_ref().ok_or("the worker has ended")?;
        writeln!(orders, "{calls}")?;
        let [wall, cpu] = self.numbers()?;
        Ok(Turn {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(cpu),
        })
    }

    /// Its peak resident memory in MiB.
    pub fn end(mut self) -> Result<f64, Failure> {
        drop(self.orders.take());
        let [kib] = self.numbers()?;
        self.process.wait()?;
        Ok(kib as f64 / 1024.0)
    }

    fn numbers<const N: usize>(&mut self) -> Result<[u64; N], Failure> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let numbers: Vec<u64> = line
            .split(' ')
            .flat_map(|text| text.trim().parse())
            .collect();
        numbers
            .try_into()
            .map_err(|_| format!("{} ended, or said {line:?}", self.name).into())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
