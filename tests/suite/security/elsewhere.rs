//! No request goes to another host than the base URL's, or leaves its prefix.

use percent_encoding::percent_decode_str;

use crate::calls::{Answer, Calls};
use crate::script::{Server, answer, ok, send};
use crate::support::in_parallel;

const PREFIX: &str = "/a/prefix";

/// The server of the base URL, and another one of which nobody may ask anything.
struct Two {
    base: Server,
    other: Server,
}

impl Two {
    /// Every request gets this answer, in whose headers OTHER and BASE have their meaning.
    fn new(status: u16, headers: &'static str, body: &'static str) -> Self {
        let other = Server::answers([ok("[]")]);
        let headers = headers.replace("OTHER", &other.address().to_string());
        let base = Server::deciding(move |_, request| {
            let host = request.header("host").unwrap_or_default();
            vec![send(answer(status, &headers.replace("BASE", host), body))]
        });
        Self { base, other }
    }

    fn good(body: &'static str) -> Self {
        Self::new(200, "Content-Type: application/json\r\n", body)
    }

    fn calls(&self) -> Calls {
        Calls::to(&format!("{}{PREFIX}", self.base.url()))
    }

    /// A text of a table: OTHER is the other server's host and port, BASE the good one's.
    fn text(&self, text: &str) -> String {
        let (base, other) = (self.base.address(), self.other.address());
        text.replace("OTHER", &other.to_string())
            .replace("BASE", &base.to_string())
            .replace("PORT", &base.port().to_string())
    }

    /// Refused before anything was sent, or arrived as exactly one request: its path.
    fn path_of(&self, answer: &Answer) -> Option<String> {
        assert_eq!(self.other.connection_count(), 0, "{answer:?}");
        if answer.status == "invalid_argument" {
            assert_eq!(self.base.connection_count(), 0, "{answer:?}");
            return None;
        }
        assert_eq!(answer.status, "ok", "{answer:?}");
        let requests = self.base.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        let words: Vec<_> = requests[0].line().split(' ').collect();
        let [_, path, "HTTP/1.1"] = words[..] else {
            panic!("{words:?}")
        };
        let host = self.base.address().to_string();
        let is_host = |name: &str| name == host || name.starts_with("localhost:");
        assert!(
            requests[0].header("host").is_some_and(is_host),
            "{requests:?}"
        );
        Some(path.to_owned())
    }
}

const CODES: [u16; 9] = [300, 301, 302, 303, 304, 305, 306, 307, 308];

#[rustfmt::skip]
const LOCATIONS: &[&str] = &[
    "Location: http://OTHER/x\r\n", "Location: https://OTHER/x\r\n", "Location: //OTHER/x\r\n",
    "Location: http:OTHER\r\n", "Location: \\\\OTHER\\x\r\n", "Location: http://user:pw@OTHER/\r\n",
    "Location: http://BASE@OTHER/\r\n", "Location: /v1/elsewhere\r\n", "Location: elsewhere?x\r\n",
    "Location: http://BASE/v1/elsewhere\r\n", "Location: http://[half\r\n", "Location: \r\n", "",
];

#[test]
fn no_redirect_is_followed() {
    let rows: Vec<_> = CODES
        .iter()
        .flat_map(|code| LOCATIONS.iter().map(move |location| (*code, *location)))
        .collect();
    in_parallel(&rows, |&(code, location)| {
        for method in ["GET", "PUT", "POST"] {
            let two = Two::new(code, location, "{}");
            let answer = two.calls().request(method, "/v1/files").answer();
            assert_eq!(answer.status, "unexpected_status", "{answer:?}");
            assert_eq!(two.base.requests().len(), 1, "{answer:?}");
            assert_eq!(two.other.connection_count(), 0, "{answer:?}");
        }
    });
}

const HINTS: &[(u16, &str)] = &[
    (
        200,
        "Alt-Svc: h2=\"OTHER\"; ma=3600, http/1.1=\"OTHER\"\r\n",
    ),
    (200, "Refresh: 0; url=http://OTHER/\r\n"),
    (200, "Content-Location: http://OTHER/x\r\n"),
    (200, "Location: http://OTHER/x\r\n"),
    (200, "Link: <http://OTHER/x>; rel=preload\r\n"),
    (201, "Location: http://OTHER/x\r\n"),
    (202, "Location: http://OTHER/x\r\nRetry-After: 0\r\n"),
];

#[test]
fn no_hint_in_an_answer_leads_elsewhere() {
    in_parallel(HINTS, |(code, header)| {
        let two = Two::new(*code, header, "[]");
        for answer in two.calls().number("--repeat", 3).answers() {
            assert_eq!(answer.status, "ok", "{answer:?}");
        }
        assert_eq!(two.base.requests().len(), 3);
        assert_eq!(two.other.connection_count(), 0);
    });
}

/// Sent as they stand, after the prefix of the base URL.
#[rustfmt::skip]
const PATHS: &[&str] = &[
    "/", "/v1/files", "/@OTHER/x", "/x@OTHER", "/:80@OTHER", "/user:pw@OTHER/", "/http://OTHER/x",
    "/x//OTHER/", "/;@OTHER", "/v1?url=http://OTHER/../..", "/v1?@OTHER", "/v1?/../..",
    "/v1?%2f%2e%2e", "/..x", "/x..", "/...", "/%2e%2ex", "/%252e%252e/x", "/%252f", "/%00",
    "/%0d%0aHost:%20OTHER", "/%zz%", "/*",
];

/// Would lead elsewhere, or nobody knows where.
#[rustfmt::skip]
const BAD_PATHS: &[&str] = &[
    "", "x", "?x", "#/x", "@OTHER/x", ":80@OTHER/x", "OTHER/x", ".OTHER/x", "http://OTHER/x",
    "HTTPS://OTHER/x", "//OTHER/x", "///OTHER/x", "\\\\OTHER\\x", "/\\OTHER/x", "\\/OTHER/x",
    "/x\\..\\..\\y", "/x#@OTHER", "/..", "/.", "/./x", "/../x", "/x/../../../y", "/x/..", "/..?x",
    "/%2e%2e/x", "/%2E%2e", "/.%2e/x", "/%2e/x", "/..%2fx", "/%2e%2e%2fx", "/a%2Fb", "/a%5cb",
    "/a%5C..%5Cb", " ", " /x", "/x ", "/x y", "/ /OTHER", "\t/x", "/x\ty", "/\t/OTHER", "\n//OTHER",
    "/\n/OTHER", "/x\n", "/x HTTP/1.1\r\nHost: OTHER\r\n\r\n", "/x\u{1}", "/x\u{7f}", "/é",
    "/\u{ff0f}OTHER", "/\u{ff0e}\u{ff0e}/x", "/\u{2215}OTHER", "/\u{2028}", "\u{feff}/x",
];

/// One byte less than is refused, and one that is.
const LONGEST_PATH: usize = 8192;

#[test]
fn a_path_arrives_under_the_prefix_as_it_is_or_is_refused() {
    let long = |length: usize| format!("/{}", "a".repeat(length - 1));
    let rows = PATHS.iter().map(|path| (path.to_string(), true));
    let bad = BAD_PATHS.iter().map(|path| (path.to_string(), false));
    let edge = [(long(LONGEST_PATH), true), (long(LONGEST_PATH + 1), false)];
    let rows: Vec<_> = rows.chain(bad).chain(edge).collect();
    in_parallel(&rows, |(path, is_good)| {
        for method in ["GET", "DELETE"] {
            let two = Two::good("{}");
            let path = two.text(path);
            let answer = two.calls().request(method, &path).answer();
            let expected = is_good.then(|| format!("{PREFIX}{path}"));
            assert_eq!(two.path_of(&answer), expected, "{answer:?}");
        }
    });
}

/// Each of these is one segment, and arrives as it was given.
#[rustfmt::skip]
const IDS: &[&str] = &[
    "//OTHER", "http://OTHER/x", "\\\\OTHER\\", "@OTHER", "x@OTHER", ":80@OTHER", "../../x",
    "..\\..\\x", "/..", "../", "...", "%2e%2e", "%2E%2E%2F", "..%2f..", "%252e", "%00", "%0d%0a",
    "#", "?", "x?url=//OTHER", "x#y", " ", " x ", ";x=y", "*", "é", "\u{ff0e}\u{ff0e}",
    "\u{ff0f}OTHER", "\u{2028}", "\u{feff}",
];

const BAD_IDS: &[&str] = &[
    "", ".", "..", "x\ty", "x\n", "\r\n", "\u{7f}", "\u{85}", "\u{1b}",
];

#[test]
fn an_id_is_one_segment_of_the_path_or_is_refused() {
    let rows = IDS.iter().map(|id| (id.to_string(), true));
    let bad = BAD_IDS.iter().map(|id| (id.to_string(), false));
    let edge = [("é".repeat(128), true), ("é".repeat(128) + "x", false)];
    let rows: Vec<_> = rows.chain(bad).chain(edge).collect();
    in_parallel(&rows, |(id, is_good)| {
        // The operation, which of the two ids is the odd one, and what is around its segment.
        for (operation, is_file, around) in [
            ("versions", true, ["/v1/files/", "/versions"]),
            ("details", true, ["/v1/files/", "/versions/v"]),
            ("details", false, ["/v1/files/f/versions/", ""]),
            ("delete", false, ["/v1/files/f/versions/", ""]),
            ("restore", true, ["/v1/files/", "/versions/v/restore"]),
            ("restore", false, ["/v1/files/f/versions/", "/restore"]),
        ] {
            let body = if operation == "versions" { "[]" } else { "{}" };
            let two = Two::good(body);
            let id = two.text(id);
            let (file, version) = if is_file { (&*id, "v") } else { ("f", &*id) };
            let calls = two.calls().set("--operation", operation);
            let answer = calls.set("--file-id", file).set("--version-id", version);
            let path = two.path_of(&answer.answer());
            let [before, after] = around;
            let before = format!("{PREFIX}{before}");
            let segment = path.as_ref().map(|path| {
                let rest = path.strip_prefix(&before).expect("what comes before");
                rest.strip_suffix(after).expect("what comes after")
            });
            let is_plain = |segment: &str| !segment.contains(['/', '\\', '?', '#']);
            assert!(segment.is_none_or(is_plain), "{operation}: {segment:?}");
            let decoded = segment.map(|one| percent_decode_str(one).decode_utf8().expect("UTF-8"));
            assert_eq!(decoded.as_deref(), is_good.then_some(&*id), "{operation}");
        }
    });
}

/// Odd names of this machine: whoever takes them asks it and nobody else.
#[rustfmt::skip]
const URLS: &[&str] = &[
    "http://BASE", "http://BASE/", "HTTP://BASE", "http://LOCALHOST:PORT", "http://127.1:PORT",
    "http://0x7f.0.0.1:PORT", "http://0x7f000001:PORT", "http://2130706433:PORT",
    "http://0177.0.0.1:PORT", "http://127.0.0.1.:PORT", "http://%31%32%37.0.0.1:PORT",
    "http://\u{ff11}\u{ff12}\u{ff17}.0.0.1:PORT", "http://\u{2460}\u{2461}\u{2466}.0.0.1:PORT",
    "http://127\u{3002}0\u{3002}0\u{3002}1:PORT", "http://BASE//", "http://BASE/@OTHER",
    "http://BASE/http://OTHER", "http://BASE/;@OTHER", "http://BASE/%40OTHER",
];

#[rustfmt::skip]
const BAD_URLS: &[&str] = &[
    "http://BASE@OTHER", "http://OTHER@BASE", "http://@BASE", "http://:@BASE",
    "http://user:pw@BASE", "http://BASE%40OTHER", "http://BASE\\@OTHER", "http://OTHER\\@BASE",
    "http://BASE#@OTHER", "http://BASE?@OTHER", "http://BASE/#x", "http://BASE/?x", "//BASE",
    "BASE", "http:BASE", "http:/BASE", "http:///BASE", "http:\\\\BASE", "http//BASE",
    "javascript://BASE", "file:///BASE", "ws://BASE", " http://BASE", "http://BASE ",
    "http:// BASE", "ht\ntp://BASE", "http://\tBASE", "http://BASE\r\nHost: OTHER",
    "http://BASE\u{2028}", "\u{feff}http://BASE", "http://BASE/..", "http://BASE/x/../y",
    "http://BASE/./", "http://BASE/%2e%2e/x", "http://BASE/x\\y", "http://BASE:80",
    "http://127.0.0.1:99999", "http://127.0.0.1:-1", "http://0.0.0.0:PORT", "http://[::]:PORT",
    "http://[::ffff:127.0.0.1]:PORT", "http://127.0.0.1.example:PORT",
    "http://localhost.example:PORT", "http://127.0.0.1%00.example:PORT", "http://256.0.0.1:PORT",
];

#[test]
fn a_base_url_leads_to_the_server_that_it_names_or_is_refused() {
    let rows = URLS.iter().map(|url| (*url, true));
    let rows: Vec<_> = rows
        .chain(BAD_URLS.iter().map(|url| (*url, false)))
        .collect();
    in_parallel(&rows, |&(url, may_be_good)| {
        let two = Two::good("[]");
        let url = two.text(url);
        let from_config = Calls::to(&url);
        let path = two.path_of(&from_config.answer());
        assert!(may_be_good || path.is_none(), "{url}: {path:?}");
        let ending = "/v1/files/6a1b/versions";
        assert!(path.is_none_or(|path| path.ends_with(ending)), "{url}");
    });
}

#[test]
fn the_plain_names_of_this_machine_are_good_base_urls() {
    in_parallel(
        &["http://BASE", "http://LOCALHOST:PORT", "http://127.1:PORT"],
        |url| {
            let two = Two::good("[]");
            let answer = Calls::to(&two.text(url)).answer();
            assert_eq!(
                two.path_of(&answer).as_deref(),
                Some("/v1/files/6a1b/versions")
            );
        },
    );
}
