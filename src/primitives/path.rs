//! Paths of the API, put together from fixed words and from ids that the caller gave.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::Error;

/// The longest id, in bytes. ImageKit's own have 24.
pub const MAX_ID_BYTES: usize = 256;
/// The longest path that can be given. Servers take less.
const MAX_PATH_BYTES: usize = 8192;

/// What RFC 3986 calls unreserved stands for itself; every other byte is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path below the base URL, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The root of version 1 of the API.
    pub fn v1() -> Path {
        Path("/v1".to_owned())
    }

    /// A path that the caller gave as it is to be sent, query included, or what is wrong with it.
    pub fn given(path: &str) -> Result<Path, Error> {
        check_given(path)?;
        Ok(Path(path.to_owned()))
    }

    /// Adds a fixed segment.
    pub fn word(mut self, word: &'static str) -> Path {
        self.0.push('/');
        self.0.push_str(word);
        self
    }

    /// Adds an id as exactly one segment, or says what is wrong with it. `name` is the argument's.
    pub fn id(mut self, name: &'static str, id: &str) -> Result<Path, Error> {
        check_id(name, id)?;
        self.0.push('/');
        self.0.extend(utf8_percent_encode(id, ENCODED));
        Ok(self)
    }

    /// Does a query follow it?
    pub fn has_query(&self) -> bool {
        self.0.contains('?')
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Nothing in it may lead to another place than it says.
fn check_given(path: &str) -> Result<(), Error> {
    let refused = |why: &str| {
        Err(Error::invalid_argument(format!(
            "path {why}: pass one below base_url as it is sent, such as /v1/files?limit=10"
        )))
    };
    if path.len() > MAX_PATH_BYTES {
        return refused("is longer than 8192 bytes");
    }
    if !path.starts_with('/') || path.starts_with("//") {
        return refused("does not begin with one slash");
    }
    if path
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'#'))
    {
        return refused("contains a space, a backslash, a # or what is not ASCII");
    }
    let segments = path.split('?').next().unwrap_or_default().split('/');
    for segment in segments.map(str::to_ascii_lowercase) {
        if matches!(segment.replace("%2e", ".").as_str(), "." | "..") {
            return refused("has a segment that is . or ..");
        }
        if segment.contains("%2f") || segment.contains("%5c") {
            return refused("has an encoded slash or backslash");
        }
    }
    Ok(())
}

/// Says what is wrong with an id. `name` is the argument's.
pub fn check_id(name: &str, id: &str) -> Result<(), Error> {
    let refused = |why: &str| Err(Error::invalid_argument(format!("{name} {why}")));
    if id.is_empty() {
        return refused("is empty: pass an id as ImageKit gave it");
    }
    if id.len() > MAX_ID_BYTES {
        return refused("is longer than 256 bytes: pass an id as ImageKit gave it");
    }
    if id == "." || id == ".." {
        return refused("is a relative path segment: pass an id as ImageKit gave it");
    }
    if id.chars().any(char::is_control) {
        return refused("contains a control character: pass an id as ImageKit gave it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(id: &str) -> Result<String, String> {
        match Path::v1().word("files").id("file_id", id) {
            Ok(path) => Ok(path.word("versions").to_string()),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn an_id_is_one_encoded_segment() {
        for (id, segment) in [
            ("5f43ec1eb8dcb76a6b1b9c5a", "5f43ec1eb8dcb76a6b1b9c5a"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("../x", "..%2Fx"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            ("a b+c", "a%20b%2Bc"),
            ("é", "%C3%A9"),
            ("-._~", "-._~"),
            ("a\\b;c=d&e@f:g", "a%5Cb%3Bc%3Dd%26e%40f%3Ag"),
        ] {
            assert_eq!(encoded(id), Ok(format!("/v1/files/{segment}/versions")));
        }
    }

    #[test]
    fn a_given_path_leads_where_it_says() {
        for path in [
            "/v1/files",
            "/v1/files?path=/a/../b&x=%2f",
            "/",
            "/v1/a%20b/..c/...",
            "/%2e%2ex",
        ] {
            assert_eq!(Path::given(path), Ok(Path(path.to_owned())));
        }
        for path in [
            "",
            "v1",
            "//host/x",
            "https://host",
            "/a b",
            "/a\\b",
            "/a#b",
            "/é",
            "/a\n",
            "/../x",
            "/a/.",
            "/%2E%2e/x",
            "/.%2E",
            "/a%2Fb",
            "/a%5cb",
        ] {
            assert!(Path::given(path).is_err(), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_refused_by_name() {
        let too_long = "a".repeat(MAX_ID_BYTES + 1);
        for (id, why) in [
            ("", "is empty"),
            (".", "relative path segment"),
            ("..", "relative path segment"),
            (too_long.as_str(), "longer than 256 bytes"),
            ("a\nb", "control character"),
            ("a\u{7f}", "control character"),
            ("a\u{85}", "control character"),
        ] {
            let message = encoded(id).expect_err(why);
            assert!(
                message.starts_with("file_id ") && message.contains(why),
                "{message}"
            );
        }
        assert!(encoded(&"a".repeat(MAX_ID_BYTES)).is_ok());
    }
}
