//! Any bytes as the body of a success. Taken is what is one JSON document by the grammar, in UTF-8,
//! without a byte order mark, nested 256 deep at most and of the right kind; and it is given byte for byte.
//! All else is an `invalid_response` whose document never shows the key, however the body spells it.
#![no_main]

use std::sync::LazyLock;

use http::StatusCode;
use imagekit::{Client, Config, Operation, Path, Status, fuzzing, operation};
use imagekit_fuzz::answers::error_document;
use imagekit_fuzz::json::{self, Kind};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

const KEY: &str = "private_Zq/7+x";
/// How it travels, and how it would alone.
const BASIC: &str = "cHJpdmF0ZV9acS83K3g";
const MAX_DEPTH: usize = 256;

static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    let mut config = Config::default();
    config.set_private_key(KEY).unwrap();
    config.set_base_url("http://127.0.0.1:1").unwrap();
    Client::new(&config).unwrap()
});

/// Its operation, and what its answer must be.
fn chosen(choice: u8) -> (Operation, fn(&Kind<'_>) -> bool, bool) {
    let is_array = |kind: &Kind<'_>| matches!(kind, Kind::Array(_));
    let is_object = |kind: &Kind<'_>| matches!(kind, Kind::Object(_));
    match choice % 5 {
        0 => (operation::get_file_versions("f").unwrap(), is_array, false),
        1 => (
            operation::get_file_version_details("f", "v").unwrap(),
            is_object,
            false,
        ),
        2 => (
            operation::restore_file_version("f", "v").unwrap(),
            is_object,
            false,
        ),
        3 => (
            operation::delete_file_version("f", "v").unwrap(),
            |_| true,
            true,
        ),
        _ => {
            let (get, path) = (
                operation::method("GET").unwrap(),
                Path::given("/v1").unwrap(),
            );
            (operation::request(get, path, None).unwrap(), |_| true, true)
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else {
        return;
    };
    let (operation, is_meant, may_be_empty) = chosen(*choice);
    let http_status = [200, 201, 202, 203, 204, 205, 207][usize::from(choice / 5) % 7];
    let is_empty = body.is_empty() || matches!(http_status, 204 | 205);
    let expected = match (is_empty, may_be_empty) {
        (true, true) => Some(&b"{}"[..]),
        (true, false) => None,
        (false, _) => json::read(body, MAX_DEPTH)
            .is_some_and(|value| is_meant(&value.kind))
            .then_some(body),
    };

    let http_status = StatusCode::from_u16(http_status).unwrap();
    let is_taken = choice / 35 % 2 == 0;
    for given in fuzzing::answered(&CLIENT, &operation, http_status, body, is_taken).unwrap() {
        match (given, expected) {
            (Ok(given), Some(expected)) => assert_eq!(given, expected),
            (Err(error), None) => {
                assert_eq!(error.status, Status::InvalidResponse, "{error}");
                let document = error_document(&error.document());
                let message = document["message"].as_str().unwrap();
                let decoded = percent_decode_str(message).decode_utf8_lossy();
                for text in [message, &decoded, &message.replace("\\/", "/")] {
                    assert!(!text.contains(KEY) && !text.contains(BASIC), "{message}");
                }
            }
            (given, expected) => panic!("{given:?} in place of {expected:?}"),
        }
    }
});
