//! Proxies: which one is taken, what it gets to see, and what becomes of its failures.

use crate::calls::{Answer, Calls, KEY, basic};
use crate::script::Step::{Read, ReadSome, Reset};
use crate::script::{Server, Step, ok, send};
use crate::support::in_parallel;
use crate::tls::emulator;

/// A proxy that takes note of what it is asked, and refuses.
fn refusing_proxy() -> Server {
    Server::connections([vec![
        Read,
        send("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"),
    ]])
}

fn with_login(proxy: &Server) -> String {
    format!("http://user:sesame@{}", proxy.address())
}

fn through(proxy: &Server) -> Calls {
    Calls::to("https://api.example")
        .number("--max-retries", 0)
        .set("--proxy", with_login(proxy))
}

#[test]
fn a_proxy_sees_host_and_port_and_its_own_login_only() {
    let proxy = refusing_proxy();
    let answer = through(&proxy).answer();
    assert_eq!(answer.status, "connect_failed", "{answer:?}");
    let shown = answer.text.as_deref().unwrap_or_default();
    assert!(
        !shown.contains("sesame"),
        "a proxy's password shows: {shown}"
    );

    let requests = proxy.requests();
    let [request] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert_eq!(request.line(), "CONNECT api.example:443 HTTP/1.1");
    assert_eq!(request.header("authorization"), None);
    assert_eq!(
        request.header("proxy-authorization"),
        Some("Basic dXNlcjpzZXNhbWU=")
    );
    assert!(!request.head.contains(KEY) && !request.head.contains(&basic(KEY)));
}

#[test]
fn an_unreachable_proxy_is_named_without_its_password() {
    let proxy = refusing_proxy();
    let (url, address) = (with_login(&proxy), proxy.address().to_string());
    drop(proxy);
    let calls = Calls::to("https://api.example").set("--proxy", url);
    let answer = calls.answer();
    assert_eq!(
        (&*answer.status, answer.attempts()),
        ("connect_failed", Some(3)),
        "{answer:?}"
    );
    assert!(answer.message().contains(&address), "{answer:?}");
    assert!(!answer.text.unwrap_or_default().contains("sesame"));
}

/// What follows the request head of a tunnel that is granted.
fn granted(does: &[Step]) -> Vec<Step> {
    let grant = [Read, send("HTTP/1.1 200 Connection established\r\n\r\n")];
    [&grant[..], does].concat()
}

#[test]
fn a_proxy_that_breaks_off_is_tried_again_and_named_without_its_password() {
    let rows = [
        ("reset at once", vec![Reset], "connect_failed"),
        ("closed at once", vec![], "connect_failed"),
        ("reset after CONNECT", vec![Read, Reset], "connect_failed"),
        ("closed after CONNECT", vec![Read], "connect_failed"),
        (
            "half of an answer",
            vec![Read, send("HTTP/1.1 200 Conn")],
            "connect_failed",
        ),
        ("granted, then reset", granted(&[Reset]), "tls_failed"),
        ("granted, then closed", granted(&[]), "tls_failed"),
        (
            "granted, then reset in the handshake",
            granted(&[ReadSome, Reset]),
            "tls_failed",
        ),
        (
            "granted, then closed in the handshake",
            granted(&[ReadSome]),
            "tls_failed",
        ),
    ];
    in_parallel(&rows, |(name, does, status)| {
        let proxy = Server::connections([does.clone()]);
        let calls = Calls::to("https://api.example").set("--proxy", with_login(&proxy));
        let answer = calls.answer();
        assert_eq!(
            (&*answer.status, answer.attempts()),
            (*status, Some(3)),
            "{name}: {answer:?}"
        );
        assert_eq!(proxy.connection_count(), 3, "{name}");
        expect_named(&answer, &proxy);
    });
}

#[test]
fn a_proxy_that_refuses_or_wants_a_login_is_said_to_do_so() {
    let rows = [(403, "refused"), (407, "password"), (502, "refused")];
    in_parallel(&rows, |(http_status, says_why)| {
        let says = format!("HTTP/1.1 {http_status} No\r\nContent-Length: 0\r\n\r\n");
        let proxy = Server::connections([vec![Read, send(says)]]);
        let answer = through(&proxy).answer();
        assert_eq!(answer.status, "connect_failed", "{answer:?}");
        expect_named(&answer, &proxy);
        let message = answer.message();
        assert!(message.contains(says_why), "{message}");
    });
}

/// The message leads to the proxy; nothing leads to its password.
fn expect_named(answer: &Answer, proxy: &Server) {
    let (message, address) = (answer.message(), proxy.address().to_string());
    assert!(message.contains("proxy"), "{message}");
    assert!(message.contains(&address), "{message}");
    let shown = answer.text.as_deref().unwrap_or_default();
    for secret in ["sesame", "dXNlcjpzZXNhbWU"] {
        assert!(!shown.contains(secret), "a proxy's password shows: {shown}");
    }
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
fn plain_http_to_loopback_is_never_proxied_and_its_variables_are_not_looked_at() {
    let (server, proxy) = (Server::answers([ok("[]")]), refusing_proxy());
    for name in [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "all_proxy",
        "ALL_PROXY",
    ] {
        for value in [proxy.url(), "http://[half".to_owned()] {
            let answer = Calls::to(&server.url()).env(name, value).answer();
            assert_eq!(answer.json(), "[]", "{name}");
        }
    }
    assert_eq!(proxy.connection_count(), 0);
    assert_eq!(server.requests().len(), 10);
}
