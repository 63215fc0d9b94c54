//! The official SDKs, installed under `target/`.

use crate::Failure;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const PYTHON: Sdk = Sdk {
    name: "Python SDK",
    package: "imagekitio",
    version: "5.11.0",
    runtime: "python3",
    where_it_is: ["-c", "import sys; print(sys.executable)"],
    needs: "python3 python3-pip",
};

pub const NODE: Sdk = Sdk {
    name: "Node SDK",
    package: "@imagekit/nodejs",
    version: "7.11.0",
    runtime: "node",
    where_it_is: ["-p", "process.execPath"],
    needs: "nodejs npm",
};

pub struct Sdk {
    pub name: &'static str,
    pub package: &'static str,
    pub version: &'static str,
    runtime: &'static str,
    /// Asks the runtime for its own path, as a version manager may stand before it.
    where_it_is: [&'static str; 2],
    needs: &'static str,
}

/// A runtime, and the folder where its packages are.
pub struct Installed {
    pub runtime: PathBuf,
    pub packages: PathBuf,
}

impl Sdk {
    /// The name of its row.
    pub fn row(&self) -> String {
        format!("sequential, TLS, against the {}", self.name)
    }

    /// None, and a message, where it cannot be installed.
    pub fn install(&self, folder: &Path) -> Option<Installed> {
        match self.try_install(folder) {
            Ok(installed) => Some(installed),
            Err(failure) => {
                println!(
                    "left out: the {}: {failure}\n    It needs: apt-get install {}, and the package registry",
                    self.name, self.needs
                );
                None
            }
        }
    }

    fn try_install(&self, folder: &Path) -> Result<Installed, Failure> {
        let runtime = PathBuf::from(output(Command::new(self.runtime).args(self.where_it_is))?);
        let packages = folder.join(format!("{}-{}", self.runtime, self.version));
        if !packages.is_dir() {
            let unfinished = folder.join(format!("{}-unfinished", self.runtime));
            let _ = fs::remove_dir_all(&unfinished);
            fs::create_dir_all(&unfinished)?;
            self.fetch(&runtime, &unfinished)?;
            fs::rename(unfinished, &packages)?;
        }
        Ok(Installed { runtime, packages })
    }

    fn fetch(&self, runtime: &Path, packages: &Path) -> Result<(), Failure> {
        println!("installing {} {} under target/", self.package, self.version);
        let mut command = match self.runtime {
            "node" => {
                let mut npm = Command::new("npm");
                npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
                npm.arg(packages)
                    .arg(format!("{}@{}", self.package, self.version));
                npm
            }
            _ => {
                let mut pip = Command::new(runtime);
                pip.args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--target",
                ]);
                pip.arg(packages)
                    .arg(format!("{}=={}", self.package, self.version));
                pip
            }
        };
        output(&mut command).map(drop)
    }
}

/// What a command prints, without the line's end.
pub fn output(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program}: {}", said.lines().last().unwrap_or("failed")).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
