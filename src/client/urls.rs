//! The two URLs that a client is given: where the API is, and the proxy on the way to it.

use std::net::Ipv4Addr;

use http::Uri;
use reqwest::Url;

use crate::primitives::error::Error;
use crate::primitives::path::Path;
use crate::primitives::secret::Secret;

/// Longer ones are a mistake, and the stack would refuse them late.
const MAX_URL_BYTES: usize = 2048;

const OTHERWISE: &str =
    "path would be sent otherwise than it is written: percent-encode it, a quote as %22";

/// Where the API is.
#[derive(Debug, Clone)]
pub struct BaseUrl {
    url: Url,
    /// Origin and prefix, without a slash at the end.
    text: String,
}

impl BaseUrl {
    /// ImageKit's own.
    pub const DEFAULT: &str = "https://api.imagekit.io";

    /// Checks a base URL, or says what is wrong with it, without repeating what may be a secret.
    pub fn parse(text: &str) -> Result<BaseUrl, Error> {
        let refused = |why: &str| {
            Error::invalid_argument(format!(
                "base_url {why}: pass https://host[:port][/prefix], such as {}",
                BaseUrl::DEFAULT
            ))
        };
        let url = parse(text).map_err(refused)?;
        // Hosts of which only one of the stack's two parsers thinks that they can be one.
        if Uri::try_from(url.as_str()).is_err() {
            return Err(refused("has a host or a path that cannot be sent"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("has a query or a fragment"));
        }
        if !url.username().is_empty() || url.password().is_some() || has_user_info(text) {
            return Err(refused(
                "contains a user or a password; the key is set by itself",
            ));
        }
        let prefix = url.path().trim_end_matches('/');
        if prefix != path_of(text).trim_end_matches('/') {
            return Err(refused(
                "has a path that would be sent otherwise than it is written",
            ));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(refused(
                "is http to a host that is not this machine, where the private key would travel in clear",
            ));
        }
        let text = format!("{}{prefix}", url.origin().ascii_serialization());
        Ok(BaseUrl { url, text })
    }

    /// The URL of an operation.
    pub fn join(&self, path: &Path) -> Result<Url, Error> {
        let refused = || Error::invalid_argument(OTHERWISE);
        if !path.has_query() {
            // What the base has in common with it need not be parsed again.
            let mut url = self.url.clone();
            let written = self.path_of(path);
            url.set_path(&written);
            return match url.path() == written {
                true => Ok(url),
                false => Err(refused()),
            };
        }
        let url = Url::parse(&format!("{}{path}", self.text)).map_err(|_| refused())?;
        // The parser may encode more of a query, which means the same; a path is sent as it stands.
        let written = self.path_of(path);
        let written = written.split('?').next().unwrap_or_default();
        match url.origin() == self.url.origin() && url.path() == written {
            true => Ok(url),
            false => Err(refused()),
        }
    }

    /// The path of an operation's URL, prefix included.
    pub fn path_of(&self, path: &Path) -> String {
        format!("{}{path}", self.url.path().trim_end_matches('/'))
    }

    /// Is it https?
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host and port, for messages.
    pub fn authority(&self) -> String {
        authority(&self.url)
    }

    /// Host and port of what the server refers to, without what may be secret in it.
    pub fn authority_of(&self, reference: &str) -> String {
        let target = self.url.join(reference);
        target.map_or_else(|_| "no URL".to_owned(), |url| authority(&url))
    }
}

/// A proxy, with its user and password if it has some.
#[derive(Clone)]
pub struct ProxyUrl {
    url: Url,
}

impl ProxyUrl {
    /// Checks the URL of a proxy, or says what is wrong with it, without repeating its password.
    pub fn parse(text: &str) -> Result<ProxyUrl, Error> {
        let refused = |why: &str| {
            Error::invalid_argument(format!(
                "proxy {why}: pass http://[user:password@]host[:port], or \"\" for none"
            ))
        };
        let url = parse(text).map_err(refused)?;
        if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
            return Err(refused("has a path, a query or a fragment"));
        }
        Ok(ProxyUrl { url })
    }

    /// Is the proxy on this machine?
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// The URL for the stack, secrets included.
    pub fn expose(&self) -> &Url {
        &self.url
    }

    /// User and password as they are meant, not as the URL spells them.
    pub fn credentials(&self) -> Option<(String, Secret)> {
        let decoded = |text: &str| {
            let bytes = percent_encoding::percent_decode_str(text);
            bytes.decode_utf8_lossy().into_owned()
        };
        let password = self.url.password()?;
        Some((decoded(self.url.username()), Secret::new(decoded(password))))
    }

    /// Host and port, for messages.
    pub fn authority(&self) -> String {
        authority(&self.url)
    }
}

impl std::fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.authority())
    }
}

/// Parses an http or https URL that is written out in full. The parser alone would mend too much.
fn parse(text: &str) -> Result<Url, &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.len() > MAX_URL_BYTES {
        return Err("is longer than 2048 bytes");
    }
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err("contains a space, a control character or a backslash");
    }
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("does not begin with https:// or http://");
    }
    if after_scheme(text).starts_with('/') {
        return Err("has no host");
    }
    Url::parse(text).map_err(|_| "is not a URL")
}

fn after_scheme(text: &str) -> &str {
    text.split_once("://").map_or("", |(_, rest)| rest)
}

fn path_of(text: &str) -> &str {
    let rest = after_scheme(text);
    rest.find('/')
        .and_then(|at| rest.get(at..))
        .unwrap_or_default()
}

fn has_user_info(text: &str) -> bool {
    let rest = after_scheme(text);
    rest.split(['/', '?', '#'])
        .next()
        .is_some_and(|authority| authority.contains('@'))
}

/// 127.0.0.0/8, `[::1]`, or the name `localhost`.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.parse::<Ipv4Addr>();
    address.is_ok_and(|address| address.is_loopback()) || matches!(host, "localhost" | "[::1]")
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_an_origin_with_a_prefix() {
        let path = Path::v1().word("files");
        for (text, sent) in [
            (
                "https://api.imagekit.io",
                "https://api.imagekit.io/v1/files",
            ),
            (
                "https://api.imagekit.io/",
                "https://api.imagekit.io/v1/files",
            ),
            (
                "HTTPS://Example.com:8443/a/b/",
                "https://example.com:8443/a/b/v1/files",
            ),
            ("http://127.0.0.1:80", "http://127.0.0.1/v1/files"),
            ("http://127.9.9.9:8080", "http://127.9.9.9:8080/v1/files"),
            ("http://[::1]:1", "http://[::1]:1/v1/files"),
            ("http://localhost:3000", "http://localhost:3000/v1/files"),
        ] {
            let joined = BaseUrl::parse(text).and_then(|base| base.join(&path));
            assert_eq!(joined.map(String::from), Ok(sent.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "is empty"),
            ("api.imagekit.io", "does not begin with"),
            ("ftp://api.imagekit.io", "does not begin with"),
            ("https:///x", "has no host"),
            ("https://", "is not a URL"),
            ("https://host:99999", "is not a URL"),
            ("https://a b", "a space"),
            ("https://host\\x", "backslash"),
            ("https://host\n", "control character"),
            ("https://host}", "cannot be sent"),
            ("https://a{b.example/x", "cannot be sent"),
            ("https://user@host", "a user or a password"),
            ("https://@host", "a user or a password"),
            ("https://user:secret@host", "a user or a password"),
            ("https://host?x", "a query or a fragment"),
            ("https://host#", "a query or a fragment"),
            ("https://host/a/../b", "otherwise than it is written"),
            ("http://api.imagekit.io", "in clear"),
            ("http://127.0.0.1.example.com", "in clear"),
            ("http://localhost.example.com", "in clear"),
            ("http://10.0.0.1", "in clear"),
        ] {
            let refused = BaseUrl::parse(text).expect_err(text);
            assert!(refused.message.contains(why), "{text}: {}", refused.message);
            assert!(!refused.message.contains("secret"), "{}", refused.message);
        }
    }

    #[test]
    fn a_proxy_keeps_its_password_to_itself() {
        let proxy = ProxyUrl::parse("http://me:s%3Acret@proxy.example:3128").unwrap();
        assert_eq!(format!("{proxy:?}"), "proxy.example:3128");
        let (user, password) = proxy.credentials().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("me", "s:cret"));
        for text in ["socks5://x", "http://x/path", "http://x?y", "x:1"] {
            assert!(ProxyUrl::parse(text).is_err(), "{text}");
        }
    }
}
