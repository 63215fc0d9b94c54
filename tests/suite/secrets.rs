//! The key shows nowhere, wherever a server echoes it and however it spells it. That neither the key
//! nor its Basic form shows as it is, `support.rs` checks on all that a program prints.

use crate::calls::{Answer, Calls, KEY, basic};
use crate::script::Step::{Hold, PauseMs, Read, Reset};
use crate::script::{Server, answer, send};
use crate::support::in_parallel;

#[test]
fn an_echoed_key_is_masked() {
    let secret = basic(KEY);
    let body = format!(r#"{{"message":"key {KEY}, seen","help":"Basic {secret}, seen"}}"#);
    let headers = format!("x-ik-requestId: id-{KEY}-{secret}\r\n");
    let server = Server::answers([answer(403, &headers, &body)]);
    let error = Calls::to(&server.url()).answer().error();
    assert_eq!(error["message"], "key ***, seen");
    assert_eq!(error["help"], "Basic ***, seen");
    assert_eq!(error["requestId"], "id-***-***");
    let masked = body.replace(KEY, "***").replace(&secret, "***");
    assert_eq!(error["responseBody"], masked);
}

#[test]
fn an_echoed_key_is_masked_wherever_the_message_is_ours() {
    let secret = basic(KEY);
    let page = format!("<h1>{KEY} {secret}</h1>");
    let encoding = format!("Content-Encoding: {KEY}\r\n");
    let location = format!("Location: https://e.example/{KEY}?{secret}\r\n");
    let rows = [
        (answer(200, "", &page), "invalid_response"),
        (answer(404, "", &page), "not_found"),
        (answer(200, &encoding, "[]"), "invalid_response"),
        (answer(302, &location, ""), "unexpected_status"),
    ];
    in_parallel(&rows, |(bytes, status)| {
        let server = Server::answers([bytes.clone()]);
        assert_eq!(Calls::to(&server.url()).answer().status, *status);
    });
}

/// An error body is cut at 4096 bytes: a key that the cut divides must not show by half.
#[test]
fn a_key_across_the_cut_is_masked() {
    let secrets = [KEY.to_owned(), basic(KEY)];
    let rows: Vec<_> = secrets
        .iter()
        .flat_map(|secret| [8, 20, secret.len() - 1].map(|part| (secret, part)))
        .collect();
    in_parallel(&rows, |(secret, part)| {
        let body = "x".repeat(4096 - part) + secret + &"y".repeat(5000);
        let server = Server::answers([answer(500, "", body)]);
        let answer = Calls::to(&server.url()).number("--max-retries", 0).answer();
        assert!(answer.string("responseBody").is_some(), "{answer:?}");
        let shown = answer.text.expect("a document");
        assert!(
            !shown.contains(&secret[..*part]),
            "{part} bytes of the key show"
        );
    });
}

#[test]
fn a_key_that_comes_in_two_pieces_is_masked() {
    let (first, second) = KEY.split_at(9);
    let head = format!(
        "HTTP/1.1 404 No\r\nContent-Length: {}\r\n\r\n<",
        KEY.len() + 2
    );
    let steps = vec![
        Read,
        send(head + first),
        PauseMs(50),
        send(format!("{second}>")),
    ];
    let server = Server::connections([steps]);
    assert_eq!(
        Calls::to(&server.url()).answer().error()["responseBody"],
        "<***>"
    );
}

/// A key with all that other notations spell in their own way.
const ODD_KEY: &str = "private_a+b/c=";

/// The same key as it stands in URLs, JSON and HTML.
const SPELLINGS: &[&str] = &[
    "private_a%2Bb%2Fc%3D",
    "private_a%2bb%2fc%3d",
    "private%5Fa%2Bb%2Fc%3D",
    "private%5fa%2bb%2fc%3d",
    "private_a+b%2Fc=", // where a query or a path needs no more than that
    "private_a%2Bb/c%3D",
    r"private_a\u002Bb\/c\u003d",
    r"private_a\u002bb\u002fc\u003D",
    "private_a&#43;b&#47;c&#61;",
    "private_a&#43;b&#x2F;c=",
    "private_a&#x2b;b&#x2f;c&#x3d;",
    "private_a&#x2B;b/c&#x3D;",
];

fn with_odd_key(server: &Server) -> Calls {
    let calls = Calls::bare().set("--key", ODD_KEY);
    calls
        .set("--base-url", server.url())
        .number("--max-retries", 0)
}

#[test]
fn an_echoed_key_is_masked_in_every_usual_spelling() {
    in_parallel(SPELLINGS, |spelling| {
        let body = format!(r#"{{"message":"key {spelling}, seen","help":"key={spelling}&x=1"}}"#);
        let server = Server::answers([answer(403, "", &body)]);
        let error = with_odd_key(&server).answer().error();
        assert_eq!(error["message"], "key ***, seen");
        assert_eq!(error["help"], "key=***&x=1");
        assert_eq!(error["responseBody"], body.replace(spelling, "***"));
    });
}

#[test]
fn the_echoed_basic_form_is_masked_in_every_usual_spelling() {
    let key = "private_?aa>a";
    let secret = basic(key);
    assert_eq!(secret, "cHJpdmF0ZV8/YWE+YTo="); // with every sign that is spelled otherwise
    let spellings = [
        "cHJpdmF0ZV8%2FYWE%2BYTo%3D",
        "cHJpdmF0ZV8%2fYWE%2bYTo%3d",
        "cHJpdmF0ZV8/YWE+YTo", // the sign at the end is left out often
        r"cHJpdmF0ZV8\/YWE\u002BYTo\u003D",
        "cHJpdmF0ZV8&#47;YWE&#43;YTo&#61;",
        "cHJpdmF0ZV8&#x2F;YWE&#x2B;YTo&#x3D;",
    ];
    in_parallel(&spellings, |spelling| {
        let body = format!("<p>Basic {spelling}, seen</p>");
        let server = Server::answers([answer(403, "", &body)]);
        let calls = Calls::bare().set("--key", key);
        let error = calls.set("--base-url", server.url()).answer().error();
        assert_eq!(error["responseBody"], "<p>Basic ***, seen</p>");
    });
}

/// An error body is cut at 4096 bytes, within an escape, too.
#[test]
fn a_key_across_the_cut_is_masked_in_every_usual_spelling() {
    in_parallel(SPELLINGS, |spelling| {
        for part in 4..spelling.len() {
            let body = "x".repeat(4096 - part) + spelling + &"y".repeat(5000);
            let server = Server::answers([answer(500, "", body)]);
            let answer = with_odd_key(&server).answer();
            let kept = answer.string("responseBody").unwrap_or_default();
            let kept = kept.trim_start_matches('x');
            assert_eq!(kept, "***", "{part} bytes of {spelling}");
        }
    });
}

#[test]
fn a_key_that_is_passed_as_a_file_id_is_masked_wherever_the_path_is_shown() {
    let path = "/v1/files/private_a%2Bb%2Fc%3D/versions";
    let echo = format!(r#"{{"message":"Cannot GET {path}"}}"#);
    let rows = [
        (vec![send(answer(404, "", ""))], "not_found"),
        (vec![send(answer(404, "", &echo))], "not_found"),
        (vec![send(answer(503, "", ""))], "server_error"),
        (vec![send(answer(200, "", path))], "invalid_response"),
        (vec![Reset], "connection_lost"),
        (vec![Hold], "timeout"),
    ];
    in_parallel(&rows, |(does, status)| {
        let server = Server::connections([[&[Read], &does[..]].concat()]);
        let calls = with_odd_key(&server).set("--file-id", ODD_KEY);
        let answer = calls.number("--timeout-ms", 1000).answer();
        assert_eq!(answer.status, *status, "{answer:?}");
        assert!(server.requests()[0].line().contains(path));
        expect_masked(&answer);
    });
}

fn expect_masked(answer: &Answer) {
    let shown = answer.text.as_deref().unwrap_or_default();
    for part in ["a+b", "a%2Bb", "private_a", "c%3D"] {
        assert!(!shown.contains(part), "{part} of the key shows: {shown}");
    }
    assert!(answer.message().contains("***"), "{answer:?}");
}

/// What is searched for the key is searched in an instant, or the other calls would have to wait.
#[test]
fn a_flood_of_what_may_begin_the_key_holds_nobody_up() {
    in_parallel(&["&", "%", "\\u", "&#x"], |mark| {
        let flood = mark.repeat(300_000 / mark.len());
        let headers = format!("x-ik-requestId: {flood}\r\n");
        let server = Server::answers([answer(404, &headers, &flood)]);
        let answer = Calls::to(&server.url())
            .number("--timeout-ms", 10_000)
            .answer();
        assert_eq!(answer.status, "not_found", "{mark}");
    });
}
