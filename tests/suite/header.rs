//! The header: generated from the sources, complete, readable by C programmers, and clean under every
//! standard and compiler that is at hand.

mod derived; // the same declarations for parsers without a preprocessor

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::support::{leave_out, scratch_dir};

const UPDATE: &str = "IK_UPDATE_HEADER=1 cargo test header::";

/// The sections in the order of a tour, and the sources that each is made from.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "Version and status",
        &["src/ffi/status.rs", "src/primitives/status.rs"],
    ),
    ("Strings", &["src/ffi/string.rs"]),
    ("Settings", &["src/ffi/config.rs"]),
    ("Logging", &["src/client/log.rs", "src/ffi/log.rs"]),
    ("Clients", &["src/ffi/client.rs"]),
    ("Operations", &["src/ffi/operations.rs"]),
    ("Calls: described", &["src/ffi/describe.rs"]),
    ("Calls: sent", &["src/ffi/call.rs"]),
    ("Queues", &["src/ffi/queue.rs"]),
    ("Many files", &["src/ffi/many.rs"]),
    ("Shutdown", &["src/ffi/shutdown.rs"]),
    ("JSON", &["src/ffi/json.rs"]),
];

/// Empty but on Windows.
const CONVENTIONS: &str = "\
/* How Windows finds the functions, and how they and callbacks are called whatever the compiler's
   default is. Define IK_STATIC where the static library is linked there. */
#if defined(_WIN32)
#define IK_CALL __cdecl
#else
#define IK_CALL
#endif
#if defined(_WIN32) && !defined(IK_STATIC)
#define IK_API __declspec(dllimport)
#else
#define IK_API
#endif
";

#[test]
fn the_committed_header_is_the_one_that_the_sources_make() {
    expect_committed(&header_path(), &generate());
}

/// Or has it committed, where that is asked for: in one step, as other tests read it meanwhile.
fn expect_committed(path: &Path, made: &str) {
    if env::var_os("IK_UPDATE_HEADER").is_some() {
        let new = path.with_extension("new");
        fs::write(&new, made).expect("the header can be written");
        fs::rename(&new, path).expect("the header can be replaced");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    let name = path.display();
    assert!(
        committed == made,
        "{name} is not up to date: run `{UPDATE}`"
    );
}

#[test]
fn the_header_speaks_to_c_programmers() {
    let header = fs::read_to_string(header_path()).expect("the header");
    let words = header
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase);
    let foreign = [
        "panic", "box", "trait", "crate", "borrow", "unwrap", "mutex", "tokio", "serde", "rust",
        "vec", "arc",
    ];
    let found = words
        .filter(|word| foreign.contains(&word.as_str()))
        .collect::<Vec<_>>();
    assert!(found.is_empty(), "words of Rust in the header: {found:?}");
}

#[test]
fn every_function_says_what_its_callers_must_know() {
    let header = fs::read_to_string(header_path()).expect("the header");
    let mut functions = 0;
    for declaration in header.split("/**").skip(1) {
        let Some((comment, code)) = declaration.split_once("*/") else {
            continue;
        };
        let Some((code, _)) = code.trim().split_once(';') else {
            continue;
        };
        let Some(arguments) = code.split_once('(') else {
            continue;
        };
        functions += 1;
        let name = arguments.0.rsplit([' ', '*']).next().unwrap_or_default();
        assert!(
            comment.contains("Threads: ") && comment.contains("Since "),
            "{name}: threads and since"
        );
        for argument in arguments
            .1
            .trim_end_matches(')')
            .split(',')
            .filter(|text| *text != "void")
        {
            let argument = argument.rsplit([' ', '*']).next().unwrap_or_default();
            assert!(
                comment.contains(&format!("@param {argument} ")),
                "{name}: @param {argument}"
            );
        }
        let answers = code.starts_with("IK_API ik_status ");
        assert_eq!(
            answers,
            comment.contains("@retval IK_STATUS_OK "),
            "{name}: @retval"
        );
    }
    assert!(functions >= 16, "{functions} functions are in the header");
}

#[test]
fn every_function_and_callback_says_how_windows_finds_and_calls_it() {
    let header = header_text();
    let code = header
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    let mut marked = 0;
    for line in code.filter(|line| line.contains('(')) {
        let is_marked = match line.starts_with("typedef") {
            true => line.contains("(IK_CALL *ik_"),
            false => line.starts_with("IK_API ") && line.contains("IK_CALL ik_"),
        };
        assert!(is_marked, "{line}");
        marked += 1;
    }
    assert!(marked >= 49, "{marked} functions and callbacks");
}

#[test]
fn the_header_compiles_without_a_warning() {
    let folder = scratch_dir().join("header");
    fs::create_dir_all(&folder).expect("a folder");
    let twice = "#include <imagekit.h>\n#include <imagekit.h>\nik_status status_of_nothing(void);\n\
                 ik_status status_of_nothing(void) { return IK_STATUS_OK; }\n";
    let sources = [
        ("c", folder.join("twice.c")),
        ("c++", folder.join("twice.cpp")),
    ];
    for (_, source) in &sources {
        fs::write(source, twice).expect("a source");
    }
    let example = folder.join("example.c");
    fs::write(&example, example_of(&header_text())).expect("the example");

    let is_there = |compiler: &str| Command::new(compiler).arg("--version").output().is_ok();
    for (c, cxx) in [("gcc", "g++"), ("clang", "clang++")] {
        if !is_there(c) || !is_there(cxx) {
            leave_out(
                "the header for a compiler",
                &format!("{c} or {cxx} is not there"),
            );
            continue;
        }
        for standard in ["-std=c99", "-std=c11", newest_c(c)] {
            compiles(c, standard, &sources[0].1);
            compiles(c, standard, &example);
        }
        compiles(cxx, "-std=c++17", &sources[1].1);
    }
}

/// C23 has two names, depending on the age of the compiler.
fn newest_c(compiler: &str) -> &'static str {
    let knows = Command::new(compiler)
        .args(["-std=c23", "-E", "-x", "c", "/dev/null"])
        .output();
    match knows.is_ok_and(|output| output.status.success()) {
        true => "-std=c23",
        false => "-std=c2x",
    }
}

fn compiles(compiler: &str, standard: &str, source: &Path) {
    let output = Command::new(compiler)
        .args([
            standard,
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-fsyntax-only",
        ])
        .arg(format!(
            "-I{}",
            header_path().parent().unwrap_or(Path::new("")).display()
        ))
        .arg(source)
        .output()
        .expect("the compiler runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{compiler} {standard} {}:\n{said}",
        source.display()
    );
}

/// The program in the overview, as a user would copy it.
fn example_of(header: &str) -> String {
    let (_, rest) = header.split_once("@code{.c}\n").expect("an example");
    let (code, _) = rest.split_once(" * @endcode").expect("its end");
    let lines = code
        .lines()
        .map(|line| line.strip_prefix(" * ").unwrap_or(""));
    // Line comments are newer than some standards that are tried here.
    lines
        .map(|line| format!("{}\n", line.split(" //").next().unwrap_or(line)))
        .collect()
}

fn header_text() -> String {
    fs::read_to_string(header_path()).expect("the header")
}

fn header_path() -> PathBuf {
    root().join("include/imagekit.h")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Puts the header together, section by section.
fn generate() -> String {
    let mut config =
        cbindgen::Config::from_file(root().join("cbindgen.toml")).expect("cbindgen.toml");
    let overview = config.header.take().expect("an overview");
    let mut header = format!("{}\n\n", overview.trim());
    header += "#ifndef IMAGEKIT_H\n#define IMAGEKIT_H\n\n#include <stdint.h>\n\n";
    header += &format!("{CONVENTIONS}\n");
    header += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    for (title, sources) in SECTIONS {
        header += &format!("/* {title} {} */\n\n", "-".repeat(90 - title.len()));
        for source in *sources {
            header += &format!("{}\n\n", section(&config, source).trim());
        }
    }
    header + "#ifdef __cplusplus\n}\n#endif\n\n#endif /* IMAGEKIT_H */\n"
}

fn section(config: &cbindgen::Config, source: &str) -> String {
    let bindings = cbindgen::Builder::new()
        .with_config(config.clone())
        .with_src(root().join(source))
        .generate()
        .expect("the source is understood");
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).expect("UTF-8");
    with_conventions(&plain_enums(&text))
}

/// `IK_API` before each function, `IK_CALL` before its name and in the type of each callback.
fn with_conventions(text: &str) -> String {
    let mut marked = String::new();
    let mut added = 0; // characters, by which what is aligned below moves
    for line in text.lines() {
        let is_aligned = added > 0 && line.starts_with(' ') && !line.starts_with(" *");
        let new = if is_aligned {
            format!("{:added$}{line}", "")
        } else if let Some((before, after)) = line.split_once("(*ik_") {
            format!("{before}(IK_CALL *ik_{after}")
        } else if let Some(at) = name_of_a_function(line) {
            format!("IK_API {}IK_CALL {}", &line[..at], &line[at..])
        } else {
            line.to_owned()
        };
        if !is_aligned {
            added = new.len() - line.len();
        }
        marked += &format!("{new}\n");
    }
    marked
}

/// Where it begins, in the first line of a declaration.
fn name_of_a_function(line: &str) -> Option<usize> {
    let is_code =
        line.starts_with(|c: char| c.is_ascii_lowercase()) && !line.starts_with("typedef");
    let (before, _) = line.split_once('(').filter(|_| is_code)?;
    before.rfind([' ', '*']).map(|space| space + 1)
}

/// The constants are `IK_STATUS_…`, and an enum is an enum in every C: its values travel as an
/// `ik_status`, so that neither a fixed size nor a second name for it is needed.
fn plain_enums(text: &str) -> String {
    let mut plain = String::new();
    let mut is_sizing = false;
    for line in text.lines() {
        is_sizing |= line.starts_with("#if __STDC_VERSION__");
        if !is_sizing {
            plain += line;
            plain += "\n";
        }
        is_sizing &= !line.starts_with("#endif");
    }
    plain
        .replace("\n {\n", " {\n")
        .replace("IK_STATUS_CODE_", "IK_STATUS_")
        .replace("ik_status_code\n {", "ik_status_code {")
}
