//! The emulator as its callers see it: over sockets.

mod answers;
mod faults;
mod files;
mod streams;
mod support;
mod uploads;
mod versions;
