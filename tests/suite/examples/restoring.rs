//! An older version becomes the current one, and what is known of that call.

use imagekit_emulator::Emulator;

use super::{LIST, UNKNOWN, error_of, example, run, version_ids};
use crate::hosts::emulator;
use crate::script::{Server, answer, ok};
use crate::support::Seen;

fn restore(emulator: &Emulator, file_id: &str, version_id: Option<&str>) -> Seen {
    let mut command = example("restore_version", &emulator.base_url());
    command.arg(file_id).args(version_id);
    run(command, "")
}

#[test]
fn a_version_is_restored_by_name_or_by_age() {
    let emulator = emulator(false);
    let file = emulator.file_ids().remove(0);
    let [third, second, first] =
        <[String; 3]>::try_from(version_ids(&emulator, &file)).expect("three versions");
    let steps = [
        (None, [&second, &third, &first]),
        (None, [&third, &second, &first]),
        (Some(&first), [&first, &third, &second]),
        (None, [&third, &second, &first]),
    ];
    let mut before = [&third, &second, &first];
    for (chosen, after) in steps {
        let seen = restore(&emulator, &file, chosen.map(String::as_str)).expect_ok();
        let listed = seen.stdout.lines().take(3);
        for ((line, id), mark) in listed.zip(before).zip(["*", " ", " "]) {
            assert!(
                line.starts_with(&format!("{mark} {id}  2026-")),
                "{seen:#?}"
            );
        }
        assert_eq!(
            version_ids(&emulator, &file).iter().collect::<Vec<_>>(),
            after
        );
        before = after;
    }
}

#[test]
fn what_cannot_be_restored_changes_nothing() {
    let emulator = emulator(false);
    let ids = emulator.file_ids();
    let one_version = |id: &&String| version_ids(&emulator, id).len() == 1;
    let single = ids
        .iter()
        .find(one_version)
        .expect("a file that never changed");
    let before: Vec<_> = ids.iter().map(|id| version_ids(&emulator, id)).collect();

    let seen = restore(&emulator, single, None);
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    assert_eq!(
        seen.stderr,
        "invalid_argument: the file has no older version\n"
    );
    assert_eq!(emulator.requests(), 1);

    let seen = restore(&emulator, UNKNOWN, None);
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    error_of(&seen, "not_found");

    let seen = restore(&emulator, &ids[0], Some(UNKNOWN));
    assert_eq!(seen.code, Some(1), "{seen:#?}");
    let id = error_of(&seen, "not_found")["requestId"].clone();
    let id = id.as_str().expect("a request id");
    assert!(
        seen.stdout.contains("httpStatus           404\n"),
        "{seen:#?}"
    );
    assert!(
        seen.stdout
            .contains(&format!("requestId            {id}\n")),
        "{seen:#?}"
    );

    let after: Vec<_> = ids.iter().map(|id| version_ids(&emulator, id)).collect();
    assert_eq!(after, before);
}

#[test]
fn a_restored_version_comes_with_what_is_known_of_its_call() {
    let limits = "X-RateLimit-Limit: 40\r\nX-RateLimit-Interval: 1000\r\n";
    let headers = format!("x-ik-requestId: the-second\r\n{limits}");
    let server = Server::answers([ok(LIST), answer(200, &headers, "{}")]);
    let mut command = example("restore_version", &server.url());
    command.args(["file", "v1"]);
    let seen = run(command, "").expect_ok();
    assert_eq!(
        server.requests()[1].line(),
        "PUT /v1/files/file/versions/v1/restore HTTP/1.1"
    );
    let shown: Vec<_> = seen.stdout.lines().skip(2).collect();
    let rows = [
        "httpStatus           200",
        "requestId            the-second",
        "attempts             1",
        "rateLimit/limit      40",
    ];
    assert_eq!(shown[..4], rows, "{seen:#?}");
    let times = shown[4..]
        .iter()
        .zip(["timings/firstByteUs  ", "timings/totalUs      "]);
    for (line, begin) in times {
        let number = line.strip_prefix(begin).expect("a time");
        assert!(number.parse::<u64>().is_ok(), "{seen:#?}");
    }
    assert_eq!(shown.len(), 6);
}
