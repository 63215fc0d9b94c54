//! The main job, end to end: a program gets the versions of a file, in the language of your choice.
//!
//! `cargo run --example quickstart` starts the emulator, compiles `examples/c/get_file_versions.c`
//! against the header and the library just built, runs it, and shows what it got. With
//! `-- --language python` the program in `examples/python` does the same, and so on. With
//! `IMAGEKIT_PRIVATE_KEY` set, `cargo run --example quickstart -- FILE_ID` asks the real API.

mod languages; // which there are: what each needs, how its programs are made and run
mod server; // who answers
mod table; // what is shown of a JSON array
mod workshop; // the library just built, and programs made with it

use std::env;
use std::io::{self, Write};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use serde_json::Value;

use languages::{LANGUAGES, Language};
use server::Server;
use workshop::{Workshop, because};

/// Why there is nothing to show.
enum Trouble {
    Usage,
    /// The language's compiler or runtime: a message that says how to get it.
    Missing(String),
    Failed(String),
}

impl Trouble {
    fn tell(&self) -> ExitCode {
        let (message, code) = match self {
            Trouble::Usage => (usage(), 2),
            Trouble::Missing(message) => (message.clone(), 69), // EX_UNAVAILABLE of sysexits.h
            Trouble::Failed(message) => (message.clone(), 1),
        };
        eprintln!("{message}");
        ExitCode::from(code)
    }
}

impl From<String> for Trouble {
    fn from(message: String) -> Trouble {
        Trouble::Failed(message)
    }
}

fn usage() -> String {
    let names: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
    format!(
        "usage: cargo run --example quickstart [-- [--language NAME] [FILE_ID]]
  NAME is one of {}; without it c
  FILE_ID is needed with IMAGEKIT_PRIVATE_KEY set; without a key the emulator answers",
        names.join(", ")
    )
}

fn main() -> ExitCode {
    run().unwrap_or_else(|trouble| trouble.tell())
}

fn run() -> Result<ExitCode, Trouble> {
    let (language, file_id) = wishes(env::args().skip(1)).ok_or(Trouble::Usage)?;
    if server::has_key() && file_id.is_none() {
        return Err(Trouble::Usage);
    }
    if let Some(need) = language.missing() {
        return Err(Trouble::Missing(need.message()));
    }
    let server = Server::choose(file_id)?;
    let workshop = Workshop::open(&workshop::fresh_library()?)?;
    let mut program = made(language, &workshop)?;
    show(&format!(
        "Asking {} for file {}\n\n",
        server.name(),
        server.file_id
    ))?;

    server.introduce(&mut program);
    let status = match language.prints_json {
        true => show_as_table(&mut program)?,
        false => program
            .status()
            .map_err(because("the program does not start"))?,
    };
    if status.success() {
        show(&format!("\n{}\n", server.what_next()))?;
    }
    Ok(exit_code(status))
}

/// What the command line asks for; none, if it cannot be understood.
fn wishes(
    mut arguments: impl Iterator<Item = String>,
) -> Option<(&'static Language, Option<String>)> {
    let (mut language, mut file_id) = (None, None);
    while let Some(argument) = arguments.next() {
        let is_new = match argument.as_str() {
            "--language" => language.replace(named(&arguments.next()?)?).is_none(),
            option if option.starts_with('-') => return None,
            _ => file_id.replace(argument).is_none(),
        };
        is_new.then_some(())?;
    }
    Some((language.or(LANGUAGES.first())?, file_id))
}

fn named(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

/// The language's example, ready to run.
fn made(language: &Language, workshop: &Workshop) -> Result<Command, String> {
    let source = language.example();
    let recipe = language.recipe(workshop, &source)?;
    for mut step in recipe.build {
        let begin = step.get_program().to_string_lossy().into_owned();
        let status = step
            .status()
            .map_err(because(&format!("{begin} does not start")))?;
        if !status.success() {
            return Err(format!("{begin} refused {}: {status}", source.display()));
        }
    }
    Ok(recipe.run)
}

/// What the program says on standard error is shown as it comes, its array once more as a table.
fn show_as_table(program: &mut Command) -> Result<ExitStatus, String> {
    let answer = program
        .stderr(Stdio::inherit())
        .output()
        .map_err(because("the program does not start"))?;
    show_bytes(&answer.stdout)?;
    if answer.status.success() {
        let versions: Vec<Value> = serde_json::from_slice(&answer.stdout)
            .map_err(because("the answer is no JSON array"))?;
        show(&format!("\n{}", table::table(&versions)))?;
    }
    Ok(answer.status)
}

fn show(text: &str) -> Result<(), String> {
    show_bytes(text.as_bytes())
}

fn show_bytes(bytes: &[u8]) -> Result<(), String> {
    let shown = io::stdout().write_all(bytes);
    shown.map_err(because("cannot show the answer"))
}

/// The program's own; a program that a signal ended has failed.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
