//! The system calls that need `unsafe`, handed down to the runtime as a [`System`].
//!
//! [`System`]: crate::transport::system::System

#[cfg(unix)]
mod forks;
#[cfg(unix)]
mod signal;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod standard_error;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use signal::Signal;
#[cfg(unix)]
pub use unix::{install, undisturbed};

#[cfg(not(unix))]
mod windows;
#[cfg(not(unix))]
pub use windows::{Signal, install, undisturbed};
