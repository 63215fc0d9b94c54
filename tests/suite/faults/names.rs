//! Look-ups, networks and proxies that fail.

use super::openssl::{OpenSsl, networks};
use super::peer::Peer;
use super::proxy::{Beside, LOGIN_SECRETS, Proxy, granted};
use super::resolver::Named;
use super::row::{Row, Seen, row};
use super::said::FAILED;
use crate::calls::{KEY, basic};
use crate::script::Over::{H1, Tls};
use crate::script::Step::{Hold, Read, ReadSome, Reset, Tunnel};
use crate::script::{Step, answer, send};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let named = |gives| move |_| -> Box<dyn Peer> { Box::new(Named::new("no-such.test", gives)) };
    let proxy = |steps: Vec<Step>| move |_| -> Box<dyn Peer> { Box::new(Proxy::does(steps.clone())) };
    let beside = |variable| move |_| -> Box<dyn Peer> { Box::new(Beside::new(variable)) };
    vec![
        row(4, "unreachable").over(&[Tls]).needs(networks()).peer("", false, |_| Box::new(OpenSsl::offline()))
            .gives(FAILED, 3).seen(0).says("192.0.2.1:443").says("unreachable"),
        row(196, "name does not resolve").over(&[Tls])
            .peer("no such name", false, named("error-2"))
            .peer("try again", false, named("error-3"))
            .peer("for good", false, named("error-4"))
            .gives(FAILED, 3).seen(0).says("no-such.test").takes(0..4000),
        row(196, "name does not resolve, by the system's resolver").over(&[Tls]).needs(networks())
            .peer("", false, |_| Box::new(Named::offline("no-such.test")))
            .gives(FAILED, 3).seen(0).says("no-such.test").takes(0..4000),
        row(197, "resolver hangs").over(&[Tls]).peer("", false, named("hangs")).timeout(500)
            .gives("timeout", 1).seen(0).says("no-such.test").takes(499..750),
        row(198, "first address dead, second good").over(&[Tls]).set("--max-retries", 0)
            .peer("127.0.0.2", true, named("127.0.0.2,127.0.0.1"))
            .peer("::1", true, named("::1,127.0.0.1"))
            .peer("both", true, named("::1,127.0.0.2,127.0.0.1"))
            .gives("ok", 1).json("[]"),
        row(199, "proxy refuses").over(&[Tls]).peer("", false, |_| Box::new(Proxy::away()))
            .gives(FAILED, 3).check(names_the_proxy),
        row(200, "proxy answers 407").over(&[Tls]).peer("", true, proxy(vec![Read, no(407)]))
            .gives(FAILED, 3).says("proxy authorization required").check(names_the_proxy),
        row(200, "proxy answers 403, 502").over(&[Tls])
            .peer("403", true, proxy(vec![Read, no(403)]))
            .peer("502", true, proxy(vec![Read, no(502)]))
            .gives(FAILED, 3).says("refused the tunnel").check(names_the_proxy),
        row(201, "CONNECT, then close").over(&[Tls])
            .peer("end", true, proxy(vec![Read, granted()]))
            .peer("reset", true, proxy(vec![Read, granted(), Reset]))
            .peer("end in the handshake", true, proxy(vec![Read, granted(), ReadSome]))
            .peer("reset in the handshake", true, proxy(vec![Read, granted(), ReadSome, Reset]))
            .gives("tls_failed", 3).says("cut off").check(names_the_proxy),
        row(202, "proxy closes, garbage, 200 kB of headers").over(&[Tls])
            .peer("closes", true, proxy(vec![Read]))
            .peer("resets", true, proxy(vec![Read, Reset]))
            .peer("closes at once", false, proxy(vec![]))
            .peer("resets at once", false, proxy(vec![Reset]))
            .peer("half an answer", true, proxy(vec![Read, send("HTTP/1.1 200 Conn")]))
            .peer("garbage", true, proxy(vec![Read, send(b"\x00\xff\x01garbage\r\n\r\n")]))
            .peer("200 kB of headers", true, proxy(vec![Read, send(["HTTP/1.1 200 OK\r\n", &"X: aaaaa\r\n".repeat(20_000), "\r\n"].concat())]))
            .gives(FAILED, 3).check(names_the_proxy),
        row(203, "proxy stalls").over(&[Tls]).peer("", true, proxy(vec![Read, Hold])).timeout(1500)
            .gives("timeout", 1).takes(1499..1750).check(names_the_proxy),
        row(204, "proxy never sees the key").over(&[Tls])
            .peer("", true, |_| Box::new(Proxy::before(|target| vec![Read, granted(), Tunnel(target)])))
            .gives("ok", 1).seen(0..=1).json(r#"["good"]"#).check(no_key_at_the_proxy),
        row(205, "loopback is never proxied by the environment").over(&[H1])
            .peer("HTTP_PROXY", true, beside("HTTP_PROXY"))
            .peer("http_proxy", true, beside("http_proxy"))
            .peer("https_proxy", true, beside("https_proxy"))
            .peer("ALL_PROXY", true, beside("ALL_PROXY"))
            .peer("all_proxy", true, beside("all_proxy"))
            .gives("ok", 1).json("[]")
            .check(|seen| assert_eq!(seen.peer.proxy().expect("a proxy").connections(), 0)),
    ]
}

fn no(status: u16) -> Step {
    send(answer(
        status,
        "Proxy-Authenticate: Basic realm=\"p\"\r\n",
        "",
    ))
}

/// Each message leads to the proxy; nothing leads to its password.
fn names_the_proxy(seen: &Seen) {
    let address = seen.peer.proxy().expect("a proxy").address().to_string();
    for answer in seen.answers {
        let message = answer.message();
        assert!(message.contains("through the proxy"), "{message}");
        assert!(message.contains(&address), "{message}");
        let shown = answer.text.as_deref().unwrap_or_default();
        let secret = LOGIN_SECRETS.iter().find(|secret| shown.contains(**secret));
        assert_eq!(secret, None, "a proxy's password shows: {shown}");
    }
}

/// A proxy is told where to, and who it is that asks it; nothing else.
fn no_key_at_the_proxy(seen: &Seen) {
    let heads = seen.peer.proxy().expect("a proxy").heads();
    let target = seen.peer.url().replace("https://", "");
    let expected = [
        format!("CONNECT {target} HTTP/1.1"),
        format!("Host: {target}"),
        concat!("user-agent: libimagekit/", env!("CARGO_PKG_VERSION")).to_owned(),
        "proxy-authorization: Basic dXNlcjpzZXNhbWU=".to_owned(),
    ];
    assert!(!heads.is_empty());
    for head in heads {
        let lines: Vec<_> = head
            .split_terminator("\r\n")
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines, expected);
        assert!(!head.contains(KEY) && !head.contains(&basic(KEY)));
    }
}
