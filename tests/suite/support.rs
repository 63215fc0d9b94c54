//! What every module needs: the library in a folder of its own, C programs compiled once, runs of
//! them that end in bounded time, and tables of cases run side by side.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Debug;
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{env, fs, panic, process, thread};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::calls::{KEY, basic};
use crate::lateness::{slowness, timed};

/// How long a program may take unless its test says otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The library under test: the one that was just built, or the build that IK_LIBRARY names.
///
/// It stands beside the test program; the copy one level up may be stale.
pub fn library() -> PathBuf {
    let library = env::var_os("IK_LIBRARY").map_or_else(
        || beside_us("libimagekit.so"),
        |named| fs::canonicalize(named).expect("the library of IK_LIBRARY"),
    );
    assert!(library.is_file(), "no library at {}", library.display());
    library
}

/// The same for linking it into something else.
pub fn static_library() -> PathBuf {
    library().with_extension("a")
}

/// Is it a build for release? One that IK_LIBRARY names counts as such.
pub fn is_release() -> bool {
    env::var_os("IK_LIBRARY").is_some() || !cfg!(debug_assertions)
}

fn beside_us(name: &str) -> PathBuf {
    let program = env::current_exe().expect("the path of this test program");
    program.with_file_name(name)
}

/// With `IK_UNDER_VALGRIND` in the environment every program of `tests/c` runs under it, children included.
/// What is lost at the end is not asked: most of them leave things as they are and end. `leftovers` asks.
const VALGRIND: &[&str] = &[
    "--quiet",
    "--vgdb=no",
    "--read-inline-info=no",
    "--fair-sched=try",
    "--num-callers=30",
    "--error-exitcode=99",
];

/// A folder of this test process with the library under the names that linker and loader ask for.
///
/// Hard links where the file system has them, so that a build in the meantime changes nothing.
pub fn library_dir() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let library = library();
        let dir = scratch_dir().join("lib");
        fs::create_dir_all(&dir).expect("a folder for the library");
        for name in ["libimagekit.so", "libimagekit.so.0.1"] {
            let link = dir.join(name);
            let linked = fs::hard_link(&library, &link);
            linked
                .or_else(|_| fs::copy(&library, &link).map(drop))
                .expect("the library");
        }
        dir
    });
    &DIR
}

/// A folder of this test process for whatever its tests write. It goes when the process ends.
pub fn scratch_dir() -> &'static Path {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let name = format!("suite-{}", process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&dir); // of an earlier process that had this number
        fs::create_dir_all(&dir).expect("a scratch folder");
        remove_after_us(&dir);
        dir
    });
    &DIR
}

/// Nothing of Rust's runs at the end of a test program, so a shell waits for our end of a pipe to
/// close, however we go, and then removes the folder.
fn remove_after_us(dir: &Path) {
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(r#"read -r _; rm -rf -- "$1""#)
        .arg("sh");
    shell.arg(dir).stdin(Stdio::piped()).stdout(Stdio::null());
    shell.stderr(Stdio::null()).process_group(0);
    std::mem::forget(shell.spawn().expect("a shell"));
}

/// The program made from `tests/c/<name>.c` or `tests/cpp/<name>.cpp`, compiled once per test process.
pub fn c_program(name: &str) -> Program {
    c_program_with(name, &[])
}

/// The same with options that stand after all others, so that a standard here is the one that counts.
pub fn c_program_with(name: &str, options: &[&str]) -> Program {
    let program = format!("{name}{}", options.concat());
    let path = compiled(&program, |program| {
        let library = library_dir();
        let mut compiler = compiler(name, program);
        compiler.args(options);
        compiler.arg("-Wl,--as-needed"); // what loads the library while it runs is not linked against it
        compiler
            .arg("-L")
            .arg(library)
            .args(["-limagekit", "-ldl", "-lm"]);
        compiler.arg(format!("-Wl,-rpath,{}", library.display()));
        compiler
    });
    Program { path }
}

/// The shared object made from `tests/c/<name>.c`, with these besides.
pub fn shared_object(name: &str, with: &[PathBuf]) -> PathBuf {
    compiled(name, |object| {
        let mut compiler = compiler(name, object);
        compiler.args(["-shared", "-fPIC"]).args(with);
        compiler
    })
}

fn compiled(name: &str, make: impl FnOnce(&Path) -> Command) -> PathBuf {
    type Compiled = HashMap<String, Arc<OnceLock<PathBuf>>>;
    static PROGRAMS: LazyLock<Mutex<Compiled>> = LazyLock::new(Mutex::default);

    let cell = Arc::clone(lock(&PROGRAMS).entry(name.to_owned()).or_default());
    let made = cell.get_or_init(|| {
        let made = scratch_dir().join(name);
        let mut command = make(&made);
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}\n{complaints}");
        made
    });
    made.clone()
}

/// Is there a compiler for `tests/cpp`? The machine of somebody who writes C may have none.
pub fn has_cpp_compiler() -> bool {
    let compiler = env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let asked = Command::new(compiler).arg("--version").output();
    asked.is_ok_and(|output| output.status.success())
}

/// A compiler that makes something of the source with this name. What to link follows.
fn compiler(name: &str, makes: &Path) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let c = root.join("tests/c").join(name).with_extension("c");
    let (variable, otherwise, standard, source) = match c.is_file() {
        true => ("CC", "cc", "-std=c11", c),
        false => {
            let source = root.join("tests/cpp").join(name).with_extension("cpp");
            ("CXX", "c++", "-std=c++17", source)
        }
    };
    let named = env::var_os(format!("IK_{variable}")).or_else(|| env::var_os(variable));
    let mut compiler = Command::new(named.unwrap_or_else(|| otherwise.into()));
    compiler.args([standard, "-D_GNU_SOURCE", "-g", "-pthread"]);
    compiler
        .args(["-Wall", "-Wextra", "-Werror", "-o"])
        .arg(makes);
    if let Ok(more) = env::var("IK_CFLAGS") {
        compiler.args(more.split_whitespace()); // for sanitizers; not CFLAGS or CC, which crates read as well
    }
    compiler.arg("-I").arg(root.join("include"));
    compiler.arg("-I").arg(root.join("tests/c")).arg(&source);
    compiler
}

#[derive(Clone)]
pub struct Program {
    path: PathBuf,
}

impl Program {
    /// A run of this program, in an environment that says nothing to the library.
    pub fn command(&self) -> Run {
        let mut command = Command::new(&self.path);
        for (name, _) in env::vars_os().filter(|(name, _)| is_ours_to_clear(name)) {
            command.env_remove(name);
        }
        let run = Run {
            command,
            time_limit: TIME_LIMIT,
        };
        if env::var_os("IK_UNDER_VALGRIND").is_some() {
            return run.under("valgrind", VALGRIND);
        }
        // For a library of another processor, `qemu-aarch64 -L ...`: IK_CC makes the programs for it.
        let emulator = env::var("IK_UNDER").unwrap_or_default();
        let words = emulator.split_whitespace().collect::<Vec<_>>();
        match words.split_first() {
            Some((program, arguments)) => run.under(program, arguments),
            None => run,
        }
    }
}

/// What the library reads, and what would make the loader take another copy of it.
fn is_ours_to_clear(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let begins = ["IMAGEKIT_", "IMAGE_KIT_", "SSL_CERT_"];
    begins.iter().any(|begin| name.starts_with(begin))
        || name.ends_with("_PROXY")
        || name == "LD_LIBRARY_PATH"
}

pub struct Run {
    command: Command,
    time_limit: Duration,
}

/// The keys that programs of the suite work with. None of them shows in what a program prints.
const KEYS: [&str; 3] = [KEY, "private_host", "private_emulator_key"];

/// Neither a key nor its Basic form was printed.
pub fn expect_no_key(seen: &Seen) {
    for output in [&seen.stdout, &seen.stderr] {
        let shows = |key: &&&str| output.contains(**key) || output.contains(&basic(key));
        let key = KEYS.iter().find(shows);
        assert_eq!(key, None, "a key shows: {output}");
    }
}

impl Run {
    pub fn arg(mut self, value: impl AsRef<OsStr>) -> Self {
        self.command.arg(value);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same run inside of another program, valgrind for one.
    pub fn under(mut self, program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        command
            .args(args)
            .arg(self.command.get_program())
            .args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.command = command;
        self
    }

    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Runs to the end of the program and of all that holds its output. No key may be in that. Whatever is left of its
    /// process group at the time limit is killed, and the test fails.
    pub fn run(mut self) -> Seen {
        let started = Instant::now();
        self.command.stdin(Stdio::null());
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = self.command.process_group(0).spawn();
        let child = child.unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        let group = Pid::from_child(&child);

        let (sender, ended) = mpsc::channel();
        thread::spawn(move || sender.send(wait(child)));
        let limit = self.time_limit * slowness();
        if let Ok(output) = ended.recv_timeout(limit) {
            let seen = Seen::new(&output, started.elapsed());
            expect_no_key(&seen);
            return seen;
        }
        let _ = kill_process_group(group, Signal::KILL);
        let seen = ended.recv_timeout(Duration::from_secs(5));
        let seen = seen.map(|output| Seen::new(&output, started.elapsed()));
        panic!("killed after {limit:?}: {:?}\n{seen:#?}", self.command)
    }
}

fn wait(child: Child) -> Output {
    child.wait_with_output().expect("the output of a program")
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Seen {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Seen {
    fn new(output: &Output, took: Duration) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took,
        }
    }

    pub fn expect_ok(self) -> Self {
        let (out, err) = (&self.stdout, &self.stderr);
        assert!(
            self.code == Some(0),
            "exit code {:?}, signal {:?}, after {:?}\n--- stdout\n{out}\n--- stderr\n{err}",
            self.code,
            self.signal,
            self.took,
        );
        self
    }
}

/// Tells past the output that tests are not to show, as it is about the whole suite.
pub fn say(line: &str) {
    let _nobody_to_tell = writeln!(io::stdout(), "{line}");
}

/// Tells what cannot run on this machine, and why: it does not count as passed. The gate, whose machine
/// has everything, sets a variable that makes it a failure.
pub fn leave_out(what: &str, why: &str) {
    let is_allowed = env::var_os("IK_LEAVE_NOTHING_OUT").is_none();
    assert!(is_allowed, "left out: {what}: {why}");
    say(&format!("left out: {what}: {why}"));
}

/// The names of our tests, or of those that an option chooses.
pub fn tests_of_this_program(options: &[&str]) -> Vec<String> {
    let program = env::current_exe().expect("the path of this test program");
    let mut command = Command::new(program);
    command.args(["--list", "--format", "terse"]).args(options);
    let listed = command.output().expect("a list of tests").stdout;
    let listed = String::from_utf8(listed).expect("UTF-8");
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    tests.map(str::to_owned).collect()
}

/// Runs every row of a table, several side by side, and reports all that failed.
pub fn in_parallel<Row: Debug + Sync>(rows: &[Row], check: impl Fn(&Row) + Sync) {
    const AT_ONCE: usize = 12; // most rows wait, and few of them for a processor
    in_parallel_at_once(AT_ONCE, rows, check);
}

/// The same, so many of them side by side.
pub fn in_parallel_at_once<Row: Debug + Sync>(
    at_once: usize,
    rows: &[Row],
    check: impl Fn(&Row) + Sync,
) {
    let next = Mutex::new(rows.iter());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once.min(rows.len()) {
            scope.spawn(|| {
                loop {
                    let row = lock(&next).next(); // let go of before the check
                    let Some(row) = row else { break };
                    let run = panic::AssertUnwindSafe(|| timed(|| check(row)));
                    if panic::catch_unwind(run).is_err() {
                        let begin = format!("{row:?}").chars().take(200).collect::<String>();
                        lock(&failed).push(begin);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("a list of rows");
    assert!(
        failed.is_empty(),
        "{} rows failed: {failed:#?}",
        failed.len()
    );
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
