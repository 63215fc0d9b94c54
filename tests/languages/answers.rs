//! What a program must print, by what the emulator holds.

use imagekit_emulator::Emulator;
use serde_json::Value;

use crate::running::Seen;

/// The first that a fresh emulator sends are asked for by one program alone.
pub fn expect_lines(emulator: &Emulator, file_id: &str, printed: &str) {
    let versions = versions(emulator, file_id);
    let one = |version: &Value| {
        let text = |pointer| {
            version
                .pointer(pointer)
                .and_then(Value::as_str)
                .expect(pointer)
        };
        let (id, name) = (text("/versionInfo/id"), text("/versionInfo/name"));
        format!("{id}  {name}  {}", text("/name"))
    };
    let noun = if versions.len() == 1 {
        "version"
    } else {
        "versions"
    };
    let first = versions[0]["versionInfo"]["id"].as_str().expect("an id");

    let lines: Vec<&str> = printed.lines().collect();
    let mut expected = vec![format!("{} {noun} of {file_id}", versions.len())];
    expected.extend(versions.iter().map(one));
    expected.push(format!("first version: {first}"));
    expected.push(response(emulator, &lines));
    expected
        .push("unknown file: not_found (HTTP 404): The requested file does not exist.".to_owned());
    assert_eq!(lines, expected);
}

/// The line about the response names a request that the emulator really answered, and there were
/// no more requests than the program has a use for.
fn response(emulator: &Emulator, lines: &[&str]) -> String {
    let begin = "response: status 200, request id ";
    let line = lines.iter().find(|line| line.starts_with("response: "));
    let printed = line.and_then(|line| line.strip_prefix(begin));
    let asked = emulator.requests();
    assert!((2..=3).contains(&asked), "{asked} requests");
    let known = (1..asked).map(|number| emulator.request_id(number)); // the last was for the unknown file
    let id = known.into_iter().find(|id| printed == Some(id));
    format!(
        "{begin}{}",
        id.unwrap_or_else(|| "of one of its requests".to_owned())
    )
}

/// What a program that prints JSON alone has printed.
pub fn expect_json(emulator: &Emulator, file_id: &str, printed: &str) {
    let printed: Value = serde_json::from_str(printed).expect("JSON");
    assert_eq!(Some(printed), emulator.versions(file_id));
}

pub fn expect_error(seen: &Seen, is_json: bool) {
    assert_eq!(seen.stdout, "", "{seen:#?}");
    if !is_json {
        let error = "error: not_found (HTTP 404): The requested file does not exist.\n";
        assert_eq!(seen.stderr, error);
        return;
    }
    let document = seen.stderr.strip_prefix("not_found: ").expect("the status");
    let document: Value = serde_json::from_str(document).expect("an error document");
    assert_eq!(document["error"]["code"], "not_found");
    assert_eq!(document["error"]["httpStatus"], 404);
}

pub fn versions(emulator: &Emulator, file_id: &str) -> Vec<Value> {
    let versions = emulator.versions(file_id).expect("a file");
    versions.as_array().expect("an array").clone()
}
