//! The main job, end to end: a C program gets the versions of a file.
//!
//! `cargo run --example quickstart` starts the emulator, compiles `examples/c/get_file_versions.c`
//! against the header and the library just built, runs it, and shows what it got. With
//! `IMAGEKIT_PRIVATE_KEY` set, `cargo run --example quickstart -- FILE_ID` asks the real API.

use std::env::{self, consts};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, Output, Stdio};

use imagekit_emulator::{Emulator, Options};
use serde_json::Value;

const USAGE: &str = "usage: cargo run --example quickstart [-- FILE_ID]
  FILE_ID is needed with IMAGEKIT_PRIVATE_KEY set; without a key the emulator answers";

const NO_COMPILER: &str = "A C compiler is needed. Install one, or name yours in CC:
  Debian, Ubuntu   apt-get install gcc libc6-dev
  Fedora           dnf install gcc
  Alpine           apk add gcc musl-dev
  macOS            xcode-select --install";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let server = Server::choose(env::args().skip(1).collect())?;
    let workshop = Workshop::open()?;
    let mut program = workshop.c_program("get_file_versions")?;
    println!("Asking {} for file {}\n", server.name(), server.file_id);

    let answer = server.ask(&mut program)?;
    io::stdout()
        .write_all(&answer.stdout)
        .map_err(because("cannot show the answer"))?;
    if !answer.status.success() {
        return Ok(exit_code(&answer));
    }
    let versions: Vec<Value> =
        serde_json::from_slice(&answer.stdout).map_err(because("the answer is no JSON array"))?;
    println!("\n{}\n{}", table(&versions), server.what_next());
    Ok(ExitCode::SUCCESS)
}

// --- Who answers -------------------------------------------------------------------------------

/// Who answers, and about which file. Without an emulator, key and address are in the environment.
struct Server {
    emulator: Option<Emulator>,
    file_id: String,
}

impl Server {
    fn choose(mut arguments: Vec<String>) -> Result<Server, String> {
        let file_id = arguments.pop();
        if !arguments.is_empty() || file_id.as_ref().is_some_and(|id| id.starts_with('-')) {
            return Err(USAGE.to_owned());
        }
        if is_set("IMAGEKIT_PRIVATE_KEY") {
            let file_id = file_id.ok_or(USAGE)?;
            let emulator = None;
            return Ok(Server { emulator, file_id });
        }
        let emulator =
            Emulator::start(Options::default()).map_err(because("the emulator does not start"))?;
        let file_id = file_id
            .or_else(|| emulator.file_ids().into_iter().next())
            .ok_or("the emulator holds no file")?;
        let emulator = Some(emulator);
        Ok(Server { emulator, file_id })
    }

    fn name(&self) -> String {
        match &self.emulator {
            Some(emulator) => format!("the emulator at {}", emulator.base_url()),
            None if is_set("IMAGE_KIT_BASE_URL") => "the server in IMAGE_KIT_BASE_URL".to_owned(),
            None => "https://api.imagekit.io".to_owned(),
        }
    }

    /// Runs the program; what it says on standard error is shown as it comes.
    fn ask(&self, program: &mut Command) -> Result<Output, String> {
        if let Some(emulator) = &self.emulator {
            program
                .env("IMAGEKIT_PRIVATE_KEY", emulator.private_key())
                .env("IMAGE_KIT_BASE_URL", emulator.base_url());
        }
        program
            .arg(&self.file_id)
            .stderr(Stdio::inherit())
            .output()
            .map_err(because("the program does not start"))
    }

    fn what_next(&self) -> String {
        let (id, path) = (&self.file_id, "v1/files");
        let Some(emulator) = &self.emulator else {
            return format!(
                "The same with curl:\n  \
                 curl -u \"$IMAGEKIT_PRIVATE_KEY:\" \
                 \"${{IMAGE_KIT_BASE_URL:-https://api.imagekit.io}}/{path}/{id}/versions\""
            );
        };
        let key = emulator.private_key();
        format!(
            "The emulator stops with this program. To go on, keep one:\n  \
             cargo run -p imagekit-emulator -- --port 8080\n  \
             curl -u {key}: http://127.0.0.1:8080/{path}/{id}/versions\n\n\
             private key  {key}\nfile id      {id}"
        )
    }
}

// --- What asks ---------------------------------------------------------------------------------

/// A folder of our own, removed at the end, with the library under the names that linkers look for.
struct Workshop {
    folder: PathBuf,
}

impl Workshop {
    fn open() -> Result<Workshop, String> {
        let library = fresh_library()?;
        let folder = library.with_file_name(format!("quickstart-{}", process::id()));
        fs::create_dir(&folder).map_err(because(&folder.to_string_lossy()))?;
        let workshop = Workshop { folder };
        for name in library_names() {
            link(&library, &workshop.folder.join(&name)).map_err(because(&name))?;
        }
        Ok(workshop)
    }

    /// Compiles `examples/c/NAME.c`, as a user would.
    fn c_program(&self, name: &str) -> Result<Command, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = self.folder.join(name);
        let status = c_compiler()
            .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .arg("-I")
            .arg(root.join("include"))
            .arg(root.join("examples/c").join(name).with_extension("c"))
            .arg("-L")
            .arg(&self.folder)
            .args(["-limagekit", "-o"])
            .arg(&program)
            .status();
        match status {
            Ok(status) if status.success() => Ok(self.with_library_path(&program)),
            Ok(status) => Err(format!("the C compiler refused {name}.c: {status}")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NO_COMPILER.to_owned()),
            Err(error) => Err(format!("the C compiler does not start: {error}")),
        }
    }

    /// A program that takes the library from here, whatever else is installed.
    fn with_library_path(&self, program: &Path) -> Command {
        let variable = if cfg!(target_vendor = "apple") {
            "DYLD_LIBRARY_PATH"
        } else {
            "LD_LIBRARY_PATH"
        };
        let mut path = OsString::from(&self.folder);
        if let Some(others) = env::var_os(variable) {
            path.push(":");
            path.push(others);
        }
        let mut command = Command::new(program);
        command.env(variable, path);
        command
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("{} was left behind: {error}", self.folder.display());
        }
    }
}

/// The library that was built with this program. Cargo refreshes the copy in `deps`, and not
/// always the one above it.
fn fresh_library() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(because("where is this program?"))?;
    let name = format!("{}imagekit{}", consts::DLL_PREFIX, consts::DLL_SUFFIX);
    program
        .ancestors()
        .nth(2)
        .map(|profile| profile.join("deps").join(name))
        .filter(|library| library.is_file())
        .ok_or_else(|| format!("no library in the deps folder beside {}", program.display()))
}

/// What a linker looks for, and what a program looks for when it starts.
fn library_names() -> [String; 2] {
    let abi = concat!(
        env!("CARGO_PKG_VERSION_MAJOR"),
        ".",
        env!("CARGO_PKG_VERSION_MINOR")
    );
    let versioned = if cfg!(target_vendor = "apple") {
        format!("libimagekit.{abi}.dylib")
    } else {
        format!("libimagekit.so.{abi}")
    };
    [format!("libimagekit{}", consts::DLL_SUFFIX), versioned]
}

#[cfg(unix)]
fn link(library: &Path, name: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(library, name)
}

#[cfg(not(unix))]
fn link(library: &Path, name: &Path) -> io::Result<()> {
    fs::copy(library, name).map(drop)
}

/// `CC` may hold arguments too, as in `ccache gcc`.
fn c_compiler() -> Command {
    let named = env::var("CC").unwrap_or_default();
    let mut words = named.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words);
    command
}

// --- What is shown -----------------------------------------------------------------------------

struct Column {
    title: &'static str,
    is_number: bool,
    cell: fn(&Value) -> String,
}

#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    Column { title: "name",       is_number: false, cell: |version| text(&version["name"]) },
    Column { title: "version id", is_number: false, cell: |version| text(&version["versionInfo"]["id"]) },
    Column { title: "version",    is_number: false, cell: |version| text(&version["versionInfo"]["name"]) },
    Column { title: "bytes",      is_number: true,  cell: |version| text(&version["size"]) },
    Column { title: "dimensions", is_number: true,  cell: dimensions },
    Column { title: "updated at", is_number: false, cell: |version| text(&version["updatedAt"]) },
];

fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn dimensions(version: &Value) -> String {
    match (&version["width"], &version["height"]) {
        (Value::Number(width), Value::Number(height)) => format!("{width} x {height}"),
        _ => "-".to_owned(),
    }
}

fn table(versions: &[Value]) -> String {
    let rows = versions.iter().map(|version| {
        let cells = COLUMNS.iter().map(|column| (column.cell)(version));
        cells.collect()
    });
    let titles = COLUMNS
        .iter()
        .map(|column| column.title.to_owned())
        .collect();
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    lines
        .iter()
        .map(|line| aligned(line, &widths(&lines)) + "\n")
        .collect()
}

fn widths(lines: &[Vec<String>]) -> Vec<usize> {
    let width = |index| {
        let cells = lines
            .iter()
            .filter_map(|line: &Vec<String>| line.get(index));
        cells
            .map(|cell: &String| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    (0..COLUMNS.len()).map(width).collect()
}

fn aligned(line: &[String], widths: &[usize]) -> String {
    let cells = line
        .iter()
        .zip(widths)
        .zip(COLUMNS)
        .map(|((cell, &width), column)| {
            if column.is_number {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
    cells
        .collect::<Vec<String>>()
        .join("  ")
        .trim_end()
        .to_owned()
}

// --- Small things ------------------------------------------------------------------------------

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// What was attempted, before what happened.
fn because<E: std::fmt::Display>(attempted: &str) -> impl FnOnce(E) -> String + use<'_, E> {
    move |error| format!("{attempted}: {error}")
}

/// The program's own; a program that a signal ended has failed.
fn exit_code(answer: &Output) -> ExitCode {
    let code = answer
        .status
        .code()
        .and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
