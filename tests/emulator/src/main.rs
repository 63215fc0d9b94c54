//! The emulator as a program: `cargo run -p imagekit-emulator -- --port 8080`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use std::{fs, thread};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use imagekit_emulator::{Emulator, Options};

const HOW_TO_USE_IT: &str = r#"Point an application at it:
  export IMAGE_KIT_BASE_URL=http://127.0.0.1:8080
  export IMAGEKIT_PRIVATE_KEY=private_emulator_key

Or ask it yourself (the ids of its files are shown at start):
  curl -u private_emulator_key: http://127.0.0.1:8080/v1/files/FILE_ID/versions

With TLS the certificate is made at start. Have it written to a file, and trust that file:
  imagekit-emulator --port 8443 --tls --ca-file ca.pem
  export IMAGE_KIT_BASE_URL=https://localhost:8443 SSL_CERT_FILE=ca.pem
  curl --cacert ca.pem -u private_emulator_key: https://localhost:8443/v1/files/FILE_ID/versions

An upload is a JSON object (forms are not taken). Each is a new file; without unique names one to
the same path is a new version:
  curl -u private_emulator_key: http://127.0.0.1:8080/api/v1/files/upload --json \
    '{"file": "aGVsbG8=", "fileName": "logo.png", "folder": "/", "useUniqueFileName": false}'

With --faults a request may carry x-emulator-fault: one of each line, joined by semicolons.
  delay=MS                              the answer waits
  status=CODE | rate-limited=RESET_MS | retry-after=SECONDS | garbage
                                        answered instead: 400 to 599, a 429, HTML with 200
  bad-gzip | drip=MS                    the body has a wrong checksum, or comes in eight pieces
  drop-before-head | drop-after-head | truncate=BYTES
                                        the answer breaks off; drop-…=reset does it by a TCP reset,
                                        drop-…=noise after bytes that mean nothing
  times=N                               the first N requests with the same x-emulator-fault-id
A file's id may ask as well, after a ~ (and is the fault id, too). Such a file is made up:
  /v1/files/mine~status=503;times=2/versions
GET /emulator tells how many requests, connections and faults there were.

What it holds lives in memory: each start begins anew. Ctrl-C ends it."#;

fn main() -> ExitCode {
    match run(&command().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("imagekit-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &ArgMatches) -> io::Result<()> {
    let options = options(arguments);
    let port = options.port;
    let emulator = Emulator::start(options)
        .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))?;
    let ca_file = arguments.get_one::<PathBuf>("ca-file");
    if let (Some(path), Some(pem)) = (ca_file, emulator.ca_pem()) {
        fs::write(path, pem).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
    }
    introduce(&emulator, ca_file)?;
    loop {
        thread::park(); // until a signal ends the process
    }
}

#[rustfmt::skip]
fn command() -> Command {
    Command::new("imagekit-emulator")
        .about("A local ImageKit: the media API on 127.0.0.1, with a small library of files.")
        .after_help(HOW_TO_USE_IT)
        .arg(number("port", "PORT").value_parser(value_parser!(u16))
            .help("Listen on this port of 127.0.0.1; 0 takes a free one [default: 0]"))
        .arg(Arg::new("private-key").long("private-key").value_name("KEY")
            .help("The key that callers must send [default: private_emulator_key]"))
        .arg(number("rate-limit", "N").value_parser(value_parser!(u32).range(1..))
            .help("Answer 429 beyond this many requests an interval [default: 1000000 a second]"))
        .arg(number("interval-ms", "MS").value_parser(value_parser!(u64).range(1..))
            .requires("rate-limit")
            .help("The interval of --rate-limit; it may begin at any moment [default: 1000]"))
        .arg(number("delay-ms", "MS").value_parser(value_parser!(u64))
            .help("Wait before each answer [default: 0]"))
        .arg(Arg::new("faults").long("faults").action(ArgAction::SetTrue)
            .help("Let requests ask for trouble with the header x-emulator-fault, see below"))
        .arg(Arg::new("tls").long("tls").action(ArgAction::SetTrue)
            .help("Speak TLS, with HTTP/2 or HTTP/1.1 as the caller likes"))
        .arg(Arg::new("ca-file").long("ca-file").value_name("PATH").requires("tls")
            .value_parser(value_parser!(PathBuf))
            .help("Write the certificate to trust here, in PEM"))
}

fn number(name: &'static str, value_name: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value_name)
}

fn options(arguments: &ArgMatches) -> Options {
    let defaults = Options::default();
    let ms = |name| {
        let ms = arguments.get_one::<u64>(name).copied();
        ms.map(Duration::from_millis)
    };
    Options {
        port: arguments.get_one("port").copied().unwrap_or(defaults.port),
        tls: arguments.get_flag("tls"),
        private_key: arguments
            .get_one("private-key")
            .cloned()
            .unwrap_or(defaults.private_key),
        requests_per_interval: arguments.get_one("rate-limit").copied(),
        interval: ms("interval-ms").unwrap_or(defaults.interval),
        delay: ms("delay-ms").unwrap_or(defaults.delay),
        faults: arguments.get_flag("faults"),
    }
}

/// Says how to reach it.
fn introduce(emulator: &Emulator, ca_file: Option<&PathBuf>) -> io::Result<()> {
    let (url, key) = (emulator.base_url(), emulator.private_key());
    let ids = emulator.file_ids();
    let trust = match (ca_file, emulator.ca_pem()) {
        (Some(path), _) => format!(" --cacert {}", path.display()),
        (None, Some(_)) => " --insecure".to_owned(), // there is no file to trust
        (None, None) => String::new(),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "ImageKit emulator at {url}, Ctrl-C ends it")?;
    writeln!(out, "private key  {key}")?;
    for id in &ids {
        writeln!(out, "file id      {id}")?;
    }
    if let Some(id) = ids.first() {
        writeln!(out, "curl{trust} -u '{key}:' {url}/v1/files/{id}/versions")?;
    }
    out.flush()
}
