//! A language's programs, made once and run in an environment that says nothing else.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::{env, fs};

use imagekit_emulator::Emulator;

use crate::languages::{Language, Need};
use crate::running::run;
use crate::workshop::Workshop;

pub struct Kit {
    pub language: &'static Language,
    workshop: Arc<Workshop>,
    missing: OnceLock<Option<&'static Need>>,
    /// How each program is run. Two tests that want the same one wait for the first to make it.
    made: Mutex<HashMap<PathBuf, Command>>,
}

impl Kit {
    pub fn new(language: &'static Language, workshop: Arc<Workshop>) -> Kit {
        Kit {
            language,
            workshop,
            missing: OnceLock::new(),
            made: Mutex::default(),
        }
    }

    /// What this machine lacks for the language.
    pub fn missing(&self) -> Option<&'static Need> {
        *self.missing.get_or_init(|| self.language.missing())
    }

    /// A run of the language's example.
    pub fn example(&self, emulator: &Emulator) -> Command {
        self.program(&self.language.example(), emulator)
    }

    /// A run of a program in the language's folder here: `name`, or `name_calls` where the language
    /// has something of that name itself, with whatever extension.
    pub fn own_program(&self, name: &str, emulator: &Emulator) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/languages");
        let entries = fs::read_dir(folder.join(self.language.name)).expect("a folder");
        let mut paths = entries.map(|entry| entry.expect("an entry").path());
        let names = [name.to_owned(), format!("{name}_calls")];
        let is_meant = |path: &PathBuf| {
            let stem = path.file_stem().and_then(OsStr::to_str);
            let stem = stem.map(str::to_ascii_lowercase);
            path.is_file() && stem.is_some_and(|stem| names.contains(&stem))
        };
        let source = paths.find(is_meant);
        let source = source.unwrap_or_else(|| panic!("{} has no {name}", self.language.name));
        self.program(&source, emulator)
    }

    fn program(&self, source: &Path, emulator: &Emulator) -> Command {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = made.entry(source.to_owned()).or_insert_with(|| {
            let recipe = self.language.recipe(&self.workshop, source);
            let recipe = recipe.expect("a folder for the program");
            for step in recipe.build {
                run(step).expect_code(0);
            }
            recipe.run
        });
        let mut command = again(plain);
        command.env("IMAGEKIT_PRIVATE_KEY", emulator.private_key());
        command.env("IMAGE_KIT_BASE_URL", emulator.base_url());
        command
    }
}

/// The same command once more, without what the library would read.
fn again(plain: &Command) -> Command {
    let mut command = Command::new(plain.get_program());
    without_wishes(&mut command);
    command.args(plain.get_args());
    if let Some(folder) = plain.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// Nothing in the environment of whoever runs the tests says anything to the library, or to curl.
pub fn without_wishes(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        let begins = ["IMAGEKIT_", "IMAGE_KIT_", "SSL_CERT_"];
        if begins.iter().any(|begin| upper.starts_with(begin)) || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
}
