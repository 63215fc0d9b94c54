//! Values out of documents, as plain C takes them.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::calls::{Answer, Calls};
use crate::hosts::new_path;
use crate::script::{Server, answer};
use crate::support::c_program;

/// What `ik_json_get()` gives for each document and pointer.
fn get(rows: &[(Vec<u8>, Vec<u8>)]) -> Vec<Answer> {
    let texts = rows.iter().flat_map(|(json, pointer)| [json, pointer]);
    let file = new_path("documents");
    let bytes: Vec<u8> = texts.flat_map(|text| [text, &b"\0"[..]].concat()).collect();
    fs::write(&file, bytes).expect("a file for the documents");

    let run = c_program("json").command().arg(file);
    let seen = run.arg((2 * rows.len()).to_string()).run().expect_ok();
    let ended = seen.stdout.strip_suffix('\0').unwrap_or_default();
    let words: Vec<_> = ended.split('\0').collect();
    assert_eq!(words.len(), 2 * rows.len(), "{seen:?}");
    let answers = words.chunks(2).map(|pair| Answer {
        is_call: true,
        whose: 0,
        status: pair[0].to_owned(),
        took: Duration::ZERO,
        text: pair[1].strip_prefix('=').map(str::to_owned),
    });
    answers.collect()
}

fn get_text(document: &str, pointers: &[&str]) -> Vec<Answer> {
    let row = |pointer: &&str| (document.as_bytes().to_vec(), pointer.as_bytes().to_vec());
    get(&pointers.iter().map(row).collect::<Vec<_>>())
}

/// With leading white space of every kind.
const DOCUMENT: &str = " \t\r\n[ {\"versionInfo\" : {\"id\":\"v2\", \"name\":\"Version 2\"} ,
  \"tags\":[\"a\",[ 1 , 2 ],{}], \"price\":1.50, \"big\":9007199254740993, \"huge\":-1E+400, \"zero\":-0.0,
  \"yes\":true, \"no\":false, \"null\":null, \"quoted\":\"null\", \"empty\":\"\", \"\":\"no name\", \" \":\"space\",
  \"text\":\"a \\\"b\\\" \\\\ \\/ \\b\\f\\n\\r\\t \\u00e9é \\ud83d\\ude00😀 \\u2028\",
  \"/\":\"slash\", \"~\":\"tilde\", \"a/b~c\":\"both\", \"~1\":\"tilde one\", \"\\u0061é\\\"\":\"escaped\",
  \"twice\":1, \"twice\":{\"a\":1}, \"twice\":[ 2 ], \"lastNull\":1, \"lastNull\":null, \"0\":\"member\", \"-\":\"dash\",
  \"nested\":{\"\":{\"\":[[\"deep\"]]}}, \"\\ud800\":\"odd\", \"ud800\":\"plain\",
  \"nul\":\"a\\u0000b\", \"high\":\"\\ud800\", \"low\":\"x\\udc00\", \"swapped\":\"\\udc00\\ud800\",
  \"inside\":{\"a\":\"\\ud800\\u0000\",\"b\":1}}, [], \"x\", 7 ]\n";

#[rustfmt::skip]
const FOUND: &[(&str, &str)] = &[
    ("/0/versionInfo/id", "v2"),
    ("/0/versionInfo",    "{\"id\":\"v2\", \"name\":\"Version 2\"}"),
    ("/0/tags",           "[\"a\",[ 1 , 2 ],{}]"),
    ("/0/tags/0",         "a"),
    ("/0/tags/1",         "[ 1 , 2 ]"),
    ("/0/tags/1/1",       "2"),
    ("/0/tags/2",         "{}"),
    ("/0/price",          "1.50"),
    ("/0/big",            "9007199254740993"),
    ("/0/huge",           "-1E+400"),
    ("/0/zero",           "-0.0"),
    ("/0/yes",            "true"),
    ("/0/no",             "false"),
    ("/0/text",           "a \"b\" \\ / \u{8}\u{c}\n\r\t éé 😀😀 \u{2028}"),
    ("/0/empty",          ""),
    ("/0/",               "no name"),
    ("/0/~1",             "slash"),
    ("/0/~0",             "tilde"),
    ("/0/a~1b~0c",        "both"),
    ("/0/~01",            "tilde one"),
    ("/0/aé\"",           "escaped"),
    ("/0/twice",          "[ 2 ]"),
    ("/0/twice/0",        "2"),
    ("/0/0",              "member"),
    ("/0/-",              "dash"),
    ("/0/ ",              "space"),
    ("/0/nested///0/0",   "deep"),
    ("/0/ud800",          "plain"),
    ("/0/quoted",         "null"),
    ("/0/inside",         "{\"a\":\"\\ud800\\u0000\",\"b\":1}"),
    ("/0/inside/b",       "1"),
    ("/1",                "[]"),
    ("/2",                "x"),
    ("/3",                "7"),
];

#[test]
fn a_string_comes_as_its_text_and_anything_else_byte_for_byte() {
    let pointers: Vec<_> = FOUND.iter().map(|(pointer, _)| *pointer).collect();
    for (answer, (pointer, value)) in get_text(DOCUMENT, &pointers).iter().zip(FOUND) {
        assert_eq!(answer.json(), *value, "{pointer}");
    }
}

#[test]
fn an_empty_pointer_is_the_whole_document() {
    let whole = |document: &str| get_text(document, &[""]).remove(0);
    let trimmed = DOCUMENT.trim_matches([' ', '\t', '\r', '\n']);
    assert_eq!(whole(DOCUMENT).json(), trimmed);
    for (document, value) in [
        ("{}", "{}"),
        (" -1.50 ", "-1.50"),
        ("\n\"a\\u00e9\" ", "aé"),
        ("false", "false"),
        ("\"\"", ""),
        ("\"\u{a0} x \u{3000}\"", "\u{a0} x \u{3000}"),
    ] {
        assert_eq!(whole(document).json(), value, "{document}");
    }
}

#[rustfmt::skip]
const NOTHING: &[&str] = &[
    "/0/missing", "/0/null", "/0/lastNull", "/0/null/0", "/0/versionInfo/id/0", "/0/versionInfo/ID",
    "/0/versionInfo/", "/0/price/0", "/0/yes/", "/0/empty/", "/4", "/-", "/00", "/01", "/+1", "/-1", "/1.0",
    "/1e0", "/ 1", "/1 ", "/0x1", "/a", "/",
    "//", "/1/0", "/1/-", "/2/0", "/3/0", "/18446744073709551616", "/99999999999999999999999999", "/\u{661}",
    "/0/versionInfo/id/", "/0/twice/a", "/0/nested////", "/0/\u{fffd}",
];

#[test]
fn where_nothing_is_there_or_null_there_is_no_value_and_no_string() {
    for (answer, pointer) in get_text(DOCUMENT, NOTHING).iter().zip(NOTHING) {
        assert_eq!(answer.status, "no_value", "{pointer}: {answer:?}");
        assert_eq!(answer.text, None, "{pointer}");
    }
    for document in ["null", " null\n"] {
        let answer = get_text(document, &[""]).remove(0);
        assert_eq!((&*answer.status, answer.text), ("no_value", None));
    }
}

#[test]
fn what_is_no_json_or_no_pointer_is_an_invalid_argument_and_named() {
    let deep = |depth| ("[".repeat(depth) + &"]".repeat(depth)).into_bytes();
    let million = |open: &str| open.repeat(1_000_000).into_bytes();
    let objects = |depth| (r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth)).into_bytes();
    #[rustfmt::skip]
    let documents = [
        b"".to_vec(), b" ".to_vec(), b"{".to_vec(), b"[1,]".to_vec(), b"[] x".to_vec(), b"[][]".to_vec(),
        b"nul".to_vec(), b"'a'".to_vec(), b"{\"a\":1,}".to_vec(), b"{a:1}".to_vec(), b"[01]".to_vec(),
        b"[NaN]".to_vec(), b"[\"\x01\"]".to_vec(), b"[\"\n\"]".to_vec(), b"[\"\\x\"]".to_vec(),
        b"[\"\\u12\"]".to_vec(), b"[] //".to_vec(), b"\xef\xbb\xbf[]".to_vec(),
        b"[\"\xff\"]".to_vec(), b"[\"\xc0\xaf\"]".to_vec(), b"[\"\xed\xa0\x80\"]".to_vec(), b"\xff".to_vec(),
        // white space to Unicode, not to JSON
        b"\x0b[]".to_vec(), b"[]\x0c".to_vec(), "\u{a0}[]".into(), "[]\u{2003}".into(), "\u{feff}[]".into(),
        // broken behind the place that is asked for
        b"[1,2".to_vec(), b"{\"a\":1,\"a\":".to_vec(),
        deep(257), objects(257), million("["), million(r#"{"a":"#), million(r#"[{"a":"#),
    ];
    let mut rows: Vec<_> = Vec::new();
    for document in &documents {
        rows.extend([
            (document.clone(), b"".to_vec()),
            (document.clone(), b"/0".to_vec()),
        ]);
    }
    let bad_json = rows.len();
    let pointers: [&[u8]; 16] = [
        b"0", b"a", b" ", b" /0", b"#", b"#/0", b"~0", b"$", b"/~", b"/~2", b"/a~", b"/a~x/b",
        b"/~~0", b"/0/~1~", b"/\xff", b"/\xc3",
    ];
    let text = DOCUMENT.as_bytes().to_vec();
    rows.extend(pointers.map(|pointer| (text.clone(), pointer.to_vec())));
    for (number, (answer, row)) in get(&rows).iter().zip(&rows).enumerate() {
        let begin = String::from_utf8_lossy(&row.0[..row.0.len().min(20)]);
        let pointer = String::from_utf8_lossy(&row.1);
        assert_eq!(
            answer.status, "invalid_argument",
            "{begin} {pointer}: {answer:?}"
        );
        answer.check_document();
        let name = if number < bad_json {
            "json "
        } else {
            "pointer "
        };
        assert!(
            answer.message().starts_with(name),
            "{begin} {pointer}: {answer:?}"
        );
    }
}

#[test]
fn a_string_that_c_cannot_hold_is_an_invalid_response() {
    let pointers = ["/0/nul", "/0/high", "/0/low", "/0/swapped", "/0/inside/a"];
    for (answer, pointer) in get_text(DOCUMENT, &pointers).iter().zip(pointers) {
        assert_eq!(answer.status, "invalid_response", "{answer:?}");
        answer.check_document();
        assert!(answer.message().contains(pointer), "{answer:?}");
    }
    for document in [r#""\u0000""#, r#""\ud83dx""#, r#""\ud83d\ud83d\ude00""#] {
        let answer = get_text(document, &[""]).remove(0);
        assert_eq!(answer.status, "invalid_response", "{document}: {answer:?}");
    }
}

#[test]
fn a_large_document_is_read_to_its_last_value() {
    let elements = (0..100_000).map(|number| format!("{{\"n\":{number}}}"));
    let array = format!("[{}]", elements.collect::<Vec<_>>().join(","));
    assert!(array.len() > 1 << 20);
    let answers = get_text(&array, &["/0/n", "/50000/n", "/99999", "/100000", ""]);
    assert_eq!(answers[0].json(), "0");
    assert_eq!(answers[1].json(), "50000");
    assert_eq!(answers[2].json(), "{\"n\":99999}");
    assert_eq!(answers[3].status, "no_value");
    assert!(answers[4].json() == array);

    let members = (0..100_000).map(|number| format!("\"k{number}\":\"v{number}\""));
    let object = format!("{{{}}}", members.collect::<Vec<_>>().join(","));
    let answers = get_text(&object, &["/k0", "/k99999", "/k100000"]);
    assert_eq!([answers[0].json(), answers[1].json()], ["v0", "v99999"]);
    assert_eq!(answers[2].status, "no_value");

    let long = format!("[\"{}\"]", "é\\n".repeat(300_000));
    assert!(get_text(&long, &["/0"])[0].json() == "é\n".repeat(300_000));
}

#[test]
fn a_document_may_be_256_deep_and_every_level_is_reached() {
    let depth = 256;
    let document = r#"{"a":[0,"#.repeat(depth / 2) + "null" + &"]}".repeat(depth / 2);
    let pointers: Vec<_> = (0..=depth / 2).map(|level| "/a/1".repeat(level)).collect();
    let borrowed: Vec<_> = pointers.iter().map(String::as_str).collect();
    let answers = get_text(&document, &borrowed);
    for (level, answer) in answers.iter().take(depth / 2).enumerate() {
        let begin = level * r#"{"a":[0,"#.len();
        assert_eq!(answer.json(), &document[begin..document.len() - 2 * level]);
    }
    assert_eq!(answers[depth / 2].status, "no_value");
}

#[test]
fn a_pointer_of_a_mebibyte_leads_nowhere() {
    let pointers = [
        "/".repeat(1 << 20),
        "/0".repeat(1 << 19),
        "/".to_owned() + &"~0".repeat(1 << 19),
    ];
    for pointer in pointers {
        assert_eq!(get_text("[[{}]]", &[&pointer])[0].status, "no_value");
    }
}

#[test]
fn an_error_document_of_ours_is_read_like_any_other() {
    let body = r#"{"message":"Gone \u0022fishing\u0022 😀\n.","help":"h"}"#;
    let server = Server::answers([answer(404, "x-ik-requestId: r1\r\n", body)]);
    let document = Calls::to(&server.url()).answer().text.expect("a document");
    let rows = [
        ("/error/code", "not_found"),
        ("/error/message", "Gone \"fishing\" 😀\n."),
        ("/error/help", "h"),
        ("/error/httpStatus", "404"),
        ("/error/attempts", "1"),
        ("/error/requestId", "r1"),
        ("/error/responseBody", body),
    ];
    let pointers = rows.map(|(pointer, _)| pointer);
    for (answer, (pointer, value)) in get_text(&document, &pointers).iter().zip(rows) {
        assert_eq!(answer.json(), value, "{pointer}");
    }
    assert_eq!(
        get_text(&document, &["/error/retryAfterMs"])[0].status,
        "no_value"
    );

    // and one of its own
    let refused = get_text("[", &[""]).remove(0).text.expect("a document");
    let answers = get_text(&refused, &["/error/code", "/error/httpStatus"]);
    assert_eq!(answers[0].json(), "invalid_argument");
    assert_eq!(answers[1].status, "no_value");
}

/// Every pointer into a document of many shapes, compared with another reader of JSON.
#[test]
fn another_reader_finds_the_same() {
    let document =
        r#"{"a":[1,"x",null,{"b":[],"c/d":{"~":"\u00e9"}}],"":{"":0},"e":{"f":true,"0":[[2]]}}"#;
    let value: Value = serde_json::from_str(document).expect("JSON");
    let names = ["a", "", "e", "b", "c~1d", "~0", "f", "0", "1", "2", "3"];
    let mut pointers = vec![String::new()];
    for depth in 0..3 {
        let ends = pointers
            .iter()
            .filter(|pointer| pointer.matches('/').count() == depth);
        let longer = ends.flat_map(|pointer| names.map(|name| format!("{pointer}/{name}")));
        let longer: Vec<_> = longer.collect();
        pointers.extend(longer);
    }
    let borrowed: Vec<_> = pointers.iter().map(String::as_str).collect();
    for (answer, pointer) in get_text(document, &borrowed).iter().zip(&pointers) {
        match value.pointer(pointer) {
            None | Some(Value::Null) => assert_eq!(answer.status, "no_value", "{pointer}"),
            Some(Value::String(text)) => assert_eq!(answer.json(), text, "{pointer}"),
            Some(other) => {
                let seen: Value = serde_json::from_str(answer.json()).expect("JSON");
                assert_eq!(seen, *other, "{pointer}");
            }
        }
    }
}

#[test]
fn the_smallest_stack_suffices_for_a_document_as_deep_as_may_be() {
    c_program("stacks").command().arg("json").run().expect_ok();
}
