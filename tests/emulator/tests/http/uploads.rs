//! Uploads: new files and new versions.

use std::io;

use imagekit_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Answer, KEY, ask, send, start};

fn upload(emulator: &Emulator, fields: &Value) -> io::Result<Answer> {
    let headers = [("Authorization", KEY), ("Content-Type", "application/json")];
    send(
        emulator,
        "POST",
        "/api/v1/files/upload",
        &headers,
        &fields.to_string(),
    )
}

/// `hello`, as this path's file or as a new version of it.
fn hello(path: &str) -> Value {
    let (folder, name) = path.rsplit_once('/').expect("a folder");
    json!({"file": "aGVsbG8=", "fileName": name, "folder": folder, "useUniqueFileName": false})
}

#[test]
fn an_upload_is_a_new_file() -> io::Result<()> {
    let emulator = start();
    let mut fields = hello("/tmp//a/Grüße 1.txt");
    fields["tags"] = json!(["new"]);
    fields["customMetadata"] = json!({"sku": 9_007_199_254_740_993_u64});
    let answer = upload(&emulator, &fields)?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["filePath"], "/tmp/a/Gr__e_1.txt");
    assert_eq!(
        [&answer.body["size"], &answer.body["tags"]],
        [&json!(5), &json!(["new"])]
    );
    let thumbnail = answer.body["thumbnailUrl"].as_str().unwrap_or_default();
    assert!(thumbnail.ends_with("?tr=n-ik_ml_thumbnail"), "{thumbnail}");

    let id = answer.body["fileId"].as_str().expect("an id");
    assert_eq!(emulator.file_ids().last().map(String::as_str), Some(id));
    let versions = ask(&emulator, "GET", &format!("/v1/files/{id}/versions"))?.body;
    assert_eq!(versions[0]["versionInfo"], answer.body["versionInfo"]);
    assert_eq!(
        versions[0]["customMetadata"]["sku"].to_string(),
        "9007199254740993"
    );
    assert_eq!(versions.as_array().map(Vec::len), Some(1));
    Ok(())
}

#[test]
fn an_upload_to_the_same_path_is_a_new_version() -> io::Result<()> {
    let emulator = start();
    let path = "/v1/files/66a100000000000000000004/versions";
    let before = ask(&emulator, "GET", path)?.body;
    let answer = upload(&emulator, &hello("/logo.png"))?;
    assert_eq!(answer.body["fileId"], "66a100000000000000000004");
    assert_eq!(answer.body["versionInfo"]["name"], "Version 2");

    let after = ask(&emulator, "GET", path)?.body;
    assert_eq!(
        [&after[0]["type"], &after[1]["type"]],
        ["file", "file-version"]
    );
    assert_eq!(after[0]["versionInfo"], answer.body["versionInfo"]);
    assert_eq!(
        [&after[0]["mime"], &after[0]["width"]],
        [&before[0]["mime"], &before[0]["width"]]
    );
    assert_eq!(after[1]["versionInfo"], before[0]["versionInfo"]);
    assert_eq!(emulator.file_ids().len(), 5);
    Ok(())
}

#[test]
fn a_unique_name_is_a_new_file_each_time() -> io::Result<()> {
    let emulator = start();
    let mut fields = hello("/logo.png");
    fields["useUniqueFileName"] = json!(true);
    let names = [upload(&emulator, &fields)?, upload(&emulator, &fields)?];
    let [one, other] = names.map(|answer| answer.body["name"].to_string());
    assert!(
        one.starts_with("\"logo_") && one.ends_with(".png\""),
        "{one}"
    );
    assert_ne!(one, other);
    assert_eq!(emulator.file_ids().len(), 7);
    Ok(())
}

#[test]
fn the_oldest_version_makes_room() -> io::Result<()> {
    let emulator = start();
    upload(&emulator, &hello("/stock/inventory.csv"))?;
    let versions = emulator
        .versions("66a100000000000000000005")
        .expect("versions");
    assert_eq!(versions.as_array().map(Vec::len), Some(100));
    assert_eq!(versions[0]["versionInfo"]["name"], "Version 101");
    assert_eq!(versions[99]["versionInfo"]["name"], "Version 2");
    Ok(())
}

#[test]
fn what_is_no_upload_is_refused() -> io::Result<()> {
    let emulator = start();
    let mut taken = hello("/logo.png");
    taken["overwriteFile"] = json!(false);
    for (fields, says) in [
        (
            taken,
            "already exists at the exact location. We could not overwrite it",
        ),
        (
            json!({"fileName": "a"}),
            "Missing file parameter for upload",
        ),
        (json!({"file": ""}), "Missing fileName parameter for upload"),
        (
            json!({"file": "", "fileName": ""}),
            "Missing fileName parameter for upload",
        ),
        (
            json!({"file": "https://example.com/a.jpg", "fileName": "a"}),
            "Base64 only",
        ),
        (
            json!({"file": "", "fileName": "a", "transformation": {}}),
            "unknown field `transformation`",
        ),
        (json!([]), "cannot use this upload"),
    ] {
        let answer = upload(&emulator, &fields)?;
        assert_eq!(answer.status, 400, "{fields}");
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(says), "{message}");
    }
    let form = [
        ("Authorization", KEY),
        ("Content-Type", "multipart/form-data; boundary=x"),
    ];
    let answer = send(&emulator, "POST", "/api/v1/files/upload", &form, "--x--")?;
    assert_eq!(answer.status, 400);
    assert_eq!(emulator.file_ids().len(), 5);
    Ok(())
}
