//! The library as it is shipped, and the C programs.

use crate::Failure;
use crate::options::Options;
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Programs {
    folder: PathBuf,
    /// Folders with a libimagekit each: ours, and the one it is compared with.
    pub ours: PathBuf,
    pub against: Option<PathBuf>,
}

/// What a program is linked with.
const LINKED_WITH: [(&str, &[&str]); 5] = [
    ("ours", &["-limagekit"]),
    ("curl_easy", &["-lcurl", "-lcjson"]),
    ("curl_multi", &["-lcurl", "-lcjson"]),
    ("raw_socket", &[]),
    ("starts", &[]),
];

pub fn make(folder: &Path, options: &Options) -> Result<Programs, Failure> {
    let library = match &options.library {
        Some(library) => library.clone(),
        None => build_library(folder)?,
    };
    let against = options.against.as_deref();
    let programs = Programs {
        folder: folder.join("programs"),
        ours: kept(&library, &folder.join("library"))?,
        against: against
            .map(|library| kept(library, &folder.join("against")))
            .transpose()?,
    };
    fs::create_dir_all(&programs.folder)?;
    for (name, linked_with) in LINKED_WITH {
        if let Err(failure) = compile(&programs, name, linked_with) {
            println!("left out: {name}, which does not compile: {failure}");
            if linked_with.contains(&"-lcurl") {
                println!("    It needs: apt-get install libcurl4-openssl-dev libcjson-dev");
            }
            let _ = fs::remove_file(programs.path(name));
        }
    }
    Ok(programs)
}

impl Programs {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// `cargo bench` has the dependencies with the features that the tests want of them. What is measured is what
/// the command in the README makes, in a folder of its own.
fn build_library(folder: &Path) -> Result<PathBuf, Failure> {
    let target = folder.join("build");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "rustc",
            "--release",
            "--lib",
            "--crate-type",
            "cdylib",
            "--manifest-path",
        ])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    match built.success() {
        true => Ok(target.join("release/libimagekit.so")),
        false => Err("the library was not built".into()),
    }
}

/// A copy, so that no build replaces what is being measured.
fn kept(library: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let copy = folder.join("libimagekit.so");
    fs::copy(library, copy).map_err(|error| format!("{}: {error}", library.display()))?;
    symlink("libimagekit.so", folder.join("libimagekit.so.0.1"))?;
    Ok(folder.to_owned())
}

fn compile(programs: &Programs, name: &str, linked_with: &[&str]) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()))
        .args([
            "-std=c11",
            "-D_GNU_SOURCE",
            "-O2",
            "-Wall",
            "-Wextra",
            "-pthread",
            "-o",
        ])
        .arg(programs.path(name))
        .arg(root.join("benches/c").join(name).with_extension("c"))
        .arg("-I")
        .arg(root.join("include"))
        .arg("-L")
        .arg(&programs.ours)
        .args(linked_with)
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(first_error(&String::from_utf8_lossy(&output.stderr)).into()),
    }
}

fn first_error(said: &str) -> &str {
    let error = said.lines().find(|line| line.contains("error"));
    error
        .or(said.lines().next())
        .unwrap_or("the compiler failed")
}
