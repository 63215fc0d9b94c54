//! Texts that must not be shown, and their removal from texts that will be.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands where a secret stood.
const MASK: &str = "***";

/// A text that is never shown, and wiped from memory when it is no longer needed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text` as a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text itself. Whoever shows it breaks the promise of this type.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// The value of an Authorization header: `Basic` and the encoded pair.
pub fn basic(user: &str, password: &str) -> Secret {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    Secret::new(format!("Basic {}", encoded.as_str()))
}

/// Replaces secrets in texts, in each spelling in which a server may echo them.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Vec<Secret>,
}

impl Redactor {
    /// Adds a user and a password of HTTP Basic, of which `secret` must not be shown.
    pub fn hide(&mut self, user: &str, password: &str, secret: &str) {
        let basic = basic(user, password);
        let encoded = basic.expose().trim_start_matches("Basic ");
        for text in [secret, encoded, encoded.trim_end_matches('=')] {
            for spelling in spellings(text) {
                let known = self
                    .spellings
                    .iter()
                    .any(|one| one.expose() == spelling.as_str());
                if !known && !spelling.is_empty() {
                    self.spellings.push(Secret(spelling));
                }
            }
        }
        // A longer one may hold a shorter one, which would leave its rest behind.
        self.spellings
            .sort_by_key(|one| std::cmp::Reverse(one.expose().len()));
    }

    /// `text` with `***` for each secret.
    pub fn redact(&self, text: &str) -> String {
        self.spellings.iter().fold(text.to_owned(), |text, secret| {
            match text.contains(secret.expose()) {
                true => text.replace(secret.expose(), MASK),
                false => text,
            }
        })
    }

    /// The same for a text that was cut off, where a secret may have been cut in two.
    pub fn redact_cut(&self, text: &str) -> String {
        let text = self.redact(text);
        let longest = self
            .spellings
            .iter()
            .map(|one| cut_secret(&text, one.expose()))
            .max();
        match longest.and_then(|length| text.get(..text.len() - length)) {
            Some(kept) if kept.len() < text.len() => format!("{kept}{MASK}"),
            _ => text,
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// How many bytes at the end of `text` are the beginning of `secret`.
fn cut_secret(text: &str, secret: &str) -> usize {
    (1..secret.len())
        .rev()
        .find(|length| {
            secret
                .get(..*length)
                .is_some_and(|start| text.ends_with(start))
        })
        .unwrap_or(0)
}

/// A text as it is, and as JSON, HTML and a URL may spell it.
fn spellings(text: &str) -> Vec<Zeroizing<String>> {
    let quoted = Zeroizing::new(serde_json::to_string(text).unwrap_or_default());
    let json = quoted.trim_start_matches('"');
    let json = json.strip_suffix('"').unwrap_or(json);
    let url = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    let html = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    [
        text.to_owned(),
        json.to_owned(),
        json.replace('/', "\\/"),
        url.to_string(),
        html,
    ]
    .map(Zeroizing::new)
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(key: &str) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.hide(key, "", key);
        redactor
    }

    #[test]
    fn a_key_and_its_basic_form_are_masked_in_every_spelling() {
        let redactor = redactor("private_a/b\"c");
        let encoded = STANDARD.encode("private_a/b\"c:");
        for echoed in [
            "private_a/b\"c".to_owned(),
            r#"private_a/b\"c"#.to_owned(),
            r#"private_a\/b\"c"#.to_owned(),
            "private%5Fa%2Fb%22c".to_owned(),
            format!("Basic {encoded}"),
            encoded.trim_end_matches('=').to_owned(),
        ] {
            let shown = redactor.redact(&format!("<{echoed}>"));
            assert!(shown.contains("***"), "{echoed} became {shown}");
            assert!(
                !shown.contains("private") && !shown.contains("cHJpdm"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_secret_at_the_cut_is_masked_as_well() {
        let redactor = redactor("private_key");
        assert_eq!(redactor.redact_cut("echo: privat"), "echo: ***");
        assert_eq!(redactor.redact_cut("echo: private_key"), "echo: ***");
        assert_eq!(redactor.redact_cut("echo: é"), "echo: é");
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!(
            "{:?} {:?}",
            Secret::new("private_key"),
            redactor("private_key")
        );
        assert_eq!(text, "*** ***");
    }
}
