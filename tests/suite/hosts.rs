//! What a host process does to the library without meaning harm: it forks, has signals, closes
//! descriptors, has small stacks or none to spare, unloads us, ends in the middle of a call.

mod descriptors; // the host closes those of the library
mod exceptions; // code that leaves frames in its own way
mod exits; // processes and threads that end while calls wait
mod forks; // fork() and its relatives
mod panics; // defects of the library stay in it
mod roots; // which certificates a system has, or has not
mod runtimes; // hosts that are asynchronous programs themselves
mod scarcity; // no descriptors, no threads, no memory, no system calls
mod scenarios; // the list of all that a host may do, and which test keeps it
mod signals; // the host's signals are the host's
mod stacks; // threads with little room
mod surroundings; // environment, folder, locale, allocator, time
mod unloading; // the library comes and goes

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use imagekit_emulator::{Emulator, Options};

use crate::script::Server;
use crate::support::{Run, c_program, scratch_dir};

/// valgrind takes what ring's assembly for AES-GCM computes for undefined, as it does with that of OpenSSL,
/// and with it all that comes out of a connection: over TLS it is asked for bad accesses and leaks alone.
const OVER_TLS: &str = "--undef-value-errors=no";

pub fn emulator(tls: bool) -> Emulator {
    let options = Options {
        tls,
        ..Options::default()
    };
    Emulator::start(options).expect("an emulator")
}

/// A run of one part of a C program, which is told of this emulator and of a file in it.
pub fn against(emulator: &Emulator, program: &str, part: &str) -> Run {
    let ids = emulator.file_ids();
    let run = to_url(&emulator.base_url(), program, part)
        .arg("--key")
        .arg(emulator.private_key())
        .arg("--id")
        .arg(&ids[0]);
    match emulator.ca_pem() {
        Some(pem) => {
            let file = new_path("ca.pem");
            fs::write(&file, pem).expect("a file for the certificate");
            run.env("VALGRIND_OPTS", OVER_TLS)
                .arg("--ca-file")
                .arg(file)
        }
        None => run,
    }
}

/// The same for a server that knows no files and no keys; where a key follows, the last one counts.
fn to_url(base_url: &str, program: &str, part: &str) -> Run {
    let run = c_program(program).command().arg(part);
    run.arg("--base-url").arg(base_url)
}

fn to_server(server: &Server, program: &str, part: &str) -> Run {
    let run = to_url(&server.url(), program, part);
    run.arg("--key").arg("private_host")
}

/// What a program ends with that cannot run on this machine; it says why.
pub const CANNOT_RUN: i32 = 77;

/// A path that nobody else uses.
pub fn new_path(name: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    scratch_dir().join(format!("{number}-{name}"))
}

/// A file that may be trusted, for an emulator that speaks TLS.
fn ca_file(emulator: &Emulator) -> PathBuf {
    let file = new_path("ca.pem");
    fs::write(&file, emulator.ca_pem().expect("a certificate")).expect("a file");
    file
}
