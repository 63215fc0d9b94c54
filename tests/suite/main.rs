//! One test program for the whole library, seen as its users see it: every case runs in a C
//! program of its own that is linked against the built `libimagekit.so`.
//!
//! A new module gets a line here that says what belongs in it.

mod calls; // runs of the general C program `calls.c`, read back
mod lateness; // upper bounds of time, on a machine that may be busy
mod open; // a server that counts how many requests are open at once
mod script; // a server that says exactly what a case tells it to
mod steps; // runs of `steps.c`, which takes steps with one call
mod support; // the library's folder, C programs, their runs, tables of cases

mod abi; // the shared library as the linker and the loader see it
mod arguments; // what becomes of each argument, option and variable before anything is sent
mod background; // calls that run by themselves: callbacks, cancels, forks
mod cplusplus; // the C++ header, in every dialect that it promises
mod deadlines; // how long a call may take
mod described; // calls that are described first: setters, states, handles
mod errors; // failures of every kind, and the document that tells of them
mod examples; // the programs in `examples/c`, compiled and run as their users do
mod faults; // the fault matrix: what a network or a server does
mod handles; // any number in, a status out; what is freed stays freed
mod header; // the committed header: up to date, complete, readable, clean
mod hosts; // what a host process does: fork, signals, descriptors, stacks, exit
mod json; // values out of documents
mod layering; // which room may use which
mod leftovers; // nothing is lost after a shutdown, and every round of use leaves as much as the last
mod logging; // what is told, to whom, and that no secret is
mod many; // many files in one call
mod metadata; // what a call tells besides its answer
mod names; // resolvers that hang
mod operations; // the other operations, and requests of the caller's own
mod pacing; // the client's own limit of requests in a second
mod packages; // what an installation holds: one version everywhere, CMake's files
mod pauses; // what a 429 asks for, and whom it makes wait
mod proxies; // which proxy is taken
mod queue; // queues of finished calls, and their descriptors
mod readme; // what the README says is so
mod request; // what goes out on the wire
mod retries; // what is repeated, how often and after how long
mod rust; // the same operations for Rust programs
mod secrets; // the key shows nowhere, however a server echoes it
mod security; // where requests go, what is in them, and who sees the key
mod shutdown; // the barrier, of the process and of one client
mod threads; // many threads on one client, waiting and cancelled ones
mod tls; // whose certificates are trusted
mod torture; // every call to the system fails once
