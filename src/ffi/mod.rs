//! The C ABI: pointers become values on the way in, results become answers on the way out. The only
//! place with `unsafe`. A file here is a section of `include/imagekit.h`, and its comments are the
//! header's: they are written for C.

#![allow(non_camel_case_types, clippy::missing_safety_doc)]

pub mod client;
pub mod config;
mod handle;
pub mod operations;
mod process;
pub mod status;
pub mod string;
