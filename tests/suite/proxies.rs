//! Proxies: which one is taken. What it gets to see and how it fails is in the fault matrix.

use crate::calls::Calls;
use crate::script::Step::Read;
use crate::script::{Server, ok, send};
use crate::tls::emulator;

/// A proxy that takes note of what it is asked, and refuses.
fn refusing_proxy() -> Server {
    Server::connections([vec![
        Read,
        send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"),
    ]])
}

#[test]
fn the_environments_proxy_is_taken_in_its_order() {
    let (right, wrong) = (refusing_proxy(), refusing_proxy());
    let bare = right.address().to_string();
    let (good, bad) = (right.url(), wrong.url());
    let rows: &[&[(&str, &str)]] = &[
        &[
            ("https_proxy", &good),
            ("HTTPS_PROXY", &bad),
            ("all_proxy", &bad),
            ("ALL_PROXY", &bad),
        ],
        &[
            ("HTTPS_PROXY", &good),
            ("all_proxy", &bad),
            ("ALL_PROXY", &bad),
        ],
        &[
            ("all_proxy", &good),
            ("ALL_PROXY", &bad),
            ("http_proxy", &bad),
        ],
        &[("ALL_PROXY", &good), ("HTTP_PROXY", &bad)],
        &[("https_proxy", ""), ("HTTPS_PROXY", &good)],
        &[("https_proxy", &bare)],
        &[
            ("https_proxy", &good),
            ("no_proxy", "other.example,10.0.0.0/8"),
        ],
    ];
    for (number, row) in rows.iter().enumerate() {
        let mut calls = Calls::to("https://api.example").number("--max-retries", 0);
        for (name, value) in *row {
            calls = calls.env(name, value);
        }
        assert_eq!(calls.answer().status, "connect_failed", "{row:?}");
        assert_eq!(right.requests().len(), number + 1, "{row:?}");
        assert_eq!(wrong.connection_count(), 0, "{row:?}");
    }
}

#[test]
fn a_proxy_is_passed_by_where_it_is_not_wanted() {
    let (emulator, ca_file) = emulator("direct");
    let proxy = refusing_proxy();
    let id = emulator.file_ids().remove(0);
    let calls = || {
        let calls = Calls::to(&emulator.base_url()).set("--ca-file", &ca_file);
        calls.set("--file-id", &id)
    };
    let rows = [
        calls().env("https_proxy", proxy.url()).set("--proxy", ""),
        calls()
            .env("https_proxy", proxy.url())
            .env("no_proxy", "127.0.0.1,localhost"),
        calls().env("https_proxy", proxy.url()).env("NO_PROXY", "*"),
        calls().env("https_proxy", "socks5://127.0.0.1:1"),
        calls().env("HTTP_PROXY", proxy.url()),
    ];
    for calls in rows {
        assert!(calls.answer().json().starts_with('['));
    }
    assert_eq!(proxy.connection_count(), 0);
}

#[test]
fn for_plain_http_the_variables_are_not_even_looked_at() {
    let server = Server::answers([ok("[]")]);
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "all_proxy",
        "ALL_PROXY",
    ] {
        let calls = Calls::to(&server.url()).env(name, "http://[half");
        assert_eq!(calls.answer().json(), "[]", "{name}");
    }
}
