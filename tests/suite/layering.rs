//! The folders are the architecture: imports run one way, and `unsafe` stays in its room.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top to the bottom.
const LAYERS: [&str; 4] = ["ffi", "client", "transport", "primitives"];

#[test]
fn imports_run_from_the_top_to_the_bottom() {
    let mut imports = 0;
    for (depth, layer) in LAYERS.iter().enumerate() {
        for (path, text) in sources(layer) {
            for above in &LAYERS[..depth] {
                let upward = text.contains(&format!("crate::{above}"));
                assert!(!upward, "{} imports from src/{above}", path.display());
            }
            imports += text.matches("crate::").count();
        }
    }
    assert!(imports > 0, "no import was seen at all");
}

#[test]
fn unsafe_code_is_in_the_c_abi_alone_and_says_why_it_is_sound() {
    let is_unsafe = |line: &str| line.contains("unsafe {") || line.contains("unsafe impl");
    for layer in LAYERS {
        for (path, text) in sources(layer) {
            let lines = text.lines().collect::<Vec<_>>();
            for (at, _) in lines.iter().enumerate().filter(|(_, line)| is_unsafe(line)) {
                let place = format!("{}:{}", path.display(), at + 1);
                assert_eq!(layer, "ffi", "{place}: unsafe code outside of src/ffi");
                let before = &lines[at.saturating_sub(3)..at];
                let says_why = before.iter().any(|line| line.contains("// SAFETY:"));
                assert!(says_why, "{place}: no SAFETY line above");
            }
        }
    }
}

fn sources(layer: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(layer),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("a source");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "src/{layer} is empty");
    found
}
