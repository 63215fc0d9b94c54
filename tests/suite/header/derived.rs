//! The second header, for parsers without a preprocessor: PHP's `FFI::cdef`, LuaJIT's `ffi.cdef`. It is
//! made from the first one, has all of its declarations, and means the same to a C compiler.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{expect_committed, generate, root};
use crate::support::{leave_out, library, scratch_dir};

/// What PHP's `FFI::load` and `ffi.preload` read in the first lines; all others skip these.
const OVERVIEW: &str = r#"#define FFI_SCOPE "imagekit"
#define FFI_LIB "@SONAME@"

/*
 * imagekit.h for parsers without a preprocessor: its declarations alone. PHP reads this file as it
 * is, with FFI::cdef(), FFI::load() and ffi.preload. LuaJIT's ffi.cdef() wants it without the lines
 * that begin with a #. What the functions do is told in imagekit.h, which C and C++ include.
 */
"#;

#[test]
fn the_committed_derived_header_is_the_one_that_the_header_makes() {
    expect_committed(&derived_path(), &derive(&generate()));
}

#[test]
fn the_derived_header_has_what_parsers_without_a_preprocessor_take() {
    let derived = derived_text();
    let (first, rest) = derived.split_at(derived.find("\n\n").expect("two parts"));
    let first: Vec<_> = first.lines().collect();
    let name = format!("#define FFI_LIB \"{}\"", soname());
    assert_eq!(first, ["#define FFI_SCOPE \"imagekit\"", &*name]);

    let (_, declarations) = rest.split_once("*/").expect("an overview");
    for refused in [
        "#", "\"", "//", "/**", "__", "inline", "[[", "IK_API", "IK_CALL", "defined",
    ] {
        assert!(!declarations.contains(refused), "{refused}");
    }
    assert!(declarations.ends_with(";\n"), "an end that PHP takes");
}

/// Alone it declares every function and constant that was ever released; and after the header it says
/// nothing else, for a compiler refuses a function or type that is declared in two ways. Constants
/// cannot be declared twice, so the second ones get names of their own.
#[test]
fn the_derived_header_means_the_same_to_a_c_compiler() {
    let names = released();
    let with = |pattern: fn(&str) -> String| -> String {
        let lines = names.constants.iter().map(|name| pattern(name) + "\n");
        lines.collect()
    };
    let rename = with(|name| format!("#define {name} derived_{name}"));
    let forget = with(|name| format!("#undef {name}"));
    let compare =
        with(|name| format!("_Static_assert((int)derived_{name} == {name}, \"{name}\");"));
    let enums =
        "#define ik_status_code derived_status_code\n#define ik_log_level derived_log_level\n";
    let both = format!(
        "#include <imagekit.h>\n{rename}{enums}#include <imagekit_ffi.h>\n{forget}{compare}"
    );
    expect_compiled("both", &both);

    let take = names.functions.iter().map(|name| format!("(any){name},\n"));
    let alone = format!(
        "#include <stdint.h>\n#include <imagekit_ffi.h>\ntypedef void (*any)(void);\n\
         any functions[] = {{\n{}}};\nint constants[] = {{\n{}}};\n",
        take.collect::<String>(),
        with(|name| format!("{name},")),
    );
    expect_compiled("alone", &alone);
}

#[test]
fn luajit_takes_the_derived_header_without_its_directives() {
    let script = r#"
        local ffi = require 'ffi'
        local header = assert(io.open(arg[1])):read('*a')
        ffi.cdef((header:gsub('#[^\n]*', '')))
        local ik = ffi.load(arg[2])
        io.write(ffi.string(ik.ik_version()), ' ', tonumber(ffi.C.IK_STATUS_NOT_FOUND))
        local client, answer = ffi.new('ik_client *[1]'), ffi.new('char *[1]')
        io.write(' ', ik.ik_client_new(nil, client, answer))
        ik.ik_string_free(answer[0])
    "#;
    let source = scratch_dir().join("derived.lua");
    fs::write(&source, script).expect("a script");
    let mut luajit = Command::new("luajit");
    luajit.arg(source).arg(derived_path()).arg(library());
    let Ok(output) = luajit.env_remove("IMAGEKIT_PRIVATE_KEY").output() else {
        return leave_out("the derived header for LuaJIT", "luajit is not there");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // There is no key, so there is no client.
    let expected = concat!(env!("CARGO_PKG_VERSION"), " 13 1");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

struct Released {
    functions: Vec<&'static str>,
    constants: Vec<&'static str>,
}

fn released() -> Released {
    let lines = include_str!("../../abi.txt").lines();
    let words = lines.filter_map(|line| line.split_once(' '));
    let (mut functions, mut constants) = (Vec::new(), Vec::new());
    for (kind, rest) in words {
        match (kind, rest.split_once(" = ")) {
            ("function", None) => functions.push(rest),
            ("status" | "level", Some((name, _))) => constants.push(name),
            _ => assert_eq!(kind, "#", "{kind} {rest}"),
        }
    }
    assert!(functions.len() > 40 && constants.len() > 25);
    Released {
        functions,
        constants,
    }
}

fn expect_compiled(name: &str, text: &str) {
    let source = scratch_dir().join(format!("derived-{name}.c"));
    fs::write(&source, text).expect("a source");
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-Wno-cast-function-type", "-fsyntax-only"])
        .arg(concat!("-I", env!("CARGO_MANIFEST_DIR"), "/include"))
        .arg(&source)
        .output()
        .expect("a C compiler");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}:\n{said}");
}

/// The declarations that stand between the braces of `extern "C"`, without directives, comments and
/// macros.
fn derive(header: &str) -> String {
    let (_, rest) = header.split_once("extern \"C\" {\n#endif\n").expect("C");
    let (body, _) = rest.split_once("#ifdef __cplusplus\n}").expect("its end");
    let mut derived = OVERVIEW.replace("@SONAME@", &soname());
    let (mut is_comment, mut shift) = (false, 0);
    for line in body.lines() {
        is_comment |= line.trim_start().starts_with("/**");
        let is_second_blank = line.is_empty() && derived.ends_with("\n\n");
        if !is_comment && !line.starts_with('#') && !is_second_blank {
            derived += &without_macros(line, &mut shift);
            derived += "\n";
        }
        is_comment &= !line.ends_with("*/");
    }
    format!("{}\n", derived.trim_end())
}

/// Further lines of a declaration stand under its first, from which so much was taken.
fn without_macros(line: &str, shift: &mut usize) -> String {
    let plain = line.replace("IK_API ", "").replace("IK_CALL ", "");
    if !line.starts_with(' ') {
        *shift = line.len() - plain.len();
        return plain;
    }
    let shifted = plain.strip_prefix(&" ".repeat(*shift));
    shifted.map_or(plain.clone(), str::to_owned)
}

/// The name that the loader knows the library by: `build.rs` gives it the same.
fn soname() -> String {
    let (major, minor) = (
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
    );
    match major {
        "0" => format!("libimagekit.so.0.{minor}"),
        _ => format!("libimagekit.so.{major}"),
    }
}

fn derived_text() -> String {
    fs::read_to_string(derived_path()).expect("the derived header")
}

fn derived_path() -> PathBuf {
    root().join("include/imagekit_ffi.h")
}
