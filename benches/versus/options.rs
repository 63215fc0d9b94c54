//! What the command line asks for.

use crate::Failure;
use std::path::PathBuf;

pub const HELP: &str = "\
cargo bench -- [OPTIONS]

  --quick           about two minutes in place of ten; the spread is wider
  --row TEXT        only rows with TEXT in their name; may be given more than once
  --pinned, --free  only that placement
  --library PATH    measures this libimagekit.so and builds none
  --against PATH    compares with another libimagekit.so in place of everything else
  --write           writes what comes of it to benches/RESULTS.md";

pub struct Options {
    pub quick: bool,
    pub rows: Vec<String>,
    pub placements: Vec<Placement>,
    pub library: Option<PathBuf>,
    pub against: Option<PathBuf>,
    pub write: bool,
}

/// Where server and client run: on one core, or wherever the scheduler puts them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    Pinned,
    Free,
}

impl Placement {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Free => "free",
        }
    }
}

impl Options {
    pub fn asks_for(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|text| row.contains(text.as_str()))
    }
}

/// None where help is asked for, or where it is not `cargo bench` that asks: `cargo test --all-targets` is to run
/// tests.
pub fn read(arguments: impl Iterator<Item = String>) -> Result<Option<Options>, Failure> {
    let mut options = Options {
        quick: false,
        rows: Vec::new(),
        placements: vec![Placement::Pinned, Placement::Free],
        library: None,
        against: None,
        write: false,
    };
    let arguments: Vec<_> = arguments.collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return Ok(None);
    }
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => {}
            "--quick" => options.quick = true,
            "--row" => options.rows.push(value()?),
            "--pinned" => options.placements = vec![Placement::Pinned],
            "--free" => options.placements = vec![Placement::Free],
            "--library" => options.library = Some(value()?.into()),
            "--against" => options.against = Some(value()?.into()),
            "--write" => options.write = true,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("{argument}: no such option\n\n{HELP}").into()),
        }
    }
    Ok(Some(options))
}
