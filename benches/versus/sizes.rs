//! How large the library is, with all that it needs.

use crate::Failure;
use crate::programs::Programs;
use crate::report::Line;
use crate::sdks::output;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MB: f64 = 1e6;
const MAY_BE_NEEDED: [&str; 4] = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux"];

pub fn lines(programs: &Programs) -> Result<Vec<Line>, Failure> {
    let library = programs.ours.join("libimagekit.so");
    let size = fs::metadata(&library)?.len() as f64 / MB;
    let needed = needed(&library)?;
    let more = needed
        .iter()
        .filter(|name| !MAY_BE_NEEDED.iter().any(|known| name.starts_with(known)));
    let mut lines = vec![
        Line {
            figure: "size of the stripped libimagekit.so".to_owned(),
            goal: "≤ 3.0 MB".to_owned(),
            measured: format!("{size:.2} MB"),
            is_met: Some(size <= 3.0),
        },
        Line {
            figure: "what it needs".to_owned(),
            goal: "libc, libm, libgcc_s at most".to_owned(),
            measured: needed.join(", "),
            is_met: Some(more.count() == 0),
        },
    ];
    let curl = closure(&programs.path("curl_easy"), "libcurl.so");
    if let (Ok(ours), Ok(curl)) = (closure(&library, "libimagekit.so"), curl) {
        let total =
            |files: &[(PathBuf, u64)]| files.iter().map(|file| file.1).sum::<u64>() as f64 / MB;
        lines.push(Line {
            figure: "size with all that it needs, against libcurl's".to_owned(),
            goal: String::new(),
            measured: format!(
                "{:.1} MB in {} files / {:.1} MB in {} files",
                total(&ours),
                ours.len(),
                total(&curl),
                curl.len()
            ),
            is_met: None,
        });
    }
    Ok(lines)
}

fn needed(library: &Path) -> Result<Vec<String>, Failure> {
    let dynamic = output(Command::new("readelf").arg("-dW").arg(library))?;
    let names = dynamic
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| line.split(['[', ']']).nth(1));
    Ok(names.map(str::to_owned).collect())
}

/// The files that the loader maps for a library: itself, or where a program is asked that has more besides, the
/// one it has, and all that either needs.
fn closure(of: &Path, library: &str) -> Result<Vec<(PathBuf, u64)>, Failure> {
    let root = match of.ends_with(library) {
        true => of.to_owned(),
        false => loaded(of)?
            .into_iter()
            .find(|path| path.to_string_lossy().contains(library))
            .ok_or("not linked with it")?,
    };
    let mut files: Vec<_> = loaded(&root)?;
    files.push(root);
    let mut sized = Vec::new();
    for file in files {
        let file = fs::canonicalize(file)?;
        let size = fs::metadata(&file)?.len();
        sized.push((file, size));
    }
    sized.sort();
    sized.dedup();
    Ok(sized)
}

fn loaded(by: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = output(Command::new("ldd").arg(by))?;
    let paths = listed
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    Ok(paths.map(PathBuf::from).collect())
}
