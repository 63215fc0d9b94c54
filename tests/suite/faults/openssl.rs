//! A server by OpenSSL, through Python's `ssl`: what rows need that rustls cannot be, and a network
//! of its own that has no address yet.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::peer::Peer;
use crate::calls::Calls;
use crate::hosts::new_path;
use crate::script::identity::{authority, leaf_of};

/// An address that stands in documents and leads nowhere.
const NOWHERE: &str = "192.0.2.1";

pub struct OpenSsl {
    child: Child,
    url: String,
    marker: PathBuf,
    is_offline: bool,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// Connections and requests.
    seen: Mutex<(usize, usize)>,
    changed: Condvar,
}

/// What a server is until the fault is over, and of which certificate.
pub fn odd(identity: impl AsRef<Path>, oldest: &str, newest: &str, suites: &str) -> Value {
    let identity = identity.as_ref();
    json!({"identity": identity, "oldest": oldest, "newest": newest, "suites": suites})
}

impl OpenSsl {
    pub fn new(odd: &Value) -> Self {
        Self::start("python3", &[], "online", odd)
    }

    /// In a network without an address or a route, until the fault is over.
    pub fn offline() -> Self {
        Self::start("unshare", UNSHARED, "offline", &Value::Null)
    }

    fn start(program: &str, args: &[&str], begins: &str, odd: &Value) -> Self {
        let marker = new_path("over");
        let is_offline = begins == "offline";
        let address = if is_offline { NOWHERE } else { "127.0.0.1" };
        let told = json!({
            "address": address, "begins": begins, "marker": &marker, "good": good(), "odd": odd,
        });
        let mut command = Command::new(program);
        command.args(args).args(["-W", "ignore", "-c"]);
        command
            .arg(include_str!("openssl.py"))
            .arg(told.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("Python");
        let said = child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        let port = lines.next().expect("the port of a server");
        let port = port.replace("port ", "");
        let counts = Arc::<Counts>::default();
        thread::spawn({
            let counts = Arc::clone(&counts);
            move || lines.for_each(|line| counts.count(&line))
        });
        Self {
            child,
            url: format!("https://{address}:{port}"),
            marker,
            is_offline,
            counts,
        }
    }
}

/// A certificate that is trusted, and its key.
pub fn good() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = new_path("good.pem");
        let leaf = leaf_of(&["localhost", "127.0.0.1", NOWHERE, "no-such.test"]);
        fs::write(&path, authority().sign(&leaf).pem()).expect("a file");
        path
    });
    &FILE
}

impl Counts {
    fn count(&self, line: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match line {
            "connection" => seen.0 += 1,
            _ => seen.1 += 1,
        }
        self.changed.notify_all();
    }

    /// When the good call's request has been told of, which is the last line.
    fn at_the_end(&self) -> (usize, usize) {
        const BOUND: Duration = Duration::from_secs(5);
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |seen: &mut (usize, usize)| seen.1 == 0;
        let waited = self.changed.wait_timeout_while(seen, BOUND, is_early);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Peer for OpenSsl {
    fn url(&self) -> String {
        self.url.clone()
    }

    fn marker(&self) -> &Path {
        &self.marker
    }

    fn requests(&self) -> usize {
        self.counts.at_the_end().1
    }

    fn connections(&self) -> usize {
        self.counts.at_the_end().0
    }

    /// Whoever is to meet one without a network has to be in the same.
    fn equip(&self, calls: Calls) -> Calls {
        if !self.is_offline {
            return calls;
        }
        let id = self.child.id().to_string();
        let entering = ["--target", &id, "--user", "--preserve-credentials", "--net"];
        calls.under("nsenter", &entering)
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        drop(self.child.stdin.take()); // which is its end
        let _ = self.child.wait();
    }
}

/// Runs Python in a network of its own, as its root.
const UNSHARED: &[&str] = &["--map-root-user", "--net", "python3"];

/// Is there a Python with TLS?
pub fn python() -> Result<(), String> {
    static FOUND: LazyLock<Result<(), String>> =
        LazyLock::new(|| succeeds("python3", &["-c", "import ssl"]));
    FOUND.clone()
}

/// May networks be made here?
pub fn networks() -> Result<(), String> {
    static FOUND: LazyLock<Result<(), String>> = LazyLock::new(|| {
        succeeds("nsenter", &["--version"])?;
        succeeds("unshare", &[UNSHARED, &["-c", "import ssl"]].concat())
    });
    FOUND.clone()
}

fn succeeds(program: &str, args: &[&str]) -> Result<(), String> {
    let run = Command::new(program).args(args).output();
    let run = run.map_err(|error| format!("{program} is needed: {error}"))?;
    let complaint = String::from_utf8_lossy(&run.stderr).trim().to_owned();
    match run.status.success() {
        true => Ok(()),
        false => Err(format!("{program} fails: {complaint}")),
    }
}
