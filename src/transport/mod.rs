//! Bytes on wires: the I/O thread, TLS, the pool of connections. Has never heard of a file version.

pub mod body;
pub mod callbacks;
pub mod dns;
pub mod failure;
pub mod generation;
pub mod http;
pub mod lineage;
pub mod lookups;
pub mod platform;
pub mod roots;
pub mod runtime;
pub mod shutdown;
pub mod system;
pub mod threads;
mod verdict;
pub mod watch;
