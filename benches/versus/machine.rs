//! What is measured on, and with what.

use crate::programs::Programs;
use crate::sdks::{self, output};
use crate::server;
use std::fs;
use std::process::Command;
use std::thread;

/// The start of a command that ends with this process, however that ends.
pub fn dies_with_us() -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    command
}

/// What comes before a command to keep it on the one core of all that is pinned: the last, as the first one
/// often serves the interrupts.
pub fn pinned_by() -> [String; 3] {
    ["taskset".to_owned(), "-c".to_owned(), last_core()]
}

/// How busy this machine was in the last minute, where that is enough to spoil what is measured.
pub fn load() -> Option<f64> {
    let load = fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = load.split(' ').next()?.parse().ok()?;
    (load > 0.5).then_some(load)
}

/// Date, machine and versions, a line for each.
pub fn description(programs: &Programs) -> String {
    let say = |program: &str, arguments: &[&str]| {
        let said = output(Command::new(program).args(arguments));
        said.unwrap_or_else(|_| format!("{program} is missing"))
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let curl = programs.path("curl_easy");
    let curl = output(Command::new(curl).arg("versions"));
    [
        format!("- {}, {} UTC", commit(), say("date", &["-u", "+%F %H:%M"])),
        format!(
            "- {}, {cores} cores, Linux {}",
            processor(),
            say("uname", &["-r"])
        ),
        format!(
            "- {}, {}",
            say("rustc", &["--version"]),
            say("cc", &["-dumpfullversion"])
                .split_whitespace()
                .next()
                .map_or_else(String::new, |version| format!("cc {version} -O2"))
        ),
        format!(
            "- {}",
            server::version().unwrap_or_else(|_| "no nginx".to_owned())
        ),
        format!("- {}", curl.unwrap_or_else(|_| "no libcurl".to_owned())),
        format!(
            "- {}, {} {}",
            say("python3", &["--version"]),
            sdks::PYTHON.package,
            sdks::PYTHON.version
        ),
        format!(
            "- Node {}, {} {}",
            say("node", &["--version"]),
            sdks::NODE.package,
            sdks::NODE.version
        ),
    ]
    .join("\n")
}

fn commit() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let root = env!("CARGO_MANIFEST_DIR");
    let commit = output(Command::new("git").args(["-C", root, "rev-parse", "--short", "HEAD"]));
    match commit {
        Ok(commit) => format!("libimagekit {version}, commit {commit}"),
        Err(_) => format!("libimagekit {version}"),
    }
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or(": unknown processor");
    name.trim_start_matches([' ', '\t', ':']).to_owned()
}

fn last_core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let cores = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap_or("0");
    let last = cores.trim().rsplit([',', '-']).next();
    last.unwrap_or("0").to_owned()
}
