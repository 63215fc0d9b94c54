//! What a caller may give to `ik_request()`: it goes out as it stands, or nothing is sent and the
//! message names the argument.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::expect_bare;
use crate::calls::{Answer, Calls, KEY};
use crate::hosts::new_path;
use crate::script::{Server, ok};
use crate::support::{c_program, in_parallel};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn expect_refused(answer: &Answer, name: &str) {
    assert_eq!(answer.status, "invalid_argument", "{answer:?}");
    assert!(answer.message().starts_with(name), "{answer:?}");
    assert!(matches!(answer.attempts(), None | Some(0)), "{answer:?}");
    assert!(answer.error()["httpStatus"].is_null(), "{answer:?}");
}

#[test]
fn each_method_goes_out_with_a_body_or_without() {
    const BODY: &str = " {\"n\" : 1.50,\"n\":9007199254740993,\"e\":\"\\/\\ud800é\"}\r\n";
    in_parallel(&METHODS, |method| {
        let server = Server::answers([ok("{}")]);
        let calls = || Calls::to(&server.url()).request(method, "/v1/files?limit=10");
        let line = format!("{method} /v1/files?limit=10 HTTP/1.1");
        assert_eq!(calls().answer().json(), "{}");
        assert_eq!(calls().set("--body", BODY).answer().json(), "{}");
        let [bare, full] = &server.requests()[..] else {
            panic!("two requests")
        };
        expect_bare(bare, &line);
        assert_eq!(full.line(), line);
        assert_eq!(full.header("content-type"), Some("application/json"));
        assert_eq!(
            full.header("content-length"),
            Some(&*BODY.len().to_string())
        );
        assert_eq!(full.header("accept"), Some("application/json"));
        assert_eq!(full.header("transfer-encoding"), None);
        assert_eq!(full.body, BODY.as_bytes());
    });
}

#[test]
fn a_method_is_one_of_five_exactly_so() {
    let server = Server::answers([ok("{}")]);
    #[rustfmt::skip]
    let methods = [
        "", "get", "Post", "HEAD", "OPTIONS", "CONNECT", "TRACE", "GET ", " GET", "GET\r\n", "G", "GETT", "*",
        "GET / HTTP/1.1\r\nX: y\r\n\r\n", "ΡUT",
    ];
    in_parallel(&methods, |method| {
        let answer = Calls::to(&server.url()).request(method, "/v1").answer();
        expect_refused(&answer, "method ");
    });
    assert_eq!(server.connection_count(), 0);
}

#[rustfmt::skip]
const GOOD_PATHS: &[&str] = &[
    "/", "/v1/files", "/v1/files/", "/v1/files?limit=10&skip=0", "/v1/files?", "/v1//files",
    "/v1/a%20b", "/%C3%A9", "/%c3%a9?x=%c3%A9", "/%00%0d%0a%23%3f", "/..c", "/.c/d..", "/...", "/%2e%2e%2e",
    "/%2ec", "/%252e%252e", "/a%252fb", "/v1?path=/a/../b&x=%2f%5C", "/v1?/../..", "/v1?a=//b?c", "/a?b=c=d&&e",
    "/-._~!$&()*+,;=:@", "/@host/x", "/:80/x", "/;..;/x", "/~/.a/b.",
];

#[test]
fn a_path_goes_out_as_it_stands() {
    in_parallel(GOOD_PATHS, |path| {
        let server = Server::answers([ok("{}")]);
        for prefix in ["", "/", "/pre/fix", "/pre/fix/"] {
            let calls = Calls::to(&(server.url() + prefix)).request("GET", path);
            assert_eq!(calls.answer().json(), "{}");
            let line = format!("GET {}{path} HTTP/1.1", prefix.trim_end_matches('/'));
            let requests = server.requests();
            assert_eq!(requests.last().expect("a request").line(), line);
        }
        assert_eq!(server.requests().len(), 4);
    });
}

#[test]
fn a_path_of_8192_bytes_goes_out_and_a_longer_one_does_not() {
    let server = Server::answers([ok("{}")]);
    let path = "/".to_owned() + &"a".repeat(4000) + "?" + &"b".repeat(4190);
    let calls = |path: &str| Calls::to(&server.url()).request("GET", path).answer();
    assert_eq!(calls(&path).json(), "{}");
    assert_eq!(path.len(), 8192);
    let line = format!("GET {path} HTTP/1.1");
    assert_eq!(server.requests()[0].line(), line);
    expect_refused(&calls(&(path + "b")), "path ");
    assert_eq!(server.requests().len(), 1);
}

#[rustfmt::skip]
const BAD_PATHS: &[&[u8]] = &[
    b"", b"v1/files", b"?limit=1", b"//host/x", b"///x", b"http://host/x", b"https://api.imagekit.io/v1", b"@host/",
    b":80/", b".host/", b"/..", b"/.", b"/../x", b"/a/..", b"/a/../b", b"/a/./b", b"/a/..?x", b"/./", b"/%2e", b"/%2E/x",
    b"/a/%2e%2E", b"/a/.%2e/b", b"/a/%2e./b", b"/a/%2E%2e?x", b"/a%2fb", b"/a%2Fb", b"/a%5Cb", b"/a%5cb", b"/..%2f",
    b"/a\\b", b"/\\host/x", b"/a?b\\c", b"/a#b", b"/#", b"/a?b#c", b"/a b", b" /a", b"/a ", b"/a\tb", b"/a\n", b"\n/a",
    b"/a HTTP/1.1\r\nX-Injected: 1\r\n\r\n", b"/a\r\nX-Injected: 1", b"/a?b\r\nc", b"/a\x0bb", b"/a\x7fb", b"/a\x01b",
    "/é".as_bytes(), "/a?é".as_bytes(), "/a\u{a0}b".as_bytes(), b"/\xff", b"/a\xc3",
    b"/a\"b", b"/a<b", b"/a>b", b"/a{b}", b"/a`b",
];

#[test]
fn a_path_that_could_lead_elsewhere_is_refused_and_nothing_is_sent() {
    let server = Server::answers([ok("{}")]);
    in_parallel(BAD_PATHS, |path| {
        for prefix in ["", "/pre/fix"] {
            let calls = Calls::to(&(server.url() + prefix));
            let answer = calls.request("POST", OsStr::from_bytes(path)).answer();
            expect_refused(&answer, "path ");
        }
    });
    assert_eq!(server.connection_count(), 0);
}

/// A path that would be sent encoded is refused; in a query the encoded form means the same.
#[test]
fn every_byte_of_a_path_arrives_as_it_is_and_of_a_query_as_what_it_means() {
    let server = Server::answers([ok("{}")]);
    let run = c_program("operations").command().arg("bytes");
    let run = run.arg("--base-url").arg(server.url());
    let seen = run.arg("--key").arg(KEY).run().expect_ok();
    let mut requests = server.requests().into_iter();
    let mut taken = HashMap::<_, String>::new();
    for line in seen.stdout.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let [byte, in_query, status] = words[..] else {
            panic!("{line}")
        };
        if status != "ok" {
            assert_eq!(status, "invalid_argument", "{line}");
            continue;
        }
        let char = char::from(byte.parse::<u8>().expect("a byte"));
        let begin = if in_query == "1" { "files?x=" } else { "" };
        let line = requests.next().expect("a request").line().to_owned();
        let encoded = format!("%{:02X}", u32::from(char));
        let is_expected = |sent: &str| line == format!("GET /v1/{begin}a{sent}b HTTP/1.1");
        let is_meant = is_expected(&char.to_string()) || in_query == "1" && is_expected(&encoded);
        assert!(is_meant, "{line}");
        taken.entry(in_query.to_owned()).or_default().push(char);
    }
    assert!(requests.next().is_none());
    // What RFC 3986 allows without encoding must not be among the refused, nor any mark in a query.
    for (in_query, unreserved) in [
        ("0", "-._~!$&'()*+,;=:@?/%"),
        ("1", "-._~!$&'()*+,;=:@?/%\"<>{}|^`[]"),
    ] {
        let alphanumeric = ('a'..='z').chain('A'..='Z').chain('0'..='9');
        for char in alphanumeric.chain(unreserved.chars()) {
            assert!(taken[in_query].contains(char), "{char} {in_query}");
        }
    }
}

#[rustfmt::skip]
const BAD_BODIES: &[&[u8]] = &[
    b"", b" ", b"{", b"{}x", b"{}{}", b"{} //", b"[1,]", b"{'a':1}", b"{a:1}", b"nul", b"NaN", b"01", b"\"a", b"\"\n\"",
    b"\"\\x\"", b"\xef\xbb\xbf{}", b"\"\xff\"", b"\xff", b"a=b&c=d", b"<xml/>",
];

#[test]
fn a_body_that_is_no_json_is_refused_and_nothing_is_sent() {
    let server = Server::answers([ok("{}")]);
    in_parallel(BAD_BODIES, |body| {
        let calls = Calls::to(&server.url()).request("POST", "/v1/x");
        let answer = calls.set("--body", OsStr::from_bytes(body)).answer();
        expect_refused(&answer, "body_json ");
    });
    assert_eq!(server.connection_count(), 0);
}

#[test]
fn a_body_may_be_any_json_256_deep() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    let server = Server::answers([ok("{}")]);
    let calls = |body: &str| {
        Calls::to(&server.url())
            .request("PATCH", "/x")
            .set("--body", body)
    };
    let bodies = [
        "null",
        "1e999",
        "\"\"",
        "\t[ ]\n",
        r#""\ud800\u0000""#,
        &nested(256),
    ];
    for (number, body) in bodies.iter().enumerate() {
        assert_eq!(calls(body).answer().json(), "{}", "{body}");
        assert_eq!(server.requests()[number].body, body.as_bytes());
    }
    let answer = calls(&nested(257)).answer();
    expect_refused(&answer, "body_json ");
    assert!(answer.message().contains("256"), "{answer:?}");
    assert_eq!(server.requests().len(), bodies.len());
}

#[test]
fn a_body_of_a_mebibyte_arrives_byte_for_byte() {
    let row = r#"{"é":"\/😀","n":1.0},"#;
    let body = format!("[{}0]", row.repeat((1 << 20) / row.len() + 1));
    let file = new_path("body.json");
    fs::write(&file, &body).expect("a file for the body");
    let server = Server::answers([ok("[1]")]);
    let calls = Calls::to(&server.url()).request("PUT", "/v1/x");
    assert_eq!(calls.set("--body-file", file).answer().json(), "[1]");
    assert!(server.requests()[0].body == body.as_bytes(), "it changed");
}

#[test]
fn an_error_of_the_request_names_its_method_and_path() {
    let server = Server::answers([crate::script::answer(418, "", "")]);
    let calls = Calls::to(&(server.url() + "/pre")).request("PATCH", "/v1/x?y=z");
    let message = calls.answer().message();
    assert!(message.contains("PATCH /pre/v1/x"), "{message}");
}
