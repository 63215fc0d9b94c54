//! A local ImageKit: a real HTTP server with a small media library, for examples and tests.
//!
//! ```
//! use imagekit_emulator::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! println!("{} {}", emulator.base_url(), emulator.private_key());
//! # Ok::<(), std::io::Error>(())
//! ```

mod api_error;
mod auth;
mod compression;
mod document;
mod fixtures;
mod gate;
mod library;
mod listener;
mod rate_limit;
mod routes;
mod server;
mod state;
mod timestamp;
mod tls;

use std::time::Duration;

pub use server::Emulator;

/// How an emulator behaves. The default listens without TLS on a free port and never limits.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Speak TLS, HTTP/2 or HTTP/1.1, with a certificate made at start.
    pub tls: bool,
    /// The key that callers must send.
    pub private_key: String,
    /// How many requests any `interval` may hold. None: a million a second.
    pub requests_per_interval: Option<u32>,
    /// The span over which requests are counted, where they are limited.
    pub interval: Duration,
    /// Waited before each answer.
    pub delay: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            tls: false,
            private_key: "private_emulator_key".to_owned(),
            requests_per_interval: None,
            interval: Duration::from_secs(1),
            delay: Duration::ZERO,
        }
    }
}
