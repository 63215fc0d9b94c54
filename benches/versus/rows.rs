//! What is compared with what, and the goals.

use crate::goals::{Figure, Goal};
use crate::options::{Options, Placement};
use crate::programs::Programs;
use crate::sdks::{Installed, NODE, PYTHON};
use crate::server::{Protocol, Servers};
use std::path::{Path, PathBuf};

pub struct Row {
    pub name: String,
    pub placement: Placement,
    pub ours: Side,
    pub other: Side,
    /// The fewest calls of a turn, of which every turn has a multiple.
    pub at_least: u64,
    pub goals: Vec<Goal>,
}

pub struct Side {
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

use Figure::{CallsPerCpu, Cpu, Peak, PeakMore, Wall};
use Placement::{Free, Pinned};
use Protocol::{Http2, Plain, Tls};

/// What there is to compare with.
pub struct Parts<'a> {
    pub programs: &'a Programs,
    pub servers: &'a Servers,
    pub python: Option<Installed>,
    pub node: Option<Installed>,
}

pub fn all(parts: &Parts, options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for &placement in &options.placements {
        let table = Table { parts, placement };
        rows.extend(match &parts.programs.against {
            Some(library) => table.against(library),
            None => table.rows(),
        });
    }
    rows.retain(|row| row.ours.can_run() && row.other.can_run());
    rows
}

struct Table<'a> {
    parts: &'a Parts<'a>,
    placement: Placement,
}

impl Table<'_> {
    fn rows(&self) -> Vec<Row> {
        let mut rows = self.sequential();
        rows.extend(self.sdks());
        rows.extend(
            ["16", "64"]
                .into_iter()
                .flat_map(|threads| self.shared(threads)),
        );
        rows.push(self.many());
        rows.push(self.cold());
        // Memory is what it is wherever the scheduler puts it.
        for row in &mut rows {
            let goal = Goal {
                figure: Peak,
                bound: 0.60,
            };
            if self.placement == Pinned && row.name.contains("libcurl") {
                row.goals.push(goal);
            }
        }
        rows.push(self.growth("10000"));
        rows.push(
            self.growth("100000")
                .wants(&[(Pinned, Wall, 1.05), (Pinned, PeakMore, 2.0)]),
        );
        rows
    }

    fn sequential(&self) -> Vec<Row> {
        let one = ["threads", "1"];
        let against_curl = |protocol: Protocol| {
            self.row(
                format!("sequential, {}, against libcurl + cJSON", protocol.name()),
                64,
                self.ours(protocol, &one),
                self.curl(protocol, &one),
            )
        };
        vec![
            against_curl(Http2).wants(&[
                (Pinned, Wall, 0.58),
                (Pinned, Cpu, 0.52),
                (Free, Wall, 0.90),
            ]),
            against_curl(Tls),
            against_curl(Plain),
            self.row(
                "sequential, HTTP/1.1 plain, against a raw socket".to_owned(),
                64,
                self.ours(Plain, &one),
                self.raw_socket(),
            )
            .wants(&[(Pinned, Wall, 1.35)]),
        ]
    }

    /// Over TLS each speaks what it speaks by itself, which is HTTP/1.1 for the SDKs.
    fn sdks(&self) -> Vec<Row> {
        let base_url = self.parts.servers.base_url(self.placement, Http2);
        let ca_file = self.parts.servers.ca_for(Http2);
        let mut rows = Vec::new();
        if let Some(installed) = &self.parts.python {
            let other = Side {
                name: PYTHON.name.to_owned(),
                program: installed.runtime.clone(),
                arguments: vec![script("worker.py"), base_url.clone()],
                environment: vec![
                    (
                        "PYTHONPATH".to_owned(),
                        installed.packages.display().to_string(),
                    ),
                    ("SSL_CERT_FILE".to_owned(), ca_file.clone()),
                ],
            };
            rows.push((PYTHON.row(), other, 10.0));
        }
        if let Some(installed) = &self.parts.node {
            let packages = installed.packages.display().to_string();
            let other = Side {
                name: NODE.name.to_owned(),
                program: installed.runtime.clone(),
                arguments: vec![script("worker.mjs"), packages, base_url],
                environment: vec![("NODE_EXTRA_CA_CERTS".to_owned(), ca_file)],
            };
            rows.push((NODE.row(), other, 4.0));
        }
        let row = |(name, other, times)| {
            self.row(name, 64, self.ours(Http2, &["threads", "1"]), other)
                .wants(&[(Pinned, CallsPerCpu, times), (Free, CallsPerCpu, times)])
        };
        rows.into_iter().map(row).collect()
    }

    fn shared(&self, threads: &str) -> [Row; 2] {
        let against = |other: &str, how: &str| {
            self.row(
                format!("{threads} threads, HTTP/2 TLS, against libcurl {other}"),
                256,
                self.ours(Http2, &["threads", threads]),
                self.curl(Http2, &[how, threads]),
            )
        };
        [
            against("for each thread", "threads").wants(&[
                (Pinned, Wall, 0.40),
                (Pinned, Cpu, 0.35),
                (Free, Wall, 0.60),
            ]),
            against("with a share handle", "share"),
        ]
    }

    fn many(&self) -> Row {
        self.row(
            "many, HTTP/2 TLS, 64 in flight, against libcurl multi".to_owned(),
            256,
            self.ours(Http2, &["many", "64"]),
            self.c_program("curl_multi", Http2, &["64"]),
        )
        .wants(&[
            (Pinned, Wall, 0.35),
            (Pinned, Cpu, 0.33),
            (Free, Wall, 0.40),
        ])
    }

    fn cold(&self) -> Row {
        self.row(
            "cold start, TLS, against libcurl + cJSON".to_owned(),
            4,
            self.started(self.ours(Http2, &["once"])),
            self.started(self.curl(Http2, &["once"])),
        )
        .wants(&[(Pinned, Wall, 0.60), (Free, Wall, 0.60)])
    }

    /// So many ids in one call against a thousand in each of many.
    fn growth(&self, ids: &str) -> Row {
        let many = |in_one_call: &str| self.ours(Http2, &["many", "64", in_one_call, ids]);
        let name = format!("growth, {ids} ids in one call against 1000");
        self.row(name, ids.parse().unwrap_or(1000), many(ids), many("1000"))
    }

    /// Two builds of ours, to see what a change brought.
    fn against(&self, library: &Path) -> Vec<Row> {
        let ways: [(&str, u64, Protocol, &[&str]); 6] = [
            ("sequential, HTTP/2 TLS", 64, Http2, &["threads", "1"]),
            ("sequential, HTTP/1.1 plain", 64, Plain, &["threads", "1"]),
            ("16 threads, HTTP/2 TLS", 256, Http2, &["threads", "16"]),
            ("64 threads, HTTP/2 TLS", 256, Http2, &["threads", "64"]),
            (
                "many, HTTP/2 TLS, 64 in flight",
                256,
                Http2,
                &["many", "64"],
            ),
            ("cold start, TLS", 4, Http2, &["once"]),
        ];
        let row = |(name, at_least, protocol, how): (&str, u64, Protocol, &[&str])| {
            let mut ours = self.ours(protocol, how);
            let mut other = self.c_program("ours", protocol, how);
            other.environment.push(found_in(library));
            if how == ["once"] {
                (ours, other) = (self.started(ours), self.started(other));
            }
            self.row(
                format!("{name}, against the other library"),
                at_least,
                ours,
                other,
            )
        };
        ways.map(row).into()
    }

    fn row(&self, name: String, at_least: u64, ours: Side, other: Side) -> Row {
        Row {
            name,
            placement: self.placement,
            ours,
            other,
            at_least,
            goals: Vec::new(),
        }
    }

    fn ours(&self, protocol: Protocol, how: &[&str]) -> Side {
        let mut side = self.c_program("ours", protocol, how);
        side.environment.push(found_in(&self.parts.programs.ours));
        side
    }

    fn curl(&self, protocol: Protocol, how: &[&str]) -> Side {
        self.c_program("curl_easy", protocol, how)
    }

    fn c_program(&self, name: &str, protocol: Protocol, how: &[&str]) -> Side {
        let servers = self.parts.servers;
        let mut arguments = vec![
            servers.base_url(self.placement, protocol),
            servers.ca_for(protocol),
        ];
        arguments.extend(how.iter().map(|&argument| argument.to_owned()));
        self.side(name, arguments)
    }

    fn raw_socket(&self) -> Side {
        let port = self.parts.servers.port(self.placement, Plain);
        self.side("raw_socket", vec![port.to_string()])
    }

    /// The same as whole processes, one after the other.
    fn started(&self, mut side: Side) -> Side {
        side.arguments.insert(0, side.program.display().to_string());
        side.program = self.parts.programs.path("starts");
        side
    }

    fn side(&self, name: &str, arguments: Vec<String>) -> Side {
        Side {
            name: name.to_owned(),
            program: self.parts.programs.path(name),
            arguments,
            environment: Vec::new(),
        }
    }
}

impl Row {
    fn wants(mut self, goals: &[(Placement, Figure, f64)]) -> Self {
        let here = goals.iter().filter(|goal| goal.0 == self.placement);
        self.goals
            .extend(here.map(|&(_, figure, bound)| Goal { figure, bound }));
        self
    }

    /// One of these turns takes seconds.
    pub fn is_long(&self) -> bool {
        self.at_least > 1000
    }
}

impl Side {
    /// Is everything there that it needs? What is not has been named when it was not made.
    fn can_run(&self) -> bool {
        let started = self
            .arguments
            .first()
            .filter(|first| first.starts_with('/'));
        self.program.is_file() && started.is_none_or(|program| Path::new(program).is_file())
    }
}

fn script(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/sdk");
    folder.join(name).display().to_string()
}

fn found_in(library: &Path) -> (String, String) {
    ("LD_LIBRARY_PATH".to_owned(), library.display().to_string())
}
