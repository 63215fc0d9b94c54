//! Any settings, set by C and by Rust and found in the environment. Each is taken or refused as an invalid
//! argument, by both alike; what is sent goes to the host of the base URL, which is this machine where it is
//! http; no control character gets into a URL or a header; and no error document shows a secret.
#![no_main]

use std::ffi::{CString, c_char};
use std::net::IpAddr;
use std::ptr;

use imagekit::Status::{self, InvalidArgument};
use imagekit::ffi::call::{ik_call_free, ik_call_set_header};
use imagekit::ffi::client::{ik_client_free, ik_client_new};
use imagekit::ffi::config::*;
use imagekit::ffi::describe::ik_get_file_versions_call;
use imagekit::{Client, Config, Error, fuzzing, operation};
use imagekit_fuzz::answers::{Given, status};
use imagekit_fuzz::environment::{self, SECRET, VARIABLES, certify, place, set_variable, variable};
use libfuzzer_sys::fuzz_target;
use url::Url;

/// The same settings, for C and for Rust.
struct Twins {
    c: *mut ik_config,
    rust: Config,
    /// Of each setter, what its last call came to.
    refused: Vec<&'static str>,
    base_url: Option<String>,
}

impl Twins {
    fn set(
        &mut self,
        name: &'static str,
        text: &str,
        in_c: unsafe extern "C" fn(*mut ik_config, *const c_char) -> i32,
        in_rust: impl FnOnce(&mut Config, &str) -> Result<(), Error>,
    ) -> bool {
        let c_text = CString::new(text).unwrap();
        // SAFETY: a string that ends with a NUL.
        let got = status(unsafe { in_c(self.c, c_text.as_ptr()) });
        let in_rust = in_rust(&mut self.rust, text);
        self.note(name, got, in_rust)
    }

    fn set_number(
        &mut self,
        name: &'static str,
        in_c: i32,
        in_rust: impl FnOnce(&mut Config) -> Result<(), Error>,
    ) {
        let in_rust = in_rust(&mut self.rust);
        self.note(name, status(in_c), in_rust);
    }

    fn note(&mut self, name: &'static str, in_c: Status, in_rust: Result<(), Error>) -> bool {
        self.refused.retain(|refused| *refused != name);
        match in_rust {
            Ok(()) => assert_eq!(in_c, Status::Ok, "{name}"),
            Err(error) => {
                assert_eq!(
                    (in_c, error.status),
                    (InvalidArgument, InvalidArgument),
                    "{error}"
                );
                assert!(!error.document().contains(SECRET), "{error}");
                self.refused.push(name);
            }
        }
        in_c == Status::Ok
    }

    fn set_one(&mut self, choice: u8, text: &str) {
        let number = text
            .bytes()
            .take(8)
            .fold(0, |number, byte| number << 8 | u64::from(byte));
        let small = u32::from_be_bytes([0, choice, number as u8, (number >> 8) as u8]);
        match choice % 24 {
            0 => drop(self.set_key(&format!("{SECRET}{text}"))),
            1 => drop(self.set_key(&format!("{text}{SECRET}"))),
            2..6 => {
                if self.set(
                    "base_url",
                    text,
                    ik_config_set_base_url,
                    Config::set_base_url,
                ) {
                    self.base_url = Some(text.to_owned());
                }
            }
            6 | 7 => drop(self.set("proxy", text, ik_config_set_proxy, Config::set_proxy)),
            8 => {
                let proxy = format!("http://{text}:{SECRET}@127.0.0.1");
                self.set("proxy", &proxy, ik_config_set_proxy, Config::set_proxy);
            }
            9 => {
                let proxy = format!("http://u:{SECRET}{text}");
                self.set("proxy", &proxy, ik_config_set_proxy, Config::set_proxy);
            }
            10 => drop(self.set(
                "ca_file",
                &place(text),
                ik_config_set_ca_file,
                Config::set_ca_file,
            )),
            11 => certify(text),
            12 => self.set_number(
                "timeout_ms",
                ik_config_set_timeout_ms(self.c, number),
                |config| config.set_timeout_ms(number),
            ),
            13 => {
                let set = ik_config_set_connect_timeout_ms(self.c, number);
                self.set_number("connect_timeout_ms", set, |config| {
                    config.set_connect_timeout_ms(number)
                });
            }
            14 => {
                let set = ik_config_set_max_response_bytes(self.c, number);
                self.set_number("max_response_bytes", set, |config| {
                    config.set_max_response_bytes(number)
                });
            }
            15 => {
                let set = ik_config_set_max_requests_per_second(self.c, small);
                self.set_number("max_requests_per_second", set, |config| {
                    config.set_max_requests_per_second(small)
                });
            }
            at => set_variable(VARIABLES[usize::from(at) % VARIABLES.len()], text),
        }
    }

    fn set_key(&mut self, key: &str) -> bool {
        let is_good = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        let is_key = key.len() <= 512 && key.bytes().all(is_good);
        let is_set = self.set(
            "private_key",
            key,
            ik_config_set_private_key,
            Config::set_private_key,
        );
        assert_eq!(is_set, is_key, "{key:?}");
        is_set
    }

    /// Makes a client of each, which both can or neither.
    fn finish(&mut self, header: &str) {
        let (mut client, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        // SAFETY: places for what is given.
        let got = status(unsafe { ik_client_new(self.c, &mut client, &mut error) });
        let error = Given::new(error);
        if got != Status::Ok {
            assert!(client.is_null());
            let document = error.expect_error(got).to_string();
            assert!(!document.contains(SECRET), "{document}");
            assert_eq!(got, InvalidArgument, "{document}");
        }
        let in_rust = Client::new(&self.rust);
        match (got, &in_rust) {
            (Status::Ok, Ok(made)) => {
                assert!(self.refused.is_empty());
                let base_url = self
                    .base_url
                    .clone()
                    .or_else(|| variable("IMAGE_KIT_BASE_URL"));
                check_place(
                    made,
                    base_url.as_deref().unwrap_or("https://api.imagekit.io"),
                );
                check_header(made, client, header);
            }
            (_, Ok(_)) => assert!(!self.refused.is_empty(), "C alone refuses"),
            (_, Err(error)) => {
                assert_ne!(got, Status::Ok, "{error}");
                assert!(!error.document().contains(SECRET), "{error}");
            }
        }
        if let Ok(made) = in_rust {
            assert!(!format!("{made:?}").contains(SECRET));
        }
        assert!(!format!("{:?}", self.rust).contains(SECRET));
        ik_client_free(client);
    }
}

/// Requests go to the host of the base URL, below its path.
fn check_place(client: &Client, base_url: &str) {
    let description = client
        .describe(operation::get_file_versions("id").unwrap())
        .unwrap();
    let url = fuzzing::url_of(&description);
    assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
    let (sent, meant) = (Url::parse(url).unwrap(), Url::parse(base_url).unwrap());
    assert_eq!(sent.origin(), meant.origin(), "{base_url}");
    assert_eq!(
        sent.path(),
        format!(
            "{}/v1/files/id/versions",
            meant.path().trim_end_matches('/')
        )
    );
    assert_eq!(
        (
            sent.username(),
            sent.password(),
            sent.query(),
            sent.fragment()
        ),
        ("", None, None, None)
    );
    assert!(
        meant.username().is_empty() && meant.password().is_none(),
        "{base_url}"
    );
    assert_eq!(
        (meant.query(), meant.fragment()),
        (None, None),
        "{base_url}"
    );

    // What stands there is what is meant, where it is plain enough to be read without rules.
    let authority = base_url
        .split("://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    assert!(!authority.contains('@'), "{base_url}");
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    let is_plain = host
        .bytes()
        .all(|byte| byte.is_ascii_alphabetic() || byte == b'.');
    if is_plain && !host.to_ascii_lowercase().contains("xn--") {
        assert_eq!(
            sent.host_str(),
            Some(host.to_ascii_lowercase().as_str()),
            "{base_url}"
        );
    }

    let uri = http::Uri::try_from(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(uri.host(), sent.host_str(), "{url}");
    if sent.scheme() == "http" {
        let host = sent.host_str().unwrap();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let is_here = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        assert!(is_here, "the key would travel in clear: {url}");
    }
}

/// A header is set as it stands, or not at all.
fn check_header(client: &Client, in_c: *mut imagekit::ffi::client::ik_client, header: &str) {
    let (name, value) = header.split_once(':').unwrap_or((header, "x"));
    let mut description = client
        .describe(operation::get_file_versions("id").unwrap())
        .unwrap();
    let set = description.set_header(name, value);
    let headers = fuzzing::headers_of(&description);
    assert_eq!(headers.len(), usize::from(set.is_ok()));
    for (known, kept) in headers {
        assert_eq!(known.as_str(), name.to_ascii_lowercase());
        assert_eq!(kept.as_bytes(), value.as_bytes());
        assert!(
            value
                .bytes()
                .all(|byte| matches!(byte, b'\t' | b' '..=b'~')),
            "{header:?}"
        );
        let is_ours = matches!(
            known.as_str(),
            "host"
                | "authorization"
                | "connection"
                | "content-length"
                | "transfer-encoding"
                | "te"
                | "upgrade"
                | "expect"
                | "accept-encoding"
        );
        assert!(
            !is_ours && !known.as_str().starts_with("proxy-"),
            "{header:?}"
        );
    }

    let mut call = ptr::null_mut();
    let (name, value) = (CString::new(name).unwrap(), CString::new(value).unwrap());
    // SAFETY: strings that end with a NUL, and a place for the call.
    unsafe {
        assert_eq!(
            status(ik_get_file_versions_call(in_c, c"id".as_ptr(), &mut call)),
            Status::Ok
        );
        let got = status(ik_call_set_header(call, name.as_ptr(), value.as_ptr()));
        assert_eq!(got, set.err().map_or(Status::Ok, |error| error.status));
    }
    ik_call_free(call);
}

/// The settings, one a line: which, and the value.
fn play(input: &[u8]) {
    environment::clear();
    let mut twins = Twins {
        c: ik_config_new(),
        rust: Config::default(),
        refused: Vec::new(),
        base_url: None,
    };
    twins.set_key(&format!("{SECRET}_first"));
    let mut header = "X-One:1".to_owned();
    for line in input.split(|byte| *byte == 0).take(12) {
        let Some((choice, text)) = line.split_first() else {
            continue;
        };
        // What is not UTF-8 never gets beyond the door.
        let Ok(text) = std::str::from_utf8(text) else {
            if choice % 2 == 0 {
                environment::set_bytes(choice / 2, text);
                continue;
            }
            let text = CString::new(text).unwrap();
            // SAFETY: a string that ends with a NUL.
            let got = unsafe { ik_config_set_ca_file(twins.c, text.as_ptr()) };
            assert_eq!(status(got), InvalidArgument);
            // SAFETY: as above.
            unsafe { ik_config_set_ca_file(twins.c, c"".as_ptr()) };
            twins.refused.push("ca_file");
            continue;
        };
        match choice % 32 {
            24.. => header = text.to_owned(),
            _ if text.contains(SECRET) => {}
            _ => twins.set_one(*choice % 32, text),
        }
    }
    twins.finish(&header);
    ik_config_free(twins.c);
}

fuzz_target!(|input: &[u8]| play(input));
