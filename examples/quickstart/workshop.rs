//! Where programs are made with the library that was just built, and find it when they run.

use std::env::{self, consts};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io};

/// A folder of our own, removed at the end, with the library under the names that linkers look for.
pub struct Workshop {
    folder: PathBuf,
    made: AtomicU32,
}

impl Workshop {
    pub fn open(library: &Path) -> Result<Workshop, String> {
        let folder = library.with_file_name(format!("quickstart-{}", process::id()));
        fs::create_dir(&folder).map_err(because(&folder.to_string_lossy()))?;
        let made = AtomicU32::new(0);
        let workshop = Workshop { folder, made };
        for name in library_names() {
            link(library, &workshop.folder.join(&name)).map_err(because(&name))?;
        }
        Ok(workshop)
    }

    /// The library's folder, for a linker's `-L`.
    pub fn library_folder(&self) -> &Path {
        &self.folder
    }

    /// An empty folder for what is made of one program.
    pub fn bench(&self) -> Result<PathBuf, String> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let bench = self.folder.join(format!("program-{number}"));
        fs::create_dir(&bench).map_err(because(&bench.to_string_lossy()))?;
        Ok(bench)
    }

    /// A program that takes the library from here, whatever else is installed: the system's loader
    /// finds it first, and `IMAGEKIT_LIBRARY` names it, unless that is set already.
    pub fn program(&self, name: impl AsRef<OsStr>) -> Command {
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
        let mut program = Command::new(name);
        program.env(variable, path);
        if env::var_os("IMAGEKIT_LIBRARY").is_none() {
            let [_, versioned] = library_names();
            program.env("IMAGEKIT_LIBRARY", self.folder.join(versioned));
        }
        program
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
pub fn fresh_library() -> Result<PathBuf, String> {
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

/// What was attempted, before what happened.
pub fn because<E: std::fmt::Display>(attempted: &str) -> impl FnOnce(E) -> String + use<'_, E> {
    move |error| format!("{attempted}: {error}")
}
