//! The shared library as the linker and the loader see it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::support::library;

/// Every symbol that was ever released. Lines are only added.
const RELEASED: &str = include_str!("../abi.txt");

#[test]
fn the_library_exports_its_own_functions_and_nothing_else() {
    let listed = tool("nm", &["-D", "--defined-only", "--format=posix"]);
    let exported: BTreeSet<_> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let released: BTreeSet<_> = RELEASED
        .lines()
        .filter_map(|line| line.strip_prefix("function "))
        .collect();
    assert_eq!(exported, released, "tests/abi.txt lists what is exported");
}

#[test]
fn the_header_declares_every_exported_function() {
    let header = header();
    for line in RELEASED.lines() {
        if let Some(function) = line.strip_prefix("function ") {
            assert!(header.contains(&format!("{function}(")), "{function}");
        }
    }
}

#[test]
fn no_number_has_changed_its_meaning() {
    let header = header();
    for (kind, prefix) in [("status", "IK_STATUS_"), ("level", "IK_LOG_LEVEL_")] {
        let declared: BTreeSet<_> = header
            .lines()
            .map(|line| line.trim().trim_end_matches(','))
            .filter(|line| line.starts_with(prefix) && line.contains(" = "))
            .map(|line| format!("{kind} {line}"))
            .collect();
        let released: BTreeSet<_> = RELEASED
            .lines()
            .filter(|line| line.starts_with(&format!("{kind} ")))
            .map(str::to_owned)
            .collect();
        assert_eq!(declared, released, "tests/abi.txt lists the constants");
    }
}

#[test]
fn the_library_has_its_name_stays_mapped_and_needs_only_the_c_library() {
    let dynamic = tool("readelf", &["-d", "--wide"]);
    let version = env!("CARGO_PKG_VERSION");
    let (abi, _) = version
        .rsplit_once('.')
        .expect("a version of three numbers");
    assert!(
        dynamic.contains(&format!("Library soname: [libimagekit.so.{abi}]")),
        "{dynamic}"
    );
    assert!(dynamic.contains("NODELETE"), "{dynamic}");

    let family = [
        "libc.",
        "libm.",
        "libdl.",
        "libpthread.",
        "librt.",
        "libgcc_s.",
        "ld-linux",
    ];
    for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
        let (_, library) = line.split_once('[').expect("a name");
        assert!(
            family.iter().any(|one| library.starts_with(one)),
            "it needs {library}"
        );
    }
}

/// The thread-local data of a library that is linked in comes out of the stack of every thread.
#[test]
fn the_library_takes_little_of_each_threads_stack() {
    const MOST_BYTES: u64 = 1024;
    let segments = tool("readelf", &["-l", "--wide"]);
    let locals = segments
        .lines()
        .find(|line| line.trim().starts_with("TLS "));
    let locals = locals.expect("a segment of thread-local data");
    let size = locals.split_whitespace().nth(5).expect("its size");
    let bytes = u64::from_str_radix(size.trim_start_matches("0x"), 16).expect("a number");
    assert!(
        bytes <= MOST_BYTES,
        "{bytes} bytes for each thread: {locals}"
    );
}

fn header() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/include/imagekit.h"))
        .expect("the header")
}

/// What a tool of the C toolchain says of the library.
fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .env("LC_ALL", "C")
        .args(arguments)
        .arg(library())
        .output()
        .unwrap_or_else(|error| panic!("{program} is missing, install binutils: {error}"));
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}
