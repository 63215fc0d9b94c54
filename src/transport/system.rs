//! What only the operating system can say or do. Where that needs `unsafe`, the C ABI does it and
//! hands it down through this trait, so that everything below stays safe code.

use std::io::{self, Write};
use std::thread::JoinHandle;

use once_cell::race::OnceBox;

use super::platform::Canary;

/// The operating system, as the runtime sees it. What a function does of itself is what safe code can do.
pub trait System: Send + Sync {
    /// A number that differs between a process and each child that it forks.
    fn fork_mark(&self) -> u64 {
        u64::from(std::process::id())
    }

    /// Opens descriptors that nobody uses, to learn from them whether the host closed ours.
    fn open_canary(&self) -> io::Result<Canary> {
        Ok(Canary::default())
    }

    /// Are they still the ones that we opened?
    fn is_alive(&self, _canary: &Canary) -> bool {
        true
    }

    /// Closes those that are still ours.
    fn close_canary(&self, _canary: &Canary) {}

    /// Starts a thread on which no signal of the host's is handled.
    fn spawn(
        &self,
        name: &str,
        stack_bytes: usize,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<JoinHandle<()>> {
        let builder = std::thread::Builder::new().name(name.to_owned());
        builder.stack_size(stack_bytes).spawn(body)
    }

    /// Writes a line to standard error at once, whatever becomes of it.
    fn write_line(&self, line: &str) {
        // One call, so that lines of several threads stay whole.
        let _nobody_to_tell = io::stderr().write_all(line.as_bytes());
    }

    /// Ends a child of this process, which nothing of its parent's may go on in.
    fn exit_child(&self) -> ! {
        std::process::exit(0)
    }

    /// How many descriptors this process may have, if the system says.
    fn descriptor_limit(&self) -> Option<u64> {
        None
    }

    /// Does this process run with more rights than the user who set its environment?
    fn is_privileged(&self) -> bool {
        false
    }
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

impl System for Portable {}
