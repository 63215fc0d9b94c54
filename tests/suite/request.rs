//! What goes out on the wire.

use percent_encoding::percent_decode_str;

use crate::calls::{Calls, KEY, basic};
use crate::script::{Server, ok};
use crate::support::in_parallel;

#[test]
fn a_request_is_what_the_api_asks_for() {
    let server = Server::answers([ok("[]")]);
    assert_eq!(Calls::to(&server.url()).answer().json(), "[]");

    let requests = server.requests();
    let [request] = &requests[..] else {
        panic!("one request, not {requests:?}")
    };
    assert_eq!(request.line(), "GET /v1/files/6a1b/versions HTTP/1.1");
    let authorization = format!("Basic {}", basic(KEY));
    let user_agent = format!("libimagekit/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("authorization"), Some(&*authorization));
    assert_eq!(request.header("user-agent"), Some(&*user_agent));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.header("host"), Some(&*server.address().to_string()));
    assert_eq!(request.header("content-length"), None);
}

#[test]
fn a_prefix_of_the_base_url_comes_first_and_its_last_slash_counts_not() {
    let server = Server::answers([ok("[]")]);
    let cases = [
        ("", "/v1/files/6a1b/versions"),
        ("/", "/v1/files/6a1b/versions"),
        ("/a/prefix", "/a/prefix/v1/files/6a1b/versions"),
        ("/a/prefix/", "/a/prefix/v1/files/6a1b/versions"),
    ];
    for (number, (prefix, path)) in cases.into_iter().enumerate() {
        let url = server.url() + prefix;
        assert_eq!(Calls::to(&url).answer().json(), "[]", "{url}");
        let line = format!("GET {path} HTTP/1.1");
        assert_eq!(server.requests()[number].line(), line);
    }
}

#[test]
fn the_name_localhost_is_loopback() {
    let server = Server::answers([ok("[]")]);
    let url = format!("http://localhost:{}", server.address().port());
    assert_eq!(Calls::to(&url).answer().json(), "[]");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn an_id_arrives_as_one_encoded_segment() {
    let longest = "x".repeat(256);
    let multibyte = "é".repeat(128);
    let ids = [
        "6a1b",
        "a/b",
        "../../v1/files",
        "a b",
        "%41",
        "%2e%2e",
        "a%2Fb",
        "é",
        "日本",
        "😀",
        "a?b=c",
        "a#b",
        "a\\b",
        "...",
        ".hidden",
        "a..b",
        "a;b,c",
        "a+b",
        "\"<>^`{|}",
        "[~]",
        ":@&=$!'()*",
        &longest,
        &multibyte,
    ];
    in_parallel(&ids, |id| {
        let server = Server::answers([ok("[]")]);
        assert_eq!(
            Calls::to(&server.url())
                .set("--file-id", id)
                .answer()
                .json(),
            "[]"
        );

        let requests = server.requests();
        let words: Vec<_> = requests[0].line().split(' ').collect();
        let ["GET", path, "HTTP/1.1"] = words[..] else {
            panic!("{words:?}")
        };
        let segments: Vec<_> = path.split('/').collect();
        let ["", "v1", "files", segment, "versions"] = segments[..] else {
            panic!("{path}")
        };
        assert!(
            segment.bytes().all(|byte| byte.is_ascii_graphic()),
            "{path}"
        );
        assert!(!segment.contains(['?', '#', '\\']), "{path}");
        let decoded = percent_decode_str(segment).decode_utf8().expect("UTF-8");
        assert_eq!(decoded, **id);
    });
}
