//! Values without I/O, clock or globals, which every room above may use.

pub mod error;
pub mod grammar;
pub mod json;
pub mod lock;
pub mod path;
pub mod pointer;
pub mod secret;
pub mod status;
