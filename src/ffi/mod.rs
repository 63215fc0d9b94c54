//! The C ABI: pointers become values on the way in, results become answers on the way out. The only
//! place with `unsafe`. A file here is a section of `include/imagekit.h`, and its comments are the
//! header's: they are written for C.

// The comments are C's: their brackets and addresses are no links of Rust's.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::bare_urls)]
#![allow(non_camel_case_types, clippy::missing_safety_doc)]

pub mod call;
pub mod client;
mod completions;
pub mod config;
pub mod describe;
mod gathered;
mod handle;
pub mod json;
pub mod log;
pub mod many;
mod marks;
pub mod operations;
mod place;
mod process;
pub mod queue;
pub mod shutdown;
mod stage;
pub mod status;
pub mod string;
