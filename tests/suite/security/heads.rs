//! Nothing that is passed in becomes a line, a header or a request of its own.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::calls::{Calls, KEY};
use crate::script::Step::Read;
use crate::script::{Request, Server, ok, send};
use crate::steps::Steps;
use crate::support::in_parallel;

/// What somebody might try, beside bytes that some software takes for a line break, or for an end.
const HOSTILE: &[&[u8]] = &[
    b"\r\nX-Injected: 1",
    b"\nX-Injected: 1",
    b"\rX-Injected: 1",
    b"\r\n X-Folded: 1",
    b"x\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
    b" HTTP/1.1\r\nX-Injected: 1\r\n\r\n",
    b"x\r\n",
    b"\n",
    b"\t",
    b"\x01",
    b"\x0b",
    b"\x0c",
    b"\x1f",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc0\x80",             // NUL, too long
    b"\xe0\x80\x8d",         // CR, too long
    "\u{85}X: 1".as_bytes(), // a line break of other standards
    "\u{2028}X: 1".as_bytes(),
    "\u{560d}\u{560a}X-Injected: 1".as_bytes(), // whose low bytes are CR and LF
    "\u{10a}X: 1".as_bytes(),
    "é".as_bytes(),
    b"%0d%0aX-Injected:%201",
    b"\\r\\nX-Injected: 1",
    b"\": 1, \"x",
    b": ",
];

fn join(parts: &[&[u8]]) -> OsString {
    OsString::from_vec(parts.concat())
}

/// Where a hostile text is put in, and what is sent with it.
type Place = (&'static str, fn(&str, &[u8]) -> Calls);

#[rustfmt::skip]
const PLACES: &[Place] = &[
    ("key",        |url, text| Calls::bare().set("--base-url", url).set("--key", join(&[b"private_k", text]))),
    ("variable",   |url, text| Calls::bare().set("--base-url", url).env("IMAGEKIT_PRIVATE_KEY", join(&[b"private_k", text, b"k"]))),
    ("base URL",   |url, text| Calls::bare().set("--key", KEY).set("--base-url", join(&[url.as_bytes(), b"/p", text]))),
    ("host",       |url, text| Calls::bare().set("--key", KEY).set("--base-url", join(&[url.as_bytes(), text]))),
    ("file id",    |url, text| Calls::to(url).set("--file-id", join(&[b"f", text]))),
    ("version id", |url, text| details(url).set("--version-id", join(&[b"v", text]))),
    ("method",     |url, text| Calls::to(url).request(join(&[b"GET", text]), "/v1")),
    ("path",       |url, text| Calls::to(url).request("GET", join(&[b"/v1", text]))),
    ("query",      |url, text| Calls::to(url).request("GET", join(&[b"/v1?q=", text]))),
    ("body",       |url, text| Calls::to(url).request("POST", "/v1").set("--body", join(&[b"{\"a\": \"", text, b"\"}"]))),
    ("after body", |url, text| Calls::to(url).request("PUT", "/v1").set("--body", join(&[b"{}", text]))),
    ("CA file",    |url, text| Calls::to(url).set("--ca-file", join(&[b"/nowhere", text]))),
];

fn details(url: &str) -> Calls {
    Calls::to(url).set("--operation", "details")
}

const ALWAYS: [&str; 5] = [
    "accept",
    "accept-encoding",
    "authorization",
    "host",
    "user-agent",
];

/// The names of a request's headers, in order of the alphabet; nothing in it is a line break but one.
fn names(request: &Request) -> Vec<String> {
    let head = request.head.strip_suffix("\r\n\r\n").expect("a whole head");
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    assert_eq!(first.split(' ').count(), 3, "{head:?}");
    assert!(first.ends_with(" HTTP/1.1"), "{head:?}");
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    assert!(head.replace("\r\n", "").bytes().all(is_plain), "{head:?}");
    let names = lines.map(|line| line.split_once(": ").expect("a header").0);
    let mut names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    names.sort();
    names
}

#[test]
fn no_argument_adds_a_line_to_a_request() {
    let rows: Vec<_> = PLACES
        .iter()
        .flat_map(|(place, calls)| HOSTILE.iter().map(move |text| (*place, *calls, *text)))
        .collect();
    in_parallel(&rows, |&(place, calls, text)| {
        let server = Server::answers([ok(r#"["x"]"#)]);
        let answer = calls(&server.url(), text).answer();
        let what = format!("{place}, {:?}: {answer:?}", String::from_utf8_lossy(text));
        let requests = server.requests();
        match &requests[..] {
            [] => assert_eq!(answer.status, "invalid_argument", "{what}"),
            [request] => {
                let names = names(request);
                let (ours, more): (Vec<_>, Vec<_>) = names
                    .iter()
                    .map(String::as_str)
                    .partition(|name| ALWAYS.contains(name));
                assert_eq!(ours, ALWAYS, "{what}");
                match more[..] {
                    [] => assert_eq!(request.body, b"", "{what}"),
                    ["content-length", "content-type"] => {
                        let body = request.body.escape_ascii().to_string();
                        let sent = text.escape_ascii().to_string();
                        assert!(body.contains(&sent), "{body}: {what}");
                    }
                    _ => panic!("{names:?}: {what}"),
                }
            }
            _ => panic!("{requests:?}: {what}"),
        }
        assert!(server.connection_count() <= 1, "{what}");
    });
}

/// Those of them that an argument has to take must not be the reason that none is sent.
#[test]
fn what_means_nothing_to_http_is_sent_on() {
    let rows: &[(&str, &[u8])] = &[
        ("file id", b"%0d%0aX-Injected:%201"),
        ("version id", "\u{560d}\u{560a}X-Injected: 1".as_bytes()),
        ("path", b"%0d%0aX-Injected:%201"),
        ("body", "\u{2028}X: 1".as_bytes()),
        ("after body", b"\n"),
        ("variable", b"%0d%0aX-Injected_%201"),
    ];
    in_parallel(rows, |(place, text)| {
        let server = Server::answers([ok(r#"["x"]"#)]);
        let (_, calls) = PLACES
            .iter()
            .find(|(name, _)| name == place)
            .expect("a place");
        let answer = calls(&server.url(), text).answer();
        assert_eq!(server.requests().len(), 1, "{place}: {answer:?}");
    });
}

#[test]
fn no_header_of_the_caller_adds_another_line() {
    in_parallel(HOSTILE, |text| {
        let value = join(&[b"v", text]);
        let name = join(&[b"X-Mine", text]);
        for (name, value) in [(OsStr::new("X-Mine"), &*value), (&name, OsStr::new("v"))] {
            let server = Server::answers([ok("[]")]);
            let steps = Steps::on(&server).take("versions f header");
            let answers = steps.word(name).word(value).take("perform").answers();
            let what = format!("{name:?} {value:?} {answers:?}");
            match &server.requests()[..] {
                [] => assert_eq!(answers[2].status, "invalid_argument", "{what}"),
                [request] if value.as_bytes().contains(&b'\t') => {
                    assert!(request.head.contains("\r\nx-mine: v\t\r\n"), "{what}");
                }
                [request] => {
                    let names = names(request);
                    let mine = names.iter().filter(|name| *name == "x-mine").count();
                    assert_eq!((mine, names.len()), (1, ALWAYS.len() + 1), "{what}");
                }
                more => panic!("{more:?}: {what}"),
            }
        }
    });
}

#[test]
fn no_part_of_a_proxys_url_adds_a_line_to_what_it_is_asked() {
    in_parallel(HOSTILE, |text| {
        for [before, after] in [
            ["http://us", "er:pw@"],
            ["http://user:p", "w@"],
            ["http://", ""],
        ] {
            let refusal = send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n");
            let proxy = Server::connections([vec![Read, refusal]]);
            let address = proxy.address().to_string();
            let url = join(&[
                before.as_bytes(),
                text,
                after.as_bytes(),
                address.as_bytes(),
            ]);
            let calls = Calls::to("https://api.example").number("--max-retries", 0);
            let answer = calls
                .number("--timeout-ms", 5000)
                .set("--proxy", &url)
                .answer();
            let names = proxy.requests().iter().map(names).collect::<Vec<_>>();
            match &names[..] {
                [] => assert_ne!(answer.status, "ok", "{url:?}"),
                [names] if !after.is_empty() => {
                    assert_eq!(
                        names[..],
                        ["host", "proxy-authorization", "user-agent"],
                        "{url:?}"
                    );
                }
                [names] => assert_eq!(names[..], ["host", "user-agent"], "{url:?}"),
                more => panic!("{more:?}: {url:?}"),
            }
        }
    });
}
