//! What an installation holds besides the library: one version everywhere, and CMake's files. `.ci/packages`
//! installs for real.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use crate::support::{in_parallel, leave_out, library_dir, scratch_dir, static_library};

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_version_is_the_same_wherever_it_stands() {
    let abi = abi();
    let places = [
        (
            "include/cmake/imagekit-config-version.cmake",
            format!("set(PACKAGE_VERSION {VERSION})"),
        ),
        (
            "include/cmake/imagekit-config.cmake",
            format!("IMPORTED_SONAME libimagekit.so.{abi})"),
        ),
        (
            "include/imagekit.hpp",
            format!("inline namespace v{} {{", abi.replace('.', "_")),
        ),
        ("Cargo.toml", format!("name = \"libimagekit{abi}\"")),
        (
            "Cargo.toml",
            format!("depends = \"libimagekit{abi} (= {VERSION}-1)\""),
        ),
        (
            ".ci/debian/shlibs",
            format!("libimagekit {abi} libimagekit{abi} (>= {VERSION})\n"),
        ),
        (
            ".ci/debian/changelog",
            format!("libimagekit ({VERSION}-1) "),
        ),
        (
            "tests/abi/functions.abi",
            format!("soname=\"libimagekit.so.{abi}\""),
        ),
    ];
    for (file, text) in &places {
        assert!(read(file).contains(text), "{file} does not say: {text}");
    }
}

/// Scripts, glue of other languages and documents name the shared library as the loader knows it.
#[test]
fn the_name_of_the_shared_library_is_the_same_wherever_it_stands() {
    let name = format!("libimagekit.so.{}", abi());
    let mut named = 0;
    let mut left: Vec<_> = [".ci", "README.md", "examples", "include", "tests"]
        .map(|place| root().join(place))
        .into();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).expect("a folder");
            left.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = fs::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&text);
        for (at, _) in text.match_indices("libimagekit.so.") {
            let begin: String = text[at..].chars().take(name.len() + 1).collect();
            // One that is put together, as by format!("...{minor}"), is right by itself.
            let is_numbered =
                begin.chars().nth(15).is_some_and(|c| c.is_ascii_digit()) && !begin.contains('{');
            let is_ours =
                begin.starts_with(&name) && !begin.ends_with(|c: char| c.is_ascii_digit());
            assert!(is_ours || !is_numbered, "{}: {begin}", path.display());
            named += usize::from(is_numbered);
        }
    }
    assert!(named > 4, "{named} places name it");
}

#[test]
fn the_static_library_needs_the_same_libraries_of_the_system_wherever_it_is_told() {
    let cmake = read("include/cmake/imagekit-config.cmake");
    let needed = cmake
        .lines()
        .filter_map(|line| line.trim().strip_prefix("set(_imagekit_system "))
        .find(|libraries| libraries.starts_with("gcc_s"))
        .expect("those of Linux");
    let flags: Vec<_> = needed
        .trim_end_matches(')')
        .split(' ')
        .map(|library| format!("-l{library}"))
        .collect();
    for file in ["include/imagekit.h", "README.md"] {
        let text = read(file).replace("\n * ", " ");
        assert!(text.contains(&flags.join(" ")), "{file}: {flags:?}");
    }
}

#[test]
fn cmake_finds_both_libraries_wherever_the_tree_stands() {
    if !is_there("cmake") {
        leave_out("find_package(imagekit)", "cmake is not there");
        return;
    }
    let triplet = format!("lib/{}-linux-gnu", env::consts::ARCH);
    let folders = ["lib", "lib64", triplet.as_str()];
    let trees = folders.map(|folder| (folder, scratch_dir().join(folder.replace('/', "-"))));
    for (folder, tree) in &trees {
        install(&tree.join("prefix"), folder);
        fs::write(tree.join("CMakeLists.txt"), PROJECT).expect("a project");
        fs::write(tree.join("tell.c"), PROGRAM).expect("a program");
    }
    in_parallel(&trees, |(_, tree)| {
        let prefix = format!("-DCMAKE_PREFIX_PATH={}", tree.join("prefix").display());
        let build = tree.join("build");
        let (source, build) = (tree.as_os_str(), build.as_os_str());
        let configured = ["-S".as_ref(), source, "-B".as_ref(), build, prefix.as_ref()];
        expect_ok(Command::new("cmake").args(configured));
        expect_ok(Command::new("cmake").arg("--build").arg(build));
        for program in ["shared", "static"] {
            let told = expect_ok(&mut Command::new(Path::new(build).join(program)));
            assert_eq!(String::from_utf8_lossy(&told.stdout), VERSION, "{program}");
        }
    });
}

#[test]
fn cmake_takes_the_library_for_no_other_version() {
    if !is_there("cmake") {
        leave_out("find_package(imagekit) with versions", "cmake is not there");
        return;
    }
    const WANTED: &[(&str, &str)] = &[
        ("", "TRUE"),
        ("0.1", "TRUE"),
        ("0.1.0", "TRUE"),
        ("0.1.1", "FALSE"),
        ("0.0.9", "FALSE"),
        ("0.10", "FALSE"),
        ("0.2", "FALSE"),
        ("0", "FALSE"),
        ("1", "FALSE"),
        ("1.1", "FALSE"),
    ];
    for (wanted, taken) in WANTED {
        let script = scratch_dir().join("wanted.cmake");
        let file = root().join("include/cmake/imagekit-config-version.cmake");
        let asked = format!(
            "set(PACKAGE_FIND_VERSION \"{wanted}\")\ninclude(\"{}\")\nmessage(\"${{PACKAGE_VERSION_COMPATIBLE}}\")\n",
            file.display()
        );
        fs::write(&script, asked).expect("a script");
        let told = expect_ok(Command::new("cmake").arg("-P").arg(&script));
        assert_eq!(
            String::from_utf8_lossy(&told.stderr).trim(),
            *taken,
            "{wanted}"
        );
    }
}

const PROJECT: &str = "\
cmake_minimum_required(VERSION 3.16)
project(tell LANGUAGES C)
find_package(imagekit 0.1 REQUIRED CONFIG)
add_executable(shared tell.c)
target_link_libraries(shared PRIVATE imagekit::imagekit)
add_executable(static tell.c)
target_link_libraries(static PRIVATE imagekit::static)
";

const PROGRAM: &str = "\
#include <imagekit.h>
#include <stdio.h>

int main(void)
{
    fputs(ik_version(), stdout);
    return 0;
}
";

/// As `cargo cinstall` does it.
fn install(prefix: &Path, folder: &str) {
    let cmake = root().join("include/cmake");
    let header = root().join("include/imagekit.h");
    let name = format!("libimagekit.so.{}", abi());
    let files = [
        (library_dir().join(&name), format!("{folder}/{name}")),
        (
            library_dir().join(&name),
            format!("{folder}/libimagekit.so"),
        ),
        (static_library(), format!("{folder}/libimagekit.a")),
        (header, "include/imagekit.h".to_owned()),
        (
            cmake.join("imagekit-config.cmake"),
            "share/cmake/imagekit/imagekit-config.cmake".to_owned(),
        ),
        (
            cmake.join("imagekit-config-version.cmake"),
            "share/cmake/imagekit/imagekit-config-version.cmake".to_owned(),
        ),
    ];
    for (from, to) in files {
        let to = prefix.join(to);
        fs::create_dir_all(to.parent().unwrap_or(prefix)).expect("a folder");
        let linked = fs::hard_link(&from, &to);
        linked
            .or_else(|_| fs::copy(&from, &to).map(drop))
            .unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
}

/// What stands in the SONAME: before 1.0 the minor version belongs to it.
fn abi() -> &'static str {
    let parts = if VERSION.starts_with("0.") { 2 } else { 1 };
    let end = VERSION.match_indices('.').nth(parts - 1);
    &VERSION[..end.expect("a version of three numbers").0]
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn expect_ok(command: &mut Command) -> Output {
    let output = command.output().expect("a program that runs");
    assert!(output.status.success(), "{command:?}: {output:#?}");
    output
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
