//! The header in the compilers and dialects that are at hand, without a warning.

use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs};

use crate::hosts::{emulator, new_path};
use crate::support::{has_cpp_compiler, in_parallel, leave_out, library_dir, scratch_dir};

const WARNINGS: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wold-style-cast",
    "-Werror",
];

/// Sources that use all of it, or that our users see, and the dialects they are tried in.
#[rustfmt::skip]
const SOURCES: &[(&str, &[&str])] = &[
    ("tests/cpp/ways.cpp",                 &["-std=c++17"]),
    ("tests/cpp/ways.cpp",                 &["-std=c++2b"]),
    ("tests/cpp/coroutines.cpp",           &["-std=c++20"]),
    ("tests/cpp/macros.cpp",               &["-std=c++17"]),
    ("tests/cpp/no_exceptions.cpp",        &["-std=c++20", "-fno-exceptions"]),
    ("examples/cpp/get_file_versions.cpp", &["-std=c++17"]),
    ("examples/cpp/versions_async.cpp",    &["-std=c++17"]),
    ("examples/cpp/versions_async.cpp",    &["-std=c++20"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    fs::read_to_string(root().join("include/imagekit.hpp")).expect("the header")
}

fn compiler(name: &str, options: &[&str]) -> Command {
    let mut compiler = Command::new(name);
    compiler.args(["-D_GNU_SOURCE", "-pthread"]).args(options);
    compiler.arg("-I").arg(root().join("include"));
    compiler.arg("-I").arg(root().join("tests/c"));
    compiler
}

fn usual_compiler() -> String {
    env::var("CXX").unwrap_or_else(|_| "c++".to_owned())
}

fn run(mut compiler: Command) -> Output {
    let output = compiler.output();
    output.unwrap_or_else(|error| panic!("{compiler:?} does not start: {error}"))
}

fn expect_silence(compiler: Command) {
    let line = format!("{compiler:?}");
    let output = run(compiler);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{line}\n{said}");
}

/// Can the usual compiler make a program with these options?
pub fn links(options: &[&str]) -> bool {
    let source = new_path("links.cpp");
    fs::write(&source, "int main() {}\n").expect("a source");
    let mut compiler = compiler(&usual_compiler(), options);
    compiler.arg(source).arg("-o").arg(new_path("links"));
    compiler.output().is_ok_and(|made| made.status.success())
}

/// Does the usual compiler find this header with these options?
pub fn takes(options: &[&str], header: &str) -> bool {
    let source = new_path("asks.cpp");
    fs::write(&source, format!("#include <{header}>\n")).expect("a source");
    let mut compiler = compiler(&usual_compiler(), options);
    compiler.arg("-fsyntax-only").arg(source);
    compiler.output().is_ok_and(|asked| asked.status.success())
}

#[test]
fn every_compiler_takes_it_in_every_standard_without_a_warning() {
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let (there, missing): (Vec<_>, Vec<_>) = ["g++", "clang++"].into_iter().partition(is_there);
    for name in missing {
        leave_out(
            "the C++ header for a compiler",
            &format!("{name} is not there"),
        );
    }
    let rows = there
        .iter()
        .flat_map(|name| SOURCES.iter().map(move |source| (name, source)));
    in_parallel(&rows.collect::<Vec<_>>(), |(name, (source, options))| {
        let mut compiler = compiler(name, WARNINGS);
        compiler
            .args(*options)
            .arg("-fsyntax-only")
            .arg(root().join(source));
        expect_silence(compiler);
    });
}

/// Some warnings come from what an optimiser sees.
#[test]
fn optimised_sources_of_several_dialects_are_one_program_without_a_warning() {
    if !has_cpp_compiler() {
        return leave_out("a program of several dialects", "no C++ compiler is there");
    }
    let folder = new_path("dialects");
    fs::create_dir_all(&folder).expect("a folder");
    let sources: &[(&str, &[&str])] = &[
        ("plain", &["-std=c++17", "-DNAME=plain"]),
        ("newer", &["-std=c++20", "-DNAME=newer"]),
        (
            "without",
            &["-std=c++17", "-fno-exceptions", "-DNAME=without_exceptions"],
        ),
        ("main", &["-std=c++17"]),
    ];
    let object = |name: &str| folder.join(name).with_extension("o");
    in_parallel(sources, |(name, options)| {
        let mut compiler = compiler(&usual_compiler(), WARNINGS);
        compiler.arg("-O2").args(*options).arg("-c").arg("-o");
        compiler.arg(object(name));
        compiler.arg(root().join("tests/cpp/unit.cpp"));
        expect_silence(compiler);
    });
    let program = folder.join("program");
    let mut linker = compiler(&usual_compiler(), &[]);
    linker.args(sources.iter().map(|(name, _)| object(name)));
    linker.arg("-L").arg(library_dir()).arg("-limagekit");
    linker.arg(format!("-Wl,-rpath,{}", library_dir().display()));
    linker.arg("-o").arg(&program);
    expect_silence(linker);
    let ended = Command::new(program)
        .env_clear()
        .env("IMAGEKIT_PRIVATE_KEY", "private_host")
        .status();
    assert!(ended.expect("a program").success());
}

#[test]
fn the_example_with_futures_and_a_coroutine_counts_the_versions_of_all_files() {
    if !has_cpp_compiler() || !takes(&["-std=c++20"], "coroutine") {
        return leave_out("an example with a coroutine", "no C++20 compiler is there");
    }
    let program = new_path("versions_async");
    let mut made = compiler(&usual_compiler(), &["-std=c++20"]);
    made.arg(root().join("examples/cpp/versions_async.cpp"));
    made.arg("-L").arg(library_dir()).arg("-limagekit");
    made.arg(format!("-Wl,-rpath,{}", library_dir().display()));
    made.arg("-o").arg(&program);
    expect_silence(made);

    let emulator = emulator(false);
    let ids = emulator.file_ids();
    let count = |id: &String| {
        let versions = emulator.versions(id).expect("a file");
        versions.as_array().expect("an array").len()
    };
    let each = ids.iter().map(|id| format!("{id}: {}\n", count(id)));
    let sum: usize = ids.iter().map(count).sum();
    let expected = each.collect::<String>() + &format!("together: {sum}\n");
    let ended = |ids: &[String]| {
        let mut command = Command::new(&program);
        command
            .env_clear()
            .env("IMAGE_KIT_BASE_URL", emulator.base_url());
        command.env("IMAGEKIT_PRIVATE_KEY", emulator.private_key());
        command.args(ids);
        run(command)
    };
    let seen = ended(&ids);
    assert_eq!(String::from_utf8_lossy(&seen.stdout), expected);
    assert_eq!((seen.status.code(), seen.stderr.len()), (Some(0), 0));
    assert_eq!(ended(&["none".to_owned()]).status.code(), Some(1));
    assert_eq!(ended(&[]).status.code(), Some(2));
}

#[test]
fn a_header_of_another_release_of_c_is_refused() {
    if !has_cpp_compiler() {
        return leave_out("headers of two releases", "no C++ compiler is there");
    }
    let c_header = fs::read_to_string(root().join("include/imagekit.h")).expect("the header of C");
    for (number, other) in [("MAJOR 0", "MAJOR 1"), ("MINOR 1", "MINOR 2")] {
        let folder = new_path("another-release");
        fs::create_dir_all(&folder).expect("a folder");
        let edited = c_header.replace(
            &format!("#define IK_VERSION_{number}\n"),
            &format!("#define IK_VERSION_{other}\n"),
        );
        assert_ne!(edited, c_header);
        fs::write(folder.join("imagekit.h"), edited).expect("a header");
        let copy = folder.join("imagekit.hpp");
        fs::write(&copy, header()).expect("a header");
        let mut compiler = Command::new(usual_compiler());
        compiler
            .args(["-std=c++17", "-fsyntax-only", "-x", "c++"])
            .arg(copy);
        let output = run(compiler);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains("take both from one release"),
            "{said}"
        );
    }
}

#[test]
fn it_reaches_every_function_and_names_every_status_and_level_of_c() {
    let header = header();
    let mut found = 0;
    for line in include_str!("../../abi.txt").lines() {
        let Some((kind, rest)) = line.split_once(' ') else {
            continue;
        };
        let (constant, name) = match kind {
            "function" => {
                let mut ways = ["(", ",", ">", ");"].into_iter(); // called, or given to what calls it
                assert!(
                    ways.any(|end| header.contains(&format!("{rest}{end}"))),
                    "{rest}"
                );
                found += 1;
                continue;
            }
            "status" => (rest, "IK_STATUS_"),
            "level" => (rest, "IK_LOG_LEVEL_"),
            _ => continue,
        };
        let (constant, _) = constant.split_once(" = ").expect("a number");
        let name = constant.strip_prefix(name).expect(name).to_lowercase();
        let row = format!("\n    {name} = {constant},\n");
        assert!(header.contains(&row), "{row}");
        found += 1;
    }
    assert!(found > 70, "{found} functions and constants");
}

#[test]
fn the_programs_in_its_comments_compile() {
    if !has_cpp_compiler() {
        return leave_out("the programs in the C++ header", "no C++ compiler is there");
    }
    let header = header();
    let programs = header.split("@code{.cpp}\n").skip(1);
    let programs: Vec<String> = programs.map(program_of).collect();
    assert_eq!(programs.len(), 3);
    for (number, program) in programs.iter().enumerate() {
        if program.contains("nlohmann") && !takes(&[], "nlohmann/json.hpp") {
            leave_out("a program in the C++ header", "no nlohmann/json.hpp");
            continue;
        }
        let source = scratch_dir().join(format!("commented-{number}.cpp"));
        fs::write(&source, program).expect("a source");
        let mut compiler = compiler(&usual_compiler(), WARNINGS);
        compiler
            .args(["-std=c++17", "-Wno-unused", "-fsyntax-only"])
            .arg(source);
        expect_silence(compiler);
    }
}

/// The code of a comment. What is no program is put into a function.
fn program_of(rest: &str) -> String {
    let (code, _) = rest.split_once(" * @endcode").expect("its end");
    let lines = code
        .lines()
        .map(|line| line.strip_prefix(" * ").unwrap_or(""));
    let code = lines.collect::<Vec<_>>().join("\n");
    if code.contains("int main(") {
        return code;
    }
    let json = match code.contains("nlohmann") {
        true => "#include <nlohmann/json.hpp>\n",
        false => "",
    };
    format!(
        "#include <imagekit.hpp>\n#include <iostream>\n{json}\
         void program(const imagekit::client &client, const std::string &file_id, std::string from, std::string to);\n\
         void program(const imagekit::client &client, const std::string &file_id, std::string from, std::string to)\n\
         {{\n    static_cast<void>(from + to);\n{code}\n}}\n"
    )
}
