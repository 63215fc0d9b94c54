//! libimagekit against what its users would otherwise write: programs in C over libcurl and cJSON or a bare
//! socket, and the official SDKs, all asking the same nginx on this machine.
//!
//! `cargo bench` measures everything, `cargo bench -- --help` says what else there is. Both sides of a pair
//! run in processes of their own, take turns of some tens of milliseconds, A B A B, and time themselves:
//! a machine that is slower for a while is slower for both. The ratio of a row is the median over its pairs.

mod answer; // what the server answers
mod compare; // pairs of workers in turns, and what comes of them
mod goals; // what is wanted of a row
mod machine; // what is measured on, and with what
mod options; // what the command line asks for
mod programs; // the library as it is shipped, and the C programs
mod report; // tables
mod rows; // what is compared with what
mod sdks; // the official SDKs
mod server; // nginx, and whom it is trusted by
mod sizes; // how large the library is
mod worker; // one measured process

use compare::Measured;
use options::Options;
use programs::Programs;
use rows::{Parts, Row};
use sdks::Sdk;
use server::Servers;
use std::env;
use std::fmt::Write as _;
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
    let about = about(&programs, &options);
    println!("{about}\n");

    let (measured, failed) = match Servers::start(&folder) {
        Ok(servers) => measure(&folder, &programs, &servers, &options),
        Err(failure) => {
            println!("left out: everything that asks a server: {failure}");
            (Vec::new(), 0)
        }
    };
    let sizes = match options.asks_for("size") && options.against.is_none() {
        true => sizes::lines(&programs)?,
        false => Vec::new(),
    };
    if measured.is_empty() && sizes.is_empty() {
        return Err("nothing was measured: there is no such row, or see above".into());
    }
    let goals = report::goals(&measured, &sizes);
    println!("\n{goals}");
    if options.write {
        let figures = report::figures(&measured);
        let text = format!("# Results\n\n{about}\n\n## Goals\n\n{goals}\n## Figures\n\n{figures}");
        fs::write(results(), text)?;
    }
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} rows failed, see above").into()),
    }
}

/// Every row that is asked for, and the number of those that failed.
fn measure(
    folder: &Path,
    programs: &Programs,
    servers: &Servers,
    options: &Options,
) -> (Vec<(Row, Measured)>, usize) {
    let wanted = |sdk: &Sdk| options.asks_for(&sdk.row()) && options.against.is_none();
    let installed = |sdk: Sdk| wanted(&sdk).then(|| sdk.install(folder)).flatten();
    let parts = Parts {
        programs,
        servers,
        python: installed(sdks::PYTHON),
        node: installed(sdks::NODE),
    };
    let (mut measured, mut failed) = (Vec::new(), 0);
    for row in rows::all(&parts, options) {
        if !options.asks_for(&row.name) {
            continue;
        }
        match compare::run(&row, options) {
            Ok(result) => {
                println!("{}", report::progress(&row, &result));
                measured.push((row, result));
            }
            Err(failure) => {
                println!("failed: {} ({}): {failure}", row.name, row.placement.name());
                failed += 1;
            }
        }
    }
    (measured, failed)
}

fn about(programs: &Programs, options: &Options) -> String {
    let mut text = machine::description(programs);
    if options.quick {
        text.push_str("\n- the quick run: fewer pairs");
    }
    if let Some(load) = machine::load() {
        let _ = write!(
            text,
            "\n- the machine was busy with something else: load {load}"
        );
    }
    text
}

fn results() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/RESULTS.md")
}

/// Everything that is made for a run, under `target/`.
fn work_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("versus")
}
