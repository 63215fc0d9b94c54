//! Faults over HTTP/1.1, with and without TLS.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use imagekit_emulator::Emulator;
use serde_json::json;

use crate::support::{Answer, KEY, ask, exchange, send, start, start_with_faults};

const VERSIONS: &str = "/v1/files/66a100000000000000000001/versions";
const OLD: &str = "/v1/files/66a100000000000000000001/versions/66a100000000000000000101";

fn answer(emulator: &Emulator, fault: &str) -> io::Result<Answer> {
    let headers = [("Authorization", KEY), ("x-emulator-fault", fault)];
    send(emulator, "GET", VERSIONS, &headers, "")
}

/// What arrives of an answer that breaks off, and how the connection ended. The request does not ask
/// for the connection to be closed.
fn broken(
    emulator: &Emulator,
    method: &str,
    path: &str,
    fault: &str,
) -> io::Result<(String, Option<io::ErrorKind>)> {
    let headers = [("Authorization", KEY), ("x-emulator-fault", fault)];
    let (received, end) = exchange(emulator, method, path, &headers, "")?;
    let received = String::from_utf8_lossy(&received).into_owned();
    Ok((received, end.err().map(|error| error.kind())))
}

/// How a connection without a goodbye ends for the peer.
fn abrupt_end(emulator: &Emulator) -> Option<io::ErrorKind> {
    let tls = emulator.ca_pem().is_some();
    tls.then_some(io::ErrorKind::UnexpectedEof)
}

#[test]
fn before_the_head_nothing_arrives_and_yet_it_was_done() -> io::Result<()> {
    for emulator in start_with_faults() {
        let (received, end) = broken(&emulator, "DELETE", OLD, "drop-before-head")?;
        assert_eq!((received.as_str(), end), ("", abrupt_end(&emulator)));
        assert_eq!(ask(&emulator, "GET", OLD)?.status, 404, "it was deleted");
        assert_eq!(emulator.requests(), 2);
    }
    Ok(())
}

#[test]
fn after_the_head_only_the_head_arrives() -> io::Result<()> {
    for emulator in start_with_faults() {
        let whole = ask(&emulator, "GET", VERSIONS)?;
        let (received, end) = broken(&emulator, "GET", VERSIONS, "drop-after-head")?;
        assert_eq!(end, abrupt_end(&emulator));
        let (head, body) = received.split_once("\r\n\r\n").expect("a whole head");
        assert_eq!(body, "");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let length = format!("content-length: {}", whole.header("content-length"));
        for promised in [&length, "x-ik-requestid: ", "x-ratelimit-limit: 1000000"] {
            assert!(head.contains(promised), "{promised} is not in {head}");
        }
    }
    Ok(())
}

#[test]
fn a_truncated_body_ends_where_asked() -> io::Result<()> {
    for emulator in start_with_faults() {
        for bytes in [0, 1, 1000] {
            let fault = format!("truncate={bytes}");
            let (received, end) = broken(&emulator, "GET", VERSIONS, &fault)?;
            let (_, body) = received.split_once("\r\n\r\n").expect("a whole head");
            assert_eq!((body.len(), end), (bytes, abrupt_end(&emulator)));
        }
        let whole = answer(&emulator, "truncate=1000000")?;
        assert_eq!(
            Some(whole.body),
            emulator.versions("66a100000000000000000001")
        );
        let (received, _) = broken(&emulator, "GET", VERSIONS, "status=500;truncate=5")?;
        assert!(received.starts_with("HTTP/1.1 500 "), "{received}");
        assert!(received.ends_with("\r\n\r\n{\"mes"), "{received}");
    }
    Ok(())
}

#[test]
fn a_long_body_is_cut_at_the_byte() -> io::Result<()> {
    for emulator in start_with_faults() {
        emulator.add_files(1_000, 1);
        let (received, _) = broken(&emulator, "GET", "/v1/files", "truncate=400000")?;
        let (_, body) = received.split_once("\r\n\r\n").expect("a whole head");
        assert_eq!(body.len(), 400_000);
    }
    Ok(())
}

#[test]
fn a_connection_ends_in_a_reset_where_asked() -> io::Result<()> {
    for emulator in start_with_faults() {
        for (fault, arrives) in [
            ("drop-before-head=reset", ""),
            ("drop-after-head=reset", "HTTP/1.1 200 OK\r\n"),
        ] {
            let (received, end) = broken(&emulator, "GET", VERSIONS, fault)?;
            assert_eq!(end, Some(io::ErrorKind::ConnectionReset), "{fault}");
            assert!(received.starts_with(arrives), "{fault}: {received}");
        }
    }
    Ok(())
}

#[test]
fn a_connection_ends_in_noise_where_asked() -> io::Result<()> {
    let [plain, tls] = start_with_faults();
    let (received, end) = broken(&plain, "GET", VERSIONS, "drop-before-head=noise")?;
    assert!(received.contains("SSH-2.0") && end.is_none(), "{received}");
    let (received, end) = broken(&tls, "GET", VERSIONS, "drop-before-head=noise")?;
    assert_eq!((received.as_str(), end.is_some()), ("", true), "no TLS");
    Ok(())
}

#[test]
fn other_answers_come_instead_and_are_signed() -> io::Result<()> {
    for emulator in start_with_faults() {
        for (fault, status) in [
            ("status=500", 500),
            ("status=503", 503),
            ("rate-limited=1234", 429),
        ] {
            let headers = [("Authorization", KEY), ("x-emulator-fault", fault)];
            let answer = send(&emulator, "DELETE", OLD, &headers, "")?;
            assert_eq!(answer.status, status);
            assert!(answer.body["message"].is_string());
            assert!(!answer.header("x-ik-requestId").is_empty());
            assert_eq!(answer.header("X-RateLimit-Limit"), "1000000");
            let reset_ms = if status == 429 { "1234" } else { "0" };
            assert_eq!(answer.header("X-RateLimit-Reset"), reset_ms);
        }
        let (received, _) = broken(&emulator, "DELETE", OLD, "garbage;truncate=15")?;
        assert!(received.starts_with("HTTP/1.1 200 OK\r\n"), "{received}");
        assert!(
            received.contains("\r\ncontent-type: text/html"),
            "{received}"
        );
        assert!(received.ends_with("\r\n\r\n<!doctype html>"), "{received}");
        assert_eq!(
            ask(&emulator, "GET", OLD)?.status,
            200,
            "nothing was deleted"
        );
    }
    Ok(())
}

#[test]
fn who_is_to_retry_after_seconds_is_told_of_no_other_time() -> io::Result<()> {
    for emulator in start_with_faults() {
        let limited = answer(&emulator, "retry-after=7")?;
        assert_eq!((limited.status, limited.header("Retry-After")), (429, "7"));
        assert!(
            !limited.head.contains("x-ratelimit-reset"),
            "{}",
            limited.head
        );
    }
    Ok(())
}

#[test]
fn bad_gzip_is_right_up_to_its_checksum() -> io::Result<()> {
    let [plain, _] = start_with_faults();
    let headers = [("Authorization", KEY), ("x-emulator-fault", "bad-gzip")];
    let headers = [&headers[..], &[("Connection", "close")]].concat();
    let (received, end) = exchange(&plain, "GET", VERSIONS, &headers, "")?;
    end?;
    let body = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = &received[body.expect("a head") + 4..];
    let mut unpacked = String::new();
    let error = GzDecoder::new(body).read_to_string(&mut unpacked);
    assert_eq!(
        error.map_err(|error| error.kind()),
        Err(io::ErrorKind::InvalidInput)
    );
    assert_eq!(
        serde_json::from_str(&unpacked).ok(),
        plain.versions("66a100000000000000000001")
    );
    Ok(())
}

#[test]
fn a_body_comes_in_drips_where_asked() -> io::Result<()> {
    for emulator in start_with_faults() {
        let begin = Instant::now();
        let whole = answer(&emulator, "drip=10")?;
        let versions = emulator.versions("66a100000000000000000001");
        assert_eq!((whole.status, Some(whole.body)), (200, versions));
        assert!(begin.elapsed() >= Duration::from_millis(70));
    }
    Ok(())
}

#[test]
fn a_made_up_file_asks_for_its_own_trouble() -> io::Result<()> {
    for emulator in start_with_faults() {
        let mine = ["~", "~status=503;times=1", "~status%3D503%3Btimes=2"];
        let statuses = mine.map(|asked| {
            let path = format!("/v1/files/mine{asked}/versions");
            [(); 3].map(|()| {
                ask(&emulator, "GET", &path)
                    .map(|answer| answer.status)
                    .ok()
            })
        });
        let expected = [[200, 200, 200], [503, 200, 200], [503, 503, 200]];
        assert_eq!(statuses, expected.map(|row| row.map(Some)));

        let path = "/v1/files/mine~status=503;times=1/versions";
        let versions = ask(&emulator, "GET", path)?.body;
        assert_eq!(versions[0]["fileId"], "mine~status=503;times=1");
        assert_eq!(versions.as_array().map(Vec::len), Some(1));
        assert_eq!(
            ask(&emulator, "GET", "/v1/files/mine~explode/versions")?.status,
            400
        );
    }
    Ok(())
}

#[test]
fn it_tells_what_it_did() -> io::Result<()> {
    for emulator in start_with_faults() {
        answer(&emulator, "status=503")?;
        answer(&emulator, "status=404;drip=1")?;
        let seen = ask(&emulator, "GET", "/emulator")?.body;
        let told = json!({"requests": 3, "connections": 3, "faults": {"drip": 1, "status": 2}});
        assert_eq!(seen, told);
    }
    Ok(())
}

#[test]
fn an_answer_waits_as_long_as_asked() -> io::Result<()> {
    for emulator in start_with_faults() {
        let begin = Instant::now();
        assert_eq!(answer(&emulator, "delay=60")?.status, 200);
        assert!(begin.elapsed() >= Duration::from_millis(60));
    }
    Ok(())
}

#[test]
fn a_fault_ends_after_so_many_times() -> io::Result<()> {
    for emulator in start_with_faults() {
        let status = |id| {
            let fault = ("x-emulator-fault", "status=503;times=2");
            let headers = [("Authorization", KEY), fault, ("x-emulator-fault-id", id)];
            send(&emulator, "GET", VERSIONS, &headers, "").map(|answer| answer.status)
        };
        let statuses = [status("a")?, status("b")?, status("a")?, status("a")?];
        assert_eq!(statuses, [503, 503, 503, 200]);
        assert_eq!(
            answer(&emulator, "status=503;times=2")?.status,
            400,
            "without an id"
        );
    }
    Ok(())
}

#[test]
fn an_unknown_fault_is_refused() -> io::Result<()> {
    for emulator in start_with_faults() {
        let refused = answer(&emulator, "delay=1; explode")?;
        assert_eq!(refused.status, 400);
        let message =
            "The header x-emulator-fault cannot be used: \"explode\" is unknown or out of place.";
        assert_eq!(refused.body["message"], message);
    }
    Ok(())
}

#[test]
fn faults_mean_nothing_unless_they_are_switched_on() -> io::Result<()> {
    let emulator = start();
    for fault in ["explode", "status=500", "drop-before-head"] {
        assert_eq!(answer(&emulator, fault)?.status, 200);
    }
    assert_eq!(
        ask(&emulator, "GET", "/v1/files/mine~/versions")?.status,
        400
    );
    assert_eq!(ask(&emulator, "GET", "/emulator")?.status, 404);
    Ok(())
}
