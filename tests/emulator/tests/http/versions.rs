//! The versions family: what a request changes is what the next ones see.

use std::io;

use imagekit_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{ask, start};

const FILE: &str = "66a100000000000000000001"; // with the versions 103, 102 and 101
const VERSIONS: &str = "/v1/files/66a100000000000000000001/versions";

fn version(number: u32) -> String {
    format!("{VERSIONS}/66a100000000000000000{number}")
}

fn list(emulator: &Emulator) -> io::Result<Value> {
    let listed = ask(emulator, "GET", VERSIONS)?.body;
    assert_eq!(emulator.versions(FILE).as_ref(), Some(&listed));
    Ok(listed)
}

/// The numbers in the names, in order, and the type of each.
fn shape(list: &Value) -> Vec<(&str, &str)> {
    let versions = list.as_array().expect("a list").iter();
    versions
        .map(|version| {
            let name = version["versionInfo"]["name"].as_str();
            let kind = version["type"].as_str();
            (name.expect("a name"), kind.expect("a type"))
        })
        .collect()
}

#[test]
fn details_are_the_lists_own() -> io::Result<()> {
    let emulator = start();
    let listed = list(&emulator)?;
    for (place, number) in [103, 102, 101].into_iter().enumerate() {
        let answer = ask(&emulator, "GET", &version(number))?;
        assert_eq!((answer.status, &answer.body), (200, &listed[place]));
    }
    Ok(())
}

#[test]
fn a_deleted_version_is_gone() -> io::Result<()> {
    let emulator = start();
    let before = list(&emulator)?;
    let answer = ask(&emulator, "DELETE", &version(102))?;
    assert_eq!((answer.status, &answer.body), (204, &Value::Null));
    assert!(!answer.header("x-ik-requestId").is_empty());
    assert_eq!(answer.header("x-ratelimit-limit"), "1000000");

    assert_eq!(list(&emulator)?, json!([before[0], before[2]]));
    for method in ["GET", "DELETE"] {
        assert_eq!(ask(&emulator, method, &version(102))?.status, 404);
    }
    let restore = version(102) + "/restore";
    assert_eq!(ask(&emulator, "PUT", &restore)?.status, 404);
    Ok(())
}

#[test]
fn the_current_version_stays() -> io::Result<()> {
    let emulator = start();
    let before = list(&emulator)?;
    let answer = ask(&emulator, "DELETE", &version(103))?;
    assert_eq!(answer.status, 400);
    assert_eq!(list(&emulator)?, before);
    Ok(())
}

#[test]
fn a_restored_version_is_current() -> io::Result<()> {
    let emulator = start();
    let restore = version(101) + "/restore";
    let answer = ask(&emulator, "PUT", &restore)?;
    assert_eq!((answer.status, &answer.body["type"]), (200, &json!("file")));

    let after = list(&emulator)?;
    assert_eq!(after[0], answer.body);
    let expected = [
        ("Version 1", "file"),
        ("Version 3", "file-version"),
        ("Version 2", "file-version"),
    ];
    assert_eq!(shape(&after), expected);
    assert_eq!(ask(&emulator, "GET", &version(101))?.body, answer.body);
    let files = ask(&emulator, "GET", "/v1/files?limit=1")?;
    assert_eq!(files.body[0], answer.body, "the list of files follows");

    assert_eq!(ask(&emulator, "PUT", &restore)?.body, answer.body);
    assert_eq!(list(&emulator)?, after, "once more changes nothing");
    assert_eq!(ask(&emulator, "DELETE", &version(101))?.status, 400);
    assert_eq!(ask(&emulator, "DELETE", &version(103))?.status, 204);
    Ok(())
}
