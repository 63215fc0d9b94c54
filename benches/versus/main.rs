//! libimagekit against what its users would otherwise write: programs in C over libcurl and cJSON or a bare
//! socket, and the official SDKs, all asking the same nginx on this machine.
//!
//! `cargo bench` measures everything, `cargo bench -- --help` says what else there is. Both sides of a pair
//! run in processes of their own, take turns of some tens of milliseconds, A B A B, and time themselves:
//! a machine that is slower for a while is slower for both. The ratio of a row is the median over its pairs.

mod compare; // pairs of workers in turns, and what comes of them
mod machine; // what is measured on, and with what
mod options; // what the command line asks for
mod programs; // the library as it is shipped, and the C programs
mod report; // tables
mod rows; // what is compared with what, and the goals
mod server; // nginx, and whom it is trusted by
mod worker; // one measured process

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(options) = options::read(env::args().skip(1))? else {
        println!("{}", options::HELP);
        return Ok(());
    };
    let folder = work_folder();
    fs::create_dir_all(&folder)?;

    let programs = programs::make(&folder, &options)?;
    let servers = server::Servers::start(&folder)?;
    let rows: Vec<_> = rows::all(&programs, &servers, &options)
        .into_iter()
        .filter(|row| options.asks_for(&row.name))
        .collect();

    let mut measured = Vec::new();
    for row in rows {
        let result = compare::run(&row, &options)?;
        println!("{}", report::line(&row, &result));
        measured.push((row, result));
    }
    println!("\n{}", report::tables(&measured));
    Ok(())
}

/// Everything that is made for a run, under `target/`.
fn work_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("versus")
}
