//! The table of languages. One more is an entry here, a folder `examples/NAME` and a folder
//! `tests/languages/NAME`; nothing else.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workshop::Workshop;

/// A language in which programs use the library. The first is the default.
pub struct Language {
    pub name: &'static str,
    /// Its example, a file of `examples/NAME`.
    pub example: &'static str,
    /// Prints the versions' JSON and nothing else, and of an error the document.
    pub prints_json: bool,
    /// What the machine must have, in the order in which it is looked for.
    pub needs: &'static [Need],
    pub recipe: fn(&Job) -> Recipe,
}

/// Something that the machine must have.
pub struct Need {
    pub what: &'static str,
    pub is_there: fn() -> bool,
    /// Where, and what to type there.
    pub install: &'static [(&'static str, &'static str)],
}

/// One program that is to be made ready.
pub struct Job<'a> {
    pub workshop: &'a Workshop,
    /// The file with its main function. It is of the language's folder or of any other.
    pub source: &'a Path,
    /// Where all that is made of it goes: an empty folder of its own.
    pub folder: PathBuf,
}

impl Job<'_> {
    fn source_folder(&self) -> &Path {
        self.source.parent().unwrap_or(Path::new("."))
    }
}

/// How a program is made, if it has to be, and run. Its arguments follow.
pub struct Recipe {
    pub build: Vec<Command>,
    pub run: Command,
}

pub const LANGUAGES: &[Language] = &[
    Language {
        name: "c",
        example: "get_file_versions.c",
        prints_json: true,
        needs: &[Need {
            what: "a C compiler, cc or the one that CC names",
            is_there: || works(c_compiler().arg("--version")),
            install: &[
                ("Debian, Ubuntu", "apt-get install gcc libc6-dev"),
                ("Fedora", "dnf install gcc"),
                ("Alpine", "apk add gcc musl-dev"),
                ("macOS", "xcode-select --install"),
            ],
        }],
        recipe: |job| {
            let program = job.folder.join("program");
            let mut compiler = c_compiler();
            compiler
                .args([
                    "-std=c99",
                    "-Wall",
                    "-Wextra",
                    "-Wpedantic",
                    "-Werror",
                    "-I",
                ])
                .args([&root("include"), job.source])
                .args([Path::new("-L"), job.workshop.library_folder()])
                .args([Path::new("-limagekit"), Path::new("-o"), &program]);
            Recipe {
                build: vec![compiler],
                run: job.workshop.program(program),
            }
        },
    },
    Language {
        name: "cpp",
        example: "get_file_versions.cpp",
        prints_json: false,
        needs: &[Need {
            what: "a C++ compiler, c++ or the one that CXX names",
            is_there: || works(cpp_compiler().arg("--version")),
            install: &[
                ("Debian, Ubuntu", "apt-get install g++"),
                ("Fedora", "dnf install gcc-c++"),
                ("Alpine", "apk add g++"),
                ("macOS", "xcode-select --install"),
            ],
        }],
        recipe: |job| {
            let program = job.folder.join("program");
            let mut compiler = cpp_compiler();
            compiler
                .args(["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
                .args([Path::new("-pthread"), Path::new("-I"), &root("include")])
                .args([job.source, Path::new("-L"), job.workshop.library_folder()])
                .args([Path::new("-limagekit"), Path::new("-o"), &program]);
            Recipe {
                build: vec![compiler],
                run: job.workshop.program(program),
            }
        },
    },
    Language {
        name: "python",
        example: "get_file_versions.py",
        prints_json: false,
        needs: &[Need {
            what: "Python 3.9 or newer, as python3",
            is_there: || {
                let is_new = "import sys; sys.exit(sys.version_info < (3, 9))";
                works(Command::new("python3").args(["-c", is_new]))
            },
            install: &[
                ("Debian, Ubuntu", "apt-get install python3"),
                ("Fedora", "dnf install python3"),
                ("macOS", "brew install python"),
            ],
        }],
        recipe: |job| interpreted("python3", job),
    },
    Language {
        name: "node",
        example: "get_file_versions.mjs",
        prints_json: false,
        needs: &[
            Need {
                what: "Node.js 18 or newer, as node",
                is_there: || {
                    let is_new = "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)";
                    works(Command::new("node").args(["-e", is_new]))
                },
                install: &[
                    ("Debian, Ubuntu", "apt-get install nodejs npm"),
                    ("Fedora", "dnf install nodejs npm"),
                    ("macOS", "brew install node"),
                ],
            },
            Need {
                what: "koffi, which calls C from Node.js",
                is_there: || root("examples/node/node_modules/koffi/package.json").is_file(),
                install: &[("everywhere", "npm install --prefix examples/node")],
            },
        ],
        recipe: |job| interpreted("node", job),
    },
    Language {
        name: "go",
        example: "get_file_versions.go",
        prints_json: false,
        needs: &[
            Need {
                what: "Go 1.19 or later",
                is_there: || works(Command::new("go").arg("version")),
                install: &[
                    ("Debian, Ubuntu", "apt-get install golang-go"),
                    ("Fedora", "dnf install golang"),
                    ("Alpine", "apk add go"),
                    ("macOS", "brew install go"),
                ],
            },
            Need {
                what: "a C compiler, for cgo",
                is_there: || works(c_compiler().arg("--version")),
                install: &[
                    ("Debian, Ubuntu", "apt-get install gcc libc6-dev"),
                    ("Fedora", "dnf install gcc"),
                    ("Alpine", "apk add gcc musl-dev"),
                    ("macOS", "xcode-select --install"),
                ],
            },
        ],
        recipe: |job| {
            let program = job.folder.join("program");
            let mut go = Command::new("go");
            go.args([Path::new("build"), Path::new("-o"), &program, job.source])
                .current_dir(job.source_folder()) // its module
                .env("CGO_ENABLED", "1")
                .env("CGO_CFLAGS", option("-I", &root("include")))
                .env("CGO_LDFLAGS", option("-L", job.workshop.library_folder()));
            Recipe {
                build: vec![go],
                run: job.workshop.program(program),
            }
        },
    },
    Language {
        name: "java",
        example: "GetFileVersions.java",
        prints_json: false,
        needs: &[
            Need {
                what: "a JDK of Java 17 or later",
                is_there: || works(Command::new("javac").arg("--version")),
                install: &[
                    (
                        "Debian, Ubuntu",
                        "apt-get install openjdk-17-jdk-headless libjna-java",
                    ),
                    ("Fedora", "dnf install java-17-openjdk-devel jna"),
                    ("macOS", "brew install openjdk@17"),
                ],
            },
            Need {
                what: "JNA: /usr/share/java/jna.jar, or the jar that JNA_JAR names",
                is_there: || jna().is_file(),
                install: &[
                    ("Debian, Ubuntu", "apt-get install libjna-java"),
                    ("Fedora", "dnf install jna"),
                    (
                        "elsewhere",
                        "from https://github.com/java-native-access/jna",
                    ),
                ],
            },
        ],
        recipe: |job| {
            let (jna, glue) = (jna(), root("examples/java"));
            let mut javac = Command::new("javac");
            javac
                .args(["-Xlint:all", "-Werror", "-encoding", "UTF-8", "-cp"])
                .args([&jna, Path::new("-sourcepath"), &glue])
                .args([Path::new("-d"), &job.folder, job.source]);
            let mut run = job.workshop.program("java");
            run.arg("-cp").arg(paths([&jna, &job.folder]));
            run.args(job.source.file_stem());
            Recipe {
                build: vec![javac],
                run,
            }
        },
    },
    Language {
        name: "ruby",
        example: "get_file_versions.rb",
        prints_json: false,
        needs: &[Need {
            what: "Ruby with Fiddle, 3.0 or newer",
            is_there: || works(Command::new("ruby").args(["-rfiddle", "-e", RUBY_IS_NEW])),
            install: &[
                ("Debian, Ubuntu", "apt-get install ruby"),
                ("Fedora", "dnf install ruby"),
                ("macOS", "brew install ruby"),
            ],
        }],
        recipe: |job| {
            let mut run = job.workshop.program("ruby");
            run.arg("-w").arg(job.source);
            let build = Vec::new();
            Recipe { build, run }
        },
    },
    Language {
        name: "php",
        example: "get_file_versions.php",
        prints_json: false,
        needs: &[Need {
            what: "PHP with FFI, 8.1 or newer",
            is_there: || works(Command::new("php").args(["-r", PHP_IS_NEW])),
            install: &[
                ("Debian, Ubuntu", "apt-get install php-cli"),
                ("Fedora", "dnf install php-cli php-ffi"),
                ("macOS", "brew install php"),
            ],
        }],
        recipe: |job| {
            let mut run = job.workshop.program("php");
            run.args(["-d", "error_reporting=-1", "-d", "display_errors=stderr"]);
            run.arg(job.source);
            let build = Vec::new();
            Recipe { build, run }
        },
    },
    Language {
        name: "csharp",
        example: "GetFileVersions.cs",
        prints_json: false,
        needs: &[
            Need {
                what: "Mono's compiler mcs",
                is_there: || works(Command::new("mcs").arg("--version")),
                install: &[
                    (
                        "Debian, Ubuntu",
                        "apt-get install mono-mcs mono-runtime libmono-system-core4.0-cil",
                    ),
                    ("Fedora", "dnf install mono-core"),
                ],
            },
            Need {
                what: "Mono's runtime mono",
                is_there: || works(Command::new("mono").arg("--version")),
                install: &[
                    (
                        "Debian, Ubuntu",
                        "apt-get install mono-runtime libmono-system-core4.0-cil",
                    ),
                    ("Fedora", "dnf install mono-core"),
                ],
            },
        ],
        recipe: |job| {
            let program = job.folder.join("program.exe");
            let glue = ["ImageKit.cs", "Completions.cs", "NativeMethods.cs"];
            let mut mcs = Command::new("mcs");
            mcs.args(["-langversion:7", "-warn:4", "-warnaserror"])
                .arg(option("-out:", &program))
                .arg(job.source)
                .args(glue.map(|file| root("examples/csharp").join(file)));
            let mut run = job.workshop.program("mono");
            run.arg(program);
            Recipe {
                build: vec![mcs],
                run,
            }
        },
    },
    Language {
        name: "shell",
        example: "get_file_versions.sh",
        prints_json: false,
        needs: &[
            Need {
                what: "curl",
                is_there: || works(Command::new("curl").arg("--version")),
                install: &[
                    ("Debian, Ubuntu", "apt-get install curl"),
                    ("Fedora", "dnf install curl"),
                    ("macOS", "brew install curl"),
                ],
            },
            Need {
                what: "jq",
                is_there: || works(Command::new("jq").arg("--version")),
                install: &[
                    ("Debian, Ubuntu", "apt-get install jq"),
                    ("Fedora", "dnf install jq"),
                    ("macOS", "brew install jq"),
                ],
            },
        ],
        recipe: |job| interpreted("sh", job),
    },
];

const RUBY_IS_NEW: &str = "exit RUBY_VERSION >= '3.0'";
const PHP_IS_NEW: &str = "exit(PHP_VERSION_ID >= 80100 && extension_loaded('ffi') ? 0 : 1);";

impl Language {
    pub fn example(&self) -> PathBuf {
        root("examples").join(self.name).join(self.example)
    }

    /// The first thing that this machine lacks.
    pub fn missing(&self) -> Option<&'static Need> {
        self.needs.iter().find(|need| !(need.is_there)())
    }

    /// How a program in this language is made and run.
    pub fn recipe(&self, workshop: &Workshop, source: &Path) -> Result<Recipe, String> {
        let folder = workshop.bench()?;
        Ok((self.recipe)(&Job {
            workshop,
            source,
            folder,
        }))
    }
}

impl Need {
    /// What is missing, and how to get it.
    pub fn message(&self) -> String {
        let ways = self.install.iter();
        let ways = ways.map(|(system, command)| format!("\n  {system:<16} {command}"));
        format!(
            "Missing: {}. Install it:{}",
            self.what,
            ways.collect::<String>()
        )
    }
}

/// A program that an interpreter runs as it is.
fn interpreted(interpreter: &str, job: &Job) -> Recipe {
    let mut run = job.workshop.program(interpreter);
    run.arg(job.source);
    Recipe {
        build: Vec::new(),
        run,
    }
}

fn c_compiler() -> Command {
    tool("CC", "cc")
}

fn cpp_compiler() -> Command {
    tool("CXX", "c++")
}

/// The tool that a variable names, perhaps with arguments, as in `CC="ccache gcc"`; else the usual one.
fn tool(variable: &str, usual: &str) -> Command {
    let named = env::var(variable).unwrap_or_default();
    let mut words = named.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or(usual));
    command.args(words);
    command
}

/// Is it there, and does it end well? What it says is not shown.
fn works(command: &mut Command) -> bool {
    let silent = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// JNA's jar, where Debian and Fedora have it or the user says.
fn jna() -> PathBuf {
    let named = env::var_os("JNA_JAR").filter(|named| !named.is_empty());
    named.map_or_else(|| PathBuf::from("/usr/share/java/jna.jar"), PathBuf::from)
}

/// An option with its path in one word.
fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// A list as PATH is one. No path of ours holds its separator.
fn paths<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> OsString {
    env::join_paths(paths).unwrap_or_default()
}

/// A path in this repository.
fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
