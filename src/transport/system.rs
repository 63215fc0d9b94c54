//! What only the operating system can say or do. Where that needs `unsafe`, the C ABI does it and
//! hands it down through this trait, so that everything below stays safe code.

use std::io::{self, Write};
use std::thread::JoinHandle;

use once_cell::race::OnceBox;

/// The operating system, as the runtime sees it.
pub trait System: Send + Sync {
    /// A number that differs between a process and each child that it forks.
    fn fork_mark(&self) -> u64;

    /// Opens descriptors that nobody uses, to learn from them whether the host closed ours.
    fn open_canary(&self) -> io::Result<Canary>;

    /// Are they still the ones that we opened?
    fn is_alive(&self, canary: &Canary) -> bool;

    /// Closes those that are still ours.
    fn close_canary(&self, canary: &Canary);

    /// Starts a thread on which no signal of the host's is handled.
    fn spawn(
        &self,
        name: &str,
        stack_bytes: usize,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<JoinHandle<()>>;

    /// Writes a line to standard error at once, whatever becomes of it.
    fn write_line(&self, line: &str);

    /// Ends a child of this process, which nothing of its parent's may go on in.
    fn exit_child(&self) -> !;

    /// How many descriptors this process may have, if the system says.
    fn descriptor_limit(&self) -> Option<u64>;

    /// Does this process run with more rights than the user who set its environment?
    fn is_privileged(&self) -> bool;
}

/// Unused descriptors with what identifies them, as numbers can be closed and given anew.
#[derive(Debug, Clone, Copy)]
pub struct Canary {
    /// Their numbers, a low one and a high one.
    pub descriptors: [i32; 2],
    /// The device and the inode behind both.
    pub identity: (u64, u64),
}

static SYSTEM: OnceBox<Box<dyn System>> = OnceBox::new();

/// Hands the system down. The first one stays.
pub fn install(system: impl System + 'static) {
    SYSTEM.get_or_init(|| Box::new(Box::new(system)));
}

/// The system as it was handed down, or else what safe code alone can do.
pub fn system() -> &'static dyn System {
    SYSTEM.get_or_init(|| Box::new(Box::new(Portable))).as_ref()
}

/// For Rust programs that never enter the C ABI.
struct Portable;

impl System for Portable {
    fn fork_mark(&self) -> u64 {
        u64::from(std::process::id())
    }

    fn open_canary(&self) -> io::Result<Canary> {
        Ok(Canary {
            descriptors: [-1; 2],
            identity: (0, 0),
        })
    }

    fn is_alive(&self, _canary: &Canary) -> bool {
        true
    }

    fn close_canary(&self, _canary: &Canary) {}

    fn spawn(
        &self,
        name: &str,
        stack_bytes: usize,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<JoinHandle<()>> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        builder.stack_size(stack_bytes).spawn(body)
    }

    fn write_line(&self, line: &str) {
        // One call, so that lines of several threads stay whole.
        let _nobody_to_tell = io::stderr().write_all(line.as_bytes());
    }

    fn exit_child(&self) -> ! {
        std::process::exit(0)
    }

    fn descriptor_limit(&self) -> Option<u64> {
        None
    }

    fn is_privileged(&self) -> bool {
        false
    }
}
