//! Any ids and any path, below any of some base URLs. What is sent goes to the host of the base URL, and the
//! server reads from it what was given: an id as one segment that decodes to it, a path as it stands.
#![no_main]

use std::sync::LazyLock;

use http::Uri;
use imagekit::{Client, Config, Description, Error, Operation, Path, Status, fuzzing, operation};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use url::Url;

const BASE_URLS: [&str; 5] = [
    "https://api.imagekit.io",
    "http://127.0.0.1:8080/",
    "https://example.com:8443/a/pre%20fix",
    "http://[::1]:9",
    "http://localhost/v2/",
];

struct Base {
    client: Client,
    url: Url,
    /// What stands before every path.
    prefix: &'static str,
}

static BASES: LazyLock<Vec<Base>> = LazyLock::new(|| BASE_URLS.map(base).into());

fn base(url: &'static str) -> Base {
    let mut config = Config::default();
    config.set_private_key("private_key").unwrap();
    config.set_base_url(url).unwrap();
    config.set_proxy("").unwrap();
    let client = Client::new(&config).unwrap();
    let authority = url.split_once("://").unwrap().1;
    let prefix = authority.find('/').map_or("", |at| &authority[at..]);
    let prefix = prefix.trim_end_matches('/');
    let url = Url::parse(url).unwrap();
    Base {
        client,
        url,
        prefix,
    }
}

impl Base {
    fn describe(&self, operation: Result<Operation, Error>) -> Result<Description, Error> {
        self.client.describe(operation?)
    }

    /// Path and query as the server reads them, from where they must have gone.
    fn sent(&self, description: &Description) -> (String, Option<String>) {
        let url = fuzzing::url_of(description);
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url:?}");
        let parsed = Url::parse(url).unwrap();
        assert_eq!(parsed.as_str(), url, "it is sent as it is seen here");
        let place = |url: &Url| {
            (
                url.scheme().to_owned(),
                url.host_str().map(str::to_owned),
                url.port(),
            )
        };
        assert_eq!(place(&parsed), place(&self.url), "{url}");
        assert_eq!(
            (parsed.username(), parsed.password(), parsed.fragment()),
            ("", None, None)
        );

        // What the transport makes of it.
        let uri = Uri::try_from(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(uri.host(), self.url.host_str(), "{url}");
        assert_eq!(uri.port_u16(), self.url.port(), "{url}");
        assert_eq!(
            (uri.path(), uri.query()),
            (parsed.path(), parsed.query()),
            "{url}"
        );

        let below = uri
            .path()
            .strip_prefix(self.prefix)
            .expect("the base URL's prefix");
        assert!(below.starts_with('/'), "{url}");
        (below.to_owned(), uri.query().map(str::to_owned))
    }
}

/// Ids are 1 to 256 bytes without control characters, neither `.` nor `..`.
fn can_be_id(id: &str) -> bool {
    (1..=256).contains(&id.len()) && id != "." && id != ".." && !id.chars().any(char::is_control)
}

fn check_ids(base: &Base, file_id: &str, version_id: &str) {
    let operations = [
        (
            operation::get_file_versions(file_id),
            vec!["v1", "files", file_id, "versions"],
        ),
        (
            operation::get_file_version_details(file_id, version_id),
            vec!["v1", "files", file_id, "versions", version_id],
        ),
        (
            operation::delete_file_version(file_id, version_id),
            vec!["v1", "files", file_id, "versions", version_id],
        ),
        (
            operation::restore_file_version(file_id, version_id),
            vec!["v1", "files", file_id, "versions", version_id, "restore"],
        ),
    ];
    for (operation, segments) in operations {
        let takes_version = segments.len() > 4;
        let is_good = can_be_id(file_id) && (!takes_version || can_be_id(version_id));
        match base.describe(operation) {
            Ok(description) => {
                assert!(is_good, "{file_id:?} {version_id:?}");
                let (path, query) = base.sent(&description);
                let read = path
                    .split('/')
                    .skip(1)
                    .map(|one| percent_decode_str(one).decode_utf8().unwrap());
                assert_eq!(read.collect::<Vec<_>>(), segments, "{path}");
                assert_eq!(query, None, "{path}");
            }
            Err(error) => {
                assert_eq!(error.status, Status::InvalidArgument);
                assert!(!is_good, "{file_id:?} {version_id:?}: {error}");
            }
        }
    }
}

/// What the header says of a path.
fn can_be_path(path: &str) -> bool {
    let (before, _) = path.split_once('?').unwrap_or((path, ""));
    let is_good = |byte: u8| matches!(byte, 0x21..=0x7E) && !matches!(byte, b'\\' | b'#');
    let leads_elsewhere = |segment: &str| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        dots == "." || dots == ".." || dots.contains("%2f") || dots.contains("%5c")
    };
    path.len() <= 8192
        && path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(is_good)
        && !before.split('/').any(leads_elsewhere)
        && !before.contains(['"', '<', '>', '{', '}', '`'])
}

fn check_path(base: &Base, path: &str) {
    let method = operation::method("GET").unwrap();
    let operation = Path::given(path).and_then(|given| operation::request(method, given, None));
    match base.describe(operation) {
        Ok(description) => {
            assert!(can_be_path(path), "{path:?}");
            let (before, after) = base.sent(&description);
            let (given_before, given_after) = match path.split_once('?') {
                Some((before, after)) => (before, Some(after)),
                None => (path, None),
            };
            assert_eq!(before, given_before);
            let encoded = given_after.map(|query| {
                let query = query.replace('"', "%22").replace('\'', "%27");
                query.replace('<', "%3C").replace('>', "%3E")
            });
            assert_eq!(after, encoded, "{path:?}");
        }
        Err(error) => {
            assert_eq!(error.status, Status::InvalidArgument);
            assert!(!can_be_path(path), "{path:?}: {error}");
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, texts)) = input.split_first() else {
        return;
    };
    let base = &BASES[usize::from(*choice) % BASES.len()];
    let Ok(texts) = std::str::from_utf8(texts) else {
        return;
    };
    check_path(base, texts);
    let (file_id, version_id) = texts.split_once('\0').unwrap_or((texts, "v"));
    check_ids(base, file_id, version_id);
});
