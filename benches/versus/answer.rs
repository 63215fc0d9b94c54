//! What the server answers, always.

use std::fmt::Write as _;

/// As many give some 4.1 KiB.
const VERSIONS: usize = 5;

/// The versions of a file as ImageKit tells them.
pub fn versions() -> String {
    let versions: Vec<_> = (1..=VERSIONS).rev().map(version).collect();
    format!("[{}]", versions.join(","))
}

fn version(number: usize) -> String {
    let mut tags = String::new();
    for tag in 0..13 {
        let separator = if tag == 0 { "" } else { "," };
        let _ = write!(tags, "{separator}\"autumn-{number}-{tag}\"");
    }
    format!(
        r#"{{"type":"file-version","name":"photo.jpg","createdAt":"2024-06-0{number}T10:20:30.400Z","updatedAt":"2024-06-0{number}T10:20:30.400Z","fileId":"66a100000000000000000001","versionInfo":{{"id":"66b{number}00000000000000000001","name":"Version {number}"}},"tags":[{tags}],"AITags":null,"isPrivateFile":false,"isPublished":true,"customCoordinates":"10,20,300,400","fileType":"image","filePath":"/library/autumn/photo.jpg","url":"https://ik.imagekit.io/demo/library/autumn/photo.jpg?ik-obj-version=66b{number}","thumbnail":"https://ik.imagekit.io/demo/tr:n-ik_ml_thumbnail/library/autumn/photo.jpg","mime":"image/jpeg","height":3024,"width":4032,"size":2468013,"hasAlpha":false,"customMetadata":{{"campaign":"autumn","price":{number}9.5}}}}"#
    )
}
