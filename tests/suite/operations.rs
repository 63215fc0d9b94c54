//! The operations on versions, and requests of the caller's own: what goes out, what comes back, and
//! the life of a version on the emulator.

mod given; // what a caller may give to ik_request(), and how it goes out
mod repeats; // which methods are sent again, and after what

use imagekit_emulator::{Emulator, Options};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::calls::{Calls, KEY, basic};
use crate::hosts;
use crate::script::{Request, Server, answer, ok};
use crate::support::{c_program, in_parallel};

/// The call of one operation on a version.
fn on_version(url: &str, operation: &str, file_id: &str, version_id: &str) -> Calls {
    let calls = Calls::to(url).set("--operation", operation);
    calls
        .set("--file-id", file_id)
        .set("--version-id", version_id)
}

/// The request went out as every request does, with this line, and without a body.
fn expect_bare(request: &Request, line: &str) {
    let authorization = format!("Basic {}", basic(KEY));
    assert_eq!(request.line(), line);
    assert_eq!(request.header("authorization"), Some(&*authorization));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-type"), None, "{request:?}");
    assert_eq!(request.header("transfer-encoding"), None, "{request:?}");
    let length = request.header("content-length");
    assert!(matches!(length, None | Some("0")), "{request:?}");
    assert!(request.body.is_empty());
}

#[rustfmt::skip]
const LINES: &[(&str, &str)] = &[
    ("details", "GET /v1/files/a%2Fb%20%C3%A9/versions/v%3F1%23 HTTP/1.1"),
    ("delete",  "DELETE /v1/files/a%2Fb%20%C3%A9/versions/v%3F1%23 HTTP/1.1"),
    ("restore", "PUT /v1/files/a%2Fb%20%C3%A9/versions/v%3F1%23/restore HTTP/1.1"),
];

#[test]
fn each_operation_sends_its_method_and_path_and_no_body() {
    in_parallel(LINES, |(operation, line)| {
        let server = Server::answers([ok("{}")]);
        let answer = on_version(&server.url(), operation, "a/b é", "v?1#").answer();
        assert_eq!(answer.json(), "{}");
        assert_eq!(server.requests().len(), 1);
        expect_bare(&server.requests()[0], line);
    });
}

#[test]
fn each_id_arrives_as_one_encoded_segment() {
    let longest = "x".repeat(256);
    #[rustfmt::skip]
    let ids = [
        "6a1b", "a/b", "../..", "%2e%2e", "a%2Fb", "é", "😀", "...", "a?b=c", "a\\b", "\"<>^`{|}",
        ":@&=$!'()*", "versions/restore", &longest,
    ];
    in_parallel(&ids, |id| {
        for (operation, end) in [("details", ""), ("delete", ""), ("restore", "restore")] {
            let server = Server::answers([ok("{}")]);
            let other = "o/t her";
            for (file_id, version_id) in [(*id, other), (other, *id)] {
                let calls = on_version(&server.url(), operation, file_id, version_id);
                assert_eq!(calls.answer().json(), "{}");
                let requests = server.requests();
                let line = requests.last().expect("a request").line();
                let path = line.split(' ').nth(1).expect("a path");
                let mut segments: Vec<_> = path.split('/').map(decoded).collect();
                segments.resize(7, String::new());
                let expected = ["", "v1", "files", file_id, "versions", version_id, end];
                assert_eq!(segments, expected, "{line}");
            }
        }
    });
}

fn decoded(segment: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    assert!(segment.bytes().all(is_plain), "{segment}");
    let decoded = percent_decode_str(segment).decode_utf8();
    decoded.expect("UTF-8").into_owned()
}

#[rustfmt::skip]
const BAD_IDS: &[&[u8]] = &[
    b"", b".", b"..", b"a\nb", b"\t", b"a\x7fb", b"\xff\xfe", &[b'a'; 257],
];

#[test]
fn an_id_that_cannot_be_one_is_refused_by_name_and_nothing_is_sent() {
    use std::os::unix::ffi::OsStrExt;
    let server = Server::answers([ok("{}")]);
    in_parallel(BAD_IDS, |id| {
        let id = std::ffi::OsStr::from_bytes(id);
        for operation in ["details", "delete", "restore"] {
            let calls = Calls::to(&server.url()).set("--operation", operation);
            let bad_file = calls.set("--file-id", id).set("--version-id", "7c2d");
            let calls = Calls::to(&server.url()).set("--operation", operation);
            let bad_version = calls.set("--version-id", id);
            for (calls, name) in [(bad_file, "file_id"), (bad_version, "version_id")] {
                let answer = calls.answer();
                assert_eq!(answer.status, "invalid_argument", "{answer:?}");
                assert!(answer.message().contains(name), "{answer:?}");
            }
        }
    });
    assert_eq!(server.connection_count(), 0);
}

/// What an operation makes of a success: this string, or `None` where it cannot be used.
type Taken = (&'static str, u16, &'static str, Option<&'static str>);

const OBJECT: &str = "{ \"n\": 1.50,\"n\":9007199254740993, \"e\":\"\\/\\u00e9é\" }\r\n";

#[rustfmt::skip]
const TAKEN: &[Taken] = &[
    ("details", 200, OBJECT,      Some(OBJECT)),
    ("details", 200, "{}",        Some("{}")),
    ("details", 203, OBJECT,      Some(OBJECT)),
    ("details", 200, "[{}]",      None),
    ("details", 200, "null",      None),
    ("details", 200, "\"{}\"",    None),
    ("details", 200, "1",         None),
    ("details", 200, "{",         None),
    ("details", 200, "{}{}",      None),
    ("details", 200, "<html>",    None),
    ("details", 200, "",          None),
    ("details", 202, "",          None),
    ("details", 204, "",          None),
    ("details", 205, "",          None),
    ("restore", 200, OBJECT,      Some(OBJECT)),
    ("restore", 201, OBJECT,      Some(OBJECT)),
    ("restore", 200, "[{}]",      None),
    ("restore", 200, "null",      None),
    ("restore", 200, "",          None),
    ("restore", 204, "",          None),
    ("restore", 205, "",          None),
    ("delete",  204, "",          Some("{}")),
    ("delete",  205, "",          Some("{}")),
    ("delete",  200, "",          Some("{}")),
    ("delete",  202, "",          Some("{}")),
    ("delete",  200, "{}",        Some("{}")),
    ("delete",  200, OBJECT,      Some(OBJECT)),
    ("delete",  207, "[ 1 ]",     Some("[ 1 ]")),
    ("delete",  200, "<html>",    None),
    ("delete",  200, "{} x",      None),
    ("request", 204, "",          Some("{}")),
    ("request", 205, "",          Some("{}")),
    ("request", 200, "",          Some("{}")),
    ("request", 201, "",          Some("{}")),
    ("request", 200, OBJECT,      Some(OBJECT)),
    ("request", 200, "[1, 2]\n",  Some("[1, 2]\n")),
    ("request", 200, "null",      Some("null")),
    ("request", 200, " -1.0E+2 ", Some(" -1.0E+2 ")),
    ("request", 200, "\"x\\u0000\"", Some("\"x\\u0000\"")),
    ("request", 207, "true",      Some("true")),
    ("request", 200, "nul",       None),
    ("request", 200, "1 2",       None),
    ("request", 200, "<html>",    None),
];

#[test]
fn an_answer_is_passed_on_byte_for_byte_or_is_no_answer() {
    in_parallel(TAKEN, |&(operation, http_status, body, taken)| {
        let server = Server::answers([answer(http_status, "", body)]);
        let calls = on_version(&server.url(), operation, "6a1b", "7c2d");
        let answer = calls.set("--method", "POST").set("--path", "/x").answer();
        match taken {
            Some(taken) => assert_eq!(answer.json(), taken),
            None => {
                assert_eq!(answer.status, "invalid_response", "{answer:?}");
                assert_eq!(answer.error()["httpStatus"], http_status);
                assert_eq!(answer.attempts(), Some(1));
            }
        }
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn an_answer_without_a_body_is_empty_whatever_its_head_says() {
    let encodings = ["gzip", "br", "gzip, br"];
    let rows = [200, 204, 205].map(|status| encodings.map(|encoding| (status, encoding)));
    in_parallel(rows.as_flattened(), |&(status, encoding)| {
        let head = format!("Content-Encoding: {encoding}\r\n");
        let server = Server::answers([answer(status, &head, "")]);
        let calls = on_version(&server.url(), "delete", "6a1b", "7c2d");
        assert_eq!(calls.answer().json(), "{}");
    });
}

#[test]
fn the_smallest_stack_suffices_for_every_operation() {
    let server = Server::answers([ok("{}")]);
    let run = c_program("stacks").command().arg("operations");
    let run = run.arg("--base-url").arg(server.url());
    run.arg("--key").arg(KEY).run().expect_ok();
    assert_eq!(server.requests().len(), 5 * 4);
}

fn emulator() -> Emulator {
    let options = Options {
        private_key: KEY.to_owned(),
        ..Options::default()
    };
    Emulator::start(options).expect("an emulator")
}

/// The ids of a file's versions, the current one first.
fn version_ids(emulator: &Emulator, file_id: &str) -> Vec<String> {
    let versions = emulator.versions(file_id).expect("a file");
    let ids = versions.as_array().into_iter().flatten();
    let ids = ids.filter_map(|version| version["versionInfo"]["id"].as_str());
    ids.map(str::to_owned).collect()
}

#[test]
fn a_version_is_found_restored_and_deleted() {
    for tls in [false, true] {
        let emulator = hosts::emulator(tls);
        let file_id = emulator.file_ids().remove(0);
        let ids = version_ids(&emulator, &file_id);
        assert_eq!(ids.len(), 3);
        hosts::against(&emulator, "operations", "life")
            .run()
            .expect_ok();
        let left = version_ids(&emulator, &file_id);
        assert_eq!(left, [ids[1].clone(), ids[2].clone()]);
    }
}

#[test]
fn thirty_two_threads_restore_and_delete_through_one_client() {
    let emulator = hosts::emulator(false);
    let ids = emulator.file_ids();
    let count = |id: &&String| version_ids(&emulator, id).len() == 100;
    let file_id = ids.iter().find(count).expect("a file with many versions");
    let run = hosts::against(&emulator, "operations", "together");
    run.arg("--file").arg(file_id).run().expect_ok();
    assert_eq!(version_ids(&emulator, file_id).len(), 100 - 32 * 2);
}

#[test]
fn details_are_what_the_list_holds() {
    let emulator = emulator();
    let file_id = emulator.file_ids().remove(0);
    let versions = emulator.versions(&file_id).expect("a file");
    for (number, id) in version_ids(&emulator, &file_id).into_iter().enumerate() {
        let answer = on_version(&emulator.base_url(), "details", &file_id, &id).answer();
        let details: Value = serde_json::from_str(answer.json()).expect("JSON");
        assert_eq!(details, versions[number]);
    }
}

#[test]
fn what_the_api_refuses_of_a_version_is_told_in_its_own_words() {
    let emulator = emulator();
    let file_id = emulator.file_ids().remove(0);
    let current = version_ids(&emulator, &file_id).remove(0);
    let elsewhere = version_ids(&emulator, &emulator.file_ids()[1]).remove(0);
    let unknown = "0123456789abcdef01234567";
    let no_file = (404, "The requested file does not exist.");
    let no_version = (404, "The requested file version does not exist.");
    let bad_file = (400, "Your request contains invalid fileId parameter.");
    let bad_version = (400, "Your request contains invalid versionId parameter.");
    let mut rows = vec![(
        "delete",
        &*file_id,
        &*current,
        (400, "You cannot delete current version of a file."),
    )];
    for operation in ["details", "delete", "restore"] {
        rows.extend([
            (operation, unknown, &*current, no_file),
            (operation, "nonsense", &*current, bad_file),
            (operation, &*file_id, unknown, no_version),
            (operation, &*file_id, &*elsewhere, no_version),
            (operation, &*file_id, "nonsense", bad_version),
            (operation, &*file_id, "a/b", bad_version),
        ]);
    }
    in_parallel(&rows, |&(operation, file, version, (status, message))| {
        let answer = on_version(&emulator.base_url(), operation, file, version).answer();
        let name = if status == 404 {
            "not_found"
        } else {
            "bad_request"
        };
        assert_eq!(answer.status, name, "{answer:?}");
        let error = answer.error();
        assert_eq!(error["message"], message, "{error}");
        assert_eq!(error["httpStatus"], status, "{error}");
        assert_eq!(error["attempts"], 1, "{error}");
    });
    let left = emulator
        .versions(&file_id)
        .map(|versions| versions.as_array().map(Vec::len));
    assert_eq!(left, Some(Some(3)), "a refusal changed something");
}

#[test]
fn files_are_listed_page_by_page() {
    let emulator = emulator();
    let ids = emulator.file_ids();
    for (query, expected) in [
        ("", &ids[..]),
        ("?limit=2", &ids[..2]),
        ("?limit=2&skip=2", &ids[2..4]),
        ("?skip=4&limit=1000", &ids[4..]),
        ("?skip=99", &[]),
    ] {
        let calls = Calls::to(&emulator.base_url());
        let answer = calls.request("GET", format!("/v1/files{query}")).answer();
        let files: Value = serde_json::from_str(answer.json()).expect("JSON");
        let files = files.as_array().expect("an array").iter();
        let listed: Vec<_> = files
            .map(|file| file["fileId"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(listed, expected, "{query}");
    }
}
