//! A local ImageKit: a real HTTP server with a small media library, for examples and tests.
//!
//! ```
//! use imagekit_emulator::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! println!("{} {}", emulator.base_url(), emulator.private_key());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What it answers
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /v1/files` | the current version of each file |
//! | `GET /v1/files/{fileId}/versions` | its versions, the current one first |
//! | `GET`, `DELETE /v1/files/{fileId}/versions/{versionId}` | the version; nothing |
//! | `PUT /v1/files/{fileId}/versions/{versionId}/restore` | the version, current from now on |
//! | `POST /api/v1/files/upload` | the new file, or the file with its new version |
//!
//! The list takes `skip`, `limit`, `path` (of one folder, not of those in it), `type=file`,
//! `fileType`, `sort` (`ASC_` or `DESC_`, then `NAME`, `CREATED`, `UPDATED` or `SIZE`) and of
//! `searchQuery` conditions joined by `AND`: `name = "…"`, `name : "…"` (begins with), `size` compared
//! with a number of bytes, `tags IN ["…"]` (any of them). What it does not understand gets 400.
//!
//! An upload is JSON, not a form: `{"file": "Base64", "fileName": "a.jpg", "folder": "/lamps"}`, 2 MB at
//! most. As in the API a file name is made unique, so each upload is a new file, unless
//! `useUniqueFileName` is false. Then a file at the same path gets a new version, unless
//! `overwriteFile` is false too: that gets 400. `tags`, `customMetadata`, `customCoordinates`,
//! `description`, `isPrivateFile` and `isPublished` are taken over. Contents are not looked at: a new
//! version is of its file's type, a new file is of none. The oldest of more than 100 versions go.
//!
//! # Faults
//!
//! With [`Options::faults`] a request may ask for trouble in a header `x-emulator-fault`. Without it the
//! header means nothing. A fault befalls only what the key and the rate limit let in.
//!
//! | fault | what happens |
//! | --- | --- |
//! | `delay=MS` | the answer waits |
//! | `status=CODE` | this status from 400 to 599, and the request is not carried out |
//! | `rate-limited=RESET_MS` | 429 with this `X-RateLimit-Reset`, and the request is not carried out |
//! | `retry-after=SECONDS` | 429 with this `Retry-After`, and the request is not carried out |
//! | `garbage` | a page of HTML with 200, and the request is not carried out |
//! | `drop-before-head` | carried out, but the connection closes without an answer |
//! | `drop-after-head` | carried out, but nothing follows the head |
//! | `truncate=BYTES` | carried out, but so much of the body (as sent, perhaps gzip) is all |
//! | `bad-gzip` | carried out, but the answer is gzip with a wrong checksum, asked for or not |
//! | `drip=MS` | carried out, but the body comes in eight pieces, with this wait between them |
//! | `times=N` | the others apply to the first N requests with the same `x-emulator-fault-id` |
//!
//! They are joined by `;`: a delay, one that answers, one that breaks off, and so on, each once. One that
//! is unknown gets 400. A connection closes without a goodbye of TLS; after `drop-before-head=reset` and
//! `drop-after-head=reset` it ends in a TCP reset, with `=noise` in bytes that mean nothing. HTTP/2 resets
//! the stream instead, and the connection stays. An answer without a body is whole with its head, so only `drop-before-head`
//! breaks it off.
//!
//! Who cannot set headers asks in a file's id, after a `~`, which then is the fault id, too:
//! `/v1/files/mine~status=503;times=2/versions`. A file with such an id is made up: it has one version.
//! `GET /emulator` tells how many requests, connections and faults there were.

mod api_error;
mod auth;
mod breakage;
mod compression;
mod document;
mod drip;
mod faults;
mod file;
mod fixtures;
mod gate;
mod library;
mod listener;
mod listing;
mod rate_limit;
mod routes;
mod search;
mod server;
mod state;
mod timestamp;
mod tls;
mod version;
mod wire;

use std::time::Duration;

pub use server::Emulator;

/// How an emulator behaves. The default listens without TLS on a free port and never limits.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Speak TLS, HTTP/2 or HTTP/1.1, with a certificate made at start.
    pub tls: bool,
    /// The key that callers must send.
    pub private_key: String,
    /// How many requests any `interval` may hold. None: a million a second.
    pub requests_per_interval: Option<u32>,
    /// The span over which requests are counted, where they are limited.
    pub interval: Duration,
    /// Waited before each answer.
    pub delay: Duration,
    /// Let requests ask for trouble, as the crate's documentation tells.
    pub faults: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            tls: false,
            private_key: "private_emulator_key".to_owned(),
            requests_per_interval: None,
            interval: Duration::from_secs(1),
            delay: Duration::ZERO,
            faults: false,
        }
    }
}
