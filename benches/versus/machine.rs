//! What is measured on, and with what.

use std::fs;
use std::process::Command;

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

fn last_core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let cores = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap_or("0");
    let last = cores.trim().rsplit([',', '-']).next();
    last.unwrap_or("0").to_owned()
}
