//! What the README promises under Security, each with a test: where requests go, what is in them, and
//! who sees the key. That no program of the suite prints a key, `support.rs` checks on each of them; TLS
//! is with the fault matrix.

mod elsewhere; // no request goes to another host than the base URL's
mod heads; // nothing that is passed in becomes a line of its own
mod key; // in memory, in what is shown for debugging, in the logs of our dependencies
