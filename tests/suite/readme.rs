//! What the README says is so. Its commands are run by the gate.

use std::fs;
use std::process::Command;

use crate::support::{library_dir, scratch_dir};

#[test]
fn its_program_compiles_and_links_without_a_warning() {
    let (_, rest) = README.split_once("```c\n").expect("a program");
    let (program, _) = rest.split_once("```").expect("its end");
    let source = scratch_dir().join("readme.c");
    fs::write(&source, program).expect("a source");
    let output = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include"))
        .arg(&source)
        .arg(format!("-L{}", library_dir().display()))
        .arg("-limagekit")
        .arg("-o")
        .arg(scratch_dir().join("readme"))
        .output()
        .expect("a C compiler");
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

const README: &str = include_str!("../../README.md");
