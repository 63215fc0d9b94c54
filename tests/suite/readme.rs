//! What the README says is so. Its commands are run by the gate.

use std::fs;
use std::process::Command;

use crate::support::{
    has_cpp_compiler, leave_out, library_dir, scratch_dir, tests_of_this_program,
};

#[test]
fn its_program_compiles_and_links_without_a_warning() {
    expect_silence("c", "cc", "-std=c99");
}

#[test]
fn its_program_in_cpp_compiles_and_links_without_a_warning() {
    match has_cpp_compiler() {
        true => expect_silence("cpp", "c++", "-std=c++17"),
        false => leave_out("the README's program in C++", "no C++ compiler is there"),
    }
}

/// What a compiler says to the first program that is marked so.
fn expect_silence(language: &str, compiler: &str, standard: &str) {
    let (_, rest) = README
        .split_once(&format!("```{language}\n"))
        .expect("a program");
    let (program, _) = rest.split_once("```").expect("its end");
    let source = scratch_dir().join(format!("readme.{language}"));
    fs::write(&source, program).expect("a source");
    let output = Command::new(compiler)
        .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include"))
        .arg(&source)
        .arg(format!("-L{}", library_dir().display()))
        .arg("-limagekit")
        .arg("-o")
        .arg(scratch_dir().join(format!("readme-{language}")))
        .output()
        .expect("a compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[test]
fn its_tables_name_every_function_and_every_status() {
    for line in include_str!("../abi.txt").lines() {
        if let Some(function) = line.strip_prefix("function ") {
            assert!(README.contains(&format!("`{function}`")), "{function}");
        }
        if let Some((name, number)) = line
            .strip_prefix("status IK_STATUS_")
            .and_then(|constant| constant.split_once(" = "))
        {
            let row = format!("| {number} | `{}` |", name.to_lowercase());
            assert!(README.contains(&row), "{row}");
        }
    }
}

/// The last column of both tables names tests, modules of tests, or a function with its file.
#[test]
fn every_promise_names_tests_that_are_there() {
    let tests = tests_of_this_program(&[]);
    let mut promises = 0;
    for section in ["## Reliability\n", "## Security\n"] {
        let (_, rest) = README.split_once(section).expect(section);
        let (section, _) = rest.split_once("\n## ").expect("a section after it");
        for row in section.lines().filter(|line| line.ends_with("` |")) {
            let column = row.trim_end_matches(" |").rsplit("| ").next();
            let column = column.expect("a last column");
            for name in column.split('`').skip(1).step_by(2) {
                let is_file = name.starts_with("tests/");
                let is_there = is_file || name == "expect_no_key" || is_test(&tests, name);
                assert!(is_there, "no test {name}, of: {row}");
            }
            promises += 1;
        }
    }
    assert!(promises > 20, "{promises} promises were found");
}

/// A test, or a module of some.
fn is_test(tests: &[String], name: &str) -> bool {
    let module = format!("{name}::");
    let mut tests = tests.iter();
    tests.any(|test| test == name || test.starts_with(&module))
}

const README: &str = include_str!("../../README.md");
