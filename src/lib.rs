//! ImageKit's media API for every program that can call C.
//!
//! C and everything that calls C goes through [`ffi`], whose functions are those of
//! `include/imagekit.h`. Rust programs use the safe core that stands under it:
//!
//! ```no_run
//! use imagekit::{Client, Config, operation};
//!
//! let client = Client::new(&Config::default())?; // the key from IMAGEKIT_PRIVATE_KEY
//! let versions = client.perform(operation::get_file_versions("5f43ec1eb8dcb76a6b1b9c5a")?)?;
//! println!("{}", String::from_utf8_lossy(&versions));
//! # Ok::<(), imagekit::Error>(())
//! ```
//!
//! Imports run one way: `ffi` → `client` → `transport` → `primitives`.

#![deny(unsafe_code, missing_docs, clippy::undocumented_unsafe_blocks)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

// Handles hold an index, a count of reuses and a type in 47 bits.
#[cfg(not(target_pointer_width = "64"))]
compile_error!("libimagekit needs 64-bit pointers: its handles do not fit into fewer bits");

#[allow(unsafe_code)]
pub mod ffi;

mod client;
mod primitives;
mod transport;

pub use client::Client;
pub use client::answering::Answering;
pub use client::config::Config;
pub use client::description::Description;
pub use client::duplicates::Ids;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use client::fuzzing;
pub use client::log::Level;
pub use client::operation::{self, Operation};
pub use client::shutdown::shutdown;
pub use primitives::error::{Error, ErrorAnswer};
pub use primitives::path::Path;
pub use primitives::status::Status;
