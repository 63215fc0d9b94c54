//! The list of files, and many of them.

use std::collections::HashSet;
use std::io;

use serde_json::{Value, json};

use crate::support::{HELP, ask, start};

fn ids(list: &Value) -> Vec<&str> {
    let files = list.as_array().expect("a list").iter();
    files
        .map(|file| file["fileId"].as_str().expect("an id"))
        .collect()
}

#[test]
fn the_list_holds_the_current_version_of_each_file() -> io::Result<()> {
    let emulator = start();
    let answer = ask(&emulator, "GET", "/v1/files")?;
    assert_eq!(answer.status, 200);
    assert_eq!(ids(&answer.body), emulator.file_ids());
    for (id, file) in emulator
        .file_ids()
        .iter()
        .zip(answer.body.as_array().expect("a list"))
    {
        assert_eq!(file, &emulator.versions(id).expect("versions")[0]);
    }
    let query = "searchQuery=name%20%3D%20%22logo.png%22%20AND%20size%20%3C%201e4";
    assert_eq!(
        ask(&emulator, "GET", &format!("/v1/files?{query}"))?.status,
        400,
        "1e4 is no size"
    );
    let query = query.replace("1e4", "10000");
    let found = ask(
        &emulator,
        "GET",
        &format!("/v1/files?type=file&fileType=image&{query}"),
    )?;
    assert_eq!(ids(&found.body), ["66a100000000000000000004"]);
    Ok(())
}

#[test]
fn what_the_list_does_not_understand_is_refused() -> io::Result<()> {
    let emulator = start();
    let answer = ask(&emulator, "GET", "/v1/files?limit=1001")?;
    assert_eq!(answer.status, 400);
    let message = "The parameter limit=1001 cannot be used: it is not within 1 to 1000.";
    assert_eq!(answer.body, json!({"message": message, "help": HELP}));
    Ok(())
}

#[test]
fn many_files_come_in_pages() -> io::Result<()> {
    let emulator = start();
    let added = emulator.add_files(2_500, 3);
    assert_eq!(emulator.file_ids()[5..], added);

    let mut seen = HashSet::new();
    for skip in [0, 1000, 2000, 3000] {
        let page = ask(&emulator, "GET", &format!("/v1/files?skip={skip}"))?.body;
        seen.extend(ids(&page).into_iter().map(str::to_owned));
    }
    assert_eq!(seen.len(), 2_505);
    let last = added.last().expect("an id");
    let versions = ask(&emulator, "GET", &format!("/v1/files/{last}/versions"))?.body;
    assert_eq!(versions.as_array().map(Vec::len), Some(3));
    Ok(())
}

#[test]
fn a_hundred_thousand_files_are_found_at_once() -> io::Result<()> {
    let emulator = start();
    let added = emulator.add_files(100_000, 1);
    let distinct: HashSet<&String> = added.iter().collect();
    assert_eq!(distinct.len(), 100_000);
    assert!(added.iter().all(|id| emulator.versions(id).is_some()));
    Ok(())
}
