//! What is compared with what, and the goals.

use crate::options::{Options, Placement};
use crate::programs::Programs;
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

/// The ratio of ours to the other's that is wanted at most.
#[derive(Clone, Copy)]
pub struct Goal {
    pub figure: Figure,
    pub at_most: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Wall,
    Cpu,
    Peak,
}

use Figure::{Cpu, Peak, Wall};
use Placement::{Free, Pinned};
use Protocol::{Http2, Plain, Tls};

pub fn all(programs: &Programs, servers: &Servers, options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for &placement in &options.placements {
        let table = Table {
            programs,
            servers,
            placement,
        };
        rows.extend(match &programs.against {
            Some(library) => table.against(library),
            None => table.rows(),
        });
    }
    rows.retain(|row| row.other.program.is_file() && row.ours.program.is_file());
    rows
}

struct Table<'a> {
    programs: &'a Programs,
    servers: &'a Servers,
    placement: Placement,
}

impl Table<'_> {
    fn rows(&self) -> Vec<Row> {
        let easy = |protocol, how: &[&str]| self.c_program("curl_easy", protocol, how);
        let ours = |protocol, how: &[&str]| self.ours(protocol, how);
        let one = ["threads", "1"];
        let mut rows = vec![
            self.row(
                "sequential, HTTP/2 TLS, against libcurl + cJSON",
                64,
                ours(Http2, &one),
                easy(Http2, &one),
            )
            .wants(&[
                (Pinned, Wall, 0.58),
                (Pinned, Cpu, 0.52),
                (Free, Wall, 0.90),
            ]),
            self.row(
                "sequential, HTTP/1.1 TLS, against libcurl + cJSON",
                64,
                ours(Tls, &one),
                easy(Tls, &one),
            ),
            self.row(
                "sequential, HTTP/1.1 plain, against libcurl + cJSON",
                64,
                ours(Plain, &one),
                easy(Plain, &one),
            ),
            self.row(
                "sequential, HTTP/1.1 plain, against a raw socket",
                64,
                ours(Plain, &one),
                self.raw_socket(),
            )
            .wants(&[(Pinned, Wall, 1.35)]),
        ];
        for threads in ["16", "64"] {
            let of_all = ["threads", threads];
            rows.push(
                self.row(
                    &format!("{threads} threads, HTTP/2 TLS, against libcurl for each thread"),
                    256,
                    ours(Http2, &of_all),
                    easy(Http2, &of_all),
                )
                .wants(&[
                    (Pinned, Wall, 0.40),
                    (Pinned, Cpu, 0.35),
                    (Free, Wall, 0.60),
                ]),
            );
            rows.push(self.row(
                &format!("{threads} threads, HTTP/2 TLS, against libcurl with a share handle"),
                256,
                ours(Http2, &of_all),
                easy(Http2, &["share", threads]),
            ));
        }
        rows.push(
            self.row(
                "many, HTTP/2 TLS, 64 in flight, against libcurl multi",
                256,
                ours(Http2, &["many", "64"]),
                self.c_program("curl_multi", Http2, &["64"]),
            )
            .wants(&[
                (Pinned, Wall, 0.35),
                (Pinned, Cpu, 0.33),
                (Free, Wall, 0.40),
            ]),
        );
        rows.push(
            self.row(
                "cold start, TLS, against libcurl + cJSON",
                2,
                self.started(ours(Http2, &["once"])),
                self.started(easy(Http2, &["once"])),
            )
            .wants(&[(Pinned, Wall, 0.60), (Free, Wall, 0.60)]),
        );
        for row in &mut rows {
            let starts = row.name.starts_with("cold");
            if !starts && !row.name.contains("raw") {
                row.goals.push(Goal {
                    figure: Peak,
                    at_most: 0.60,
                });
            }
        }
        rows
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
            ("cold start, TLS", 2, Http2, &["once"]),
        ];
        let row = |(name, at_least, protocol, how): (&str, u64, Protocol, &[&str])| {
            let mut other = self.ours(protocol, how);
            "the other library".clone_into(&mut other.name);
            other.environment = vec![found_in(library)];
            let name = format!("{name}, against the other library");
            match how {
                ["once"] => self.row(
                    &name,
                    at_least,
                    self.started(self.ours(protocol, how)),
                    self.started(other),
                ),
                _ => self.row(&name, at_least, self.ours(protocol, how), other),
            }
        };
        ways.map(row).into()
    }

    fn row(&self, name: &str, at_least: u64, ours: Side, other: Side) -> Row {
        Row {
            name: name.to_owned(),
            placement: self.placement,
            ours,
            other,
            at_least,
            goals: Vec::new(),
        }
    }

    fn ours(&self, protocol: Protocol, how: &[&str]) -> Side {
        let mut side = self.c_program("ours", protocol, how);
        side.environment.push(found_in(&self.programs.ours));
        side
    }

    fn c_program(&self, name: &str, protocol: Protocol, how: &[&str]) -> Side {
        let mut arguments = vec![
            self.servers.base_url(self.placement, protocol),
            self.servers.ca_for(protocol),
        ];
        arguments.extend(how.iter().map(|&argument| argument.to_owned()));
        self.side(name, arguments)
    }

    fn raw_socket(&self) -> Side {
        self.side(
            "raw_socket",
            vec![self.servers.port(self.placement, Plain).to_string()],
        )
    }

    /// The same as whole processes, one after the other.
    fn started(&self, mut side: Side) -> Side {
        side.arguments.insert(0, side.program.display().to_string());
        side.program = self.programs.path("starts");
        side
    }

    fn side(&self, name: &str, arguments: Vec<String>) -> Side {
        Side {
            name: name.to_owned(),
            program: self.programs.path(name),
            arguments,
            environment: Vec::new(),
        }
    }
}

impl Row {
    fn wants(mut self, goals: &[(Placement, Figure, f64)]) -> Self {
        let of_ours = goals.iter().filter(|goal| goal.0 == self.placement);
        self.goals
            .extend(of_ours.map(|&(_, figure, at_most)| Goal { figure, at_most }));
        self
    }
}

fn found_in(library: &Path) -> (String, String) {
    ("LD_LIBRARY_PATH".to_owned(), library.display().to_string())
}
