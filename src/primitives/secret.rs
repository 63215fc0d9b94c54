//! Texts that must not be shown, and their removal from texts that will be.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// What stands where a secret stood.
const MASK: &str = "***";

/// The longest name or number of a character reference that is looked at.
const MAX_NAME_BYTES: usize = 10;

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
    let pair = joined(&[user, ":", password]);
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    Secret(joined(&["Basic ", &encoded]))
}

/// In memory that need not grow: what a text has grown out of is not wiped.
fn joined(parts: &[&str]) -> Zeroizing<String> {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut text = Zeroizing::new(String::with_capacity(length));
    for part in parts {
        text.push_str(part);
    }
    text
}

/// As Base64 is written in URLs, likewise.
fn for_urls(encoded: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(encoded.len()));
    text.extend(encoded.chars().map(|letter| match letter {
        '+' => '-',
        '/' => '_',
        other => other,
    }));
    text
}

/// Replaces secrets in texts, in each spelling in which a server may echo them: as they are, or with
/// any of their characters escaped as in JSON, HTML or a URL.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// Adds a user and a password of HTTP Basic, of which `secret` must not be shown.
    pub fn hide(&mut self, user: &str, password: &str, secret: &str) {
        let basic = basic(user, password);
        let encoded = basic.expose().trim_start_matches("Basic ");
        let alone = Zeroizing::new(STANDARD.encode(secret));
        let for_urls = for_urls(encoded);
        let padded = [encoded, alone.as_str(), for_urls.as_str()];
        let secrets = padded
            .iter()
            .flat_map(|one| [*one, one.trim_end_matches('=')]);
        let secrets = secrets.chain([secret]);
        let secrets = secrets.filter(|secret| !secret.is_empty());
        self.secrets.extend(secrets.map(Secret::new));
        // A longer one may hold a shorter one, which would leave its rest behind.
        self.secrets
            .sort_by_key(|one| std::cmp::Reverse(one.expose().len()));
    }

    /// `text` with `***` for each secret.
    pub fn redact(&self, text: &str) -> String {
        self.mask(text, false)
    }

    /// The same for a text that was cut off, where a secret may have been cut in two.
    pub fn redact_cut(&self, text: &str) -> String {
        self.mask(text, true)
    }

    fn mask(&self, text: &str, is_cut: bool) -> String {
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = self.secret_at(rest, is_cut);
            match length.and_then(|length| rest.get(length..)) {
                Some(after) => {
                    shown.push_str(MASK);
                    rest = after;
                }
                None => {
                    shown.push(first);
                    rest = rest.get(first.len_utf8()..).unwrap_or_default();
                }
            }
        }
        shown
    }

    /// How many bytes at the beginning of `text` spell a secret, or, at a cut, its beginning.
    fn secret_at(&self, text: &str, is_cut: bool) -> Option<usize> {
        let mut secrets = self.secrets.iter();
        secrets.find_map(|secret| match spelled(text, secret.expose()) {
            Spelled::Whole(length) => Some(length),
            Spelled::CutOff if is_cut => Some(text.len()),
            Spelled::CutOff | Spelled::Not => None,
        })
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

enum Spelled {
    /// So many bytes spell the secret.
    Whole(usize),
    /// The text ends within the secret.
    CutOff,
    Not,
}

/// Follows every way to read the text at once: what looks like an escape may stand for itself.
fn spelled(text: &str, secret: &str) -> Spelled {
    // Nearly always the first character tells, and nothing needs to be followed.
    let is_begun = |first| character(text, first).iter().any(Option::is_some);
    if !secret.chars().next().is_some_and(is_begun) {
        return Spelled::Not;
    }
    let mut rests = vec![text];
    for wanted in secret.chars() {
        let read = rests.iter().flat_map(|rest| character(rest, wanted));
        let read = read.flatten().collect::<Vec<_>>();
        if read.is_empty() {
            let is_cut = |rest: &&str| is_unfinished(rest) && rest.len() < text.len();
            return match rests.iter().any(is_cut) {
                true => Spelled::CutOff,
                false => Spelled::Not,
            };
        }
        rests = read;
        rests.dedup();
    }
    let longest = rests.iter().map(|rest| text.len() - rest.len()).max();
    longest.map_or(Spelled::Not, Spelled::Whole)
}

/// The text after `wanted`, where it begins with it, as it is and escaped. In either case, as a URL's
/// host comes back in lower case.
fn character(text: &str, wanted: char) -> [Option<&str>; 2] {
    let is_wanted = |c: char| c.eq_ignore_ascii_case(&wanted);
    let escaped = || match text.as_bytes() {
        [b'%', ..] => hexadecimal(text.get(1..3)?, text.get(3..)?),
        [b'\\', b'u', ..] => hexadecimal(text.get(2..6)?, text.get(6..)?),
        [b'\\', b'x', ..] => hexadecimal(text.get(2..4)?, text.get(4..)?),
        [b'\\', ..] => text.get(1..).and_then(first_character),
        [b'&', ..] => entity(text),
        _ => None,
    };
    let escaped = escaped().filter(|(found, _)| is_wanted(*found));
    [
        text.strip_prefix(is_wanted),
        escaped.map(|(_, after)| after),
    ]
}

fn hexadecimal<'a>(digits: &str, after: &'a str) -> Option<(char, &'a str)> {
    let number = u32::from_str_radix(digits, 16).ok()?;
    Some((char::from_u32(number)?, after))
}

fn first_character(text: &str) -> Option<(char, &str)> {
    let first = text.chars().next()?;
    Some((first, text.get(first.len_utf8()..)?))
}

/// A character reference of HTML, by name or by number.
fn entity(text: &str) -> Option<(char, &str)> {
    let name = text.as_bytes().get(1..)?.iter().take(MAX_NAME_BYTES);
    let end = 1 + name.clone().position(|byte| *byte == b';')?;
    let (name, after) = (text.get(1..end)?, text.get(end + 1..)?);
    let named = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            return match number.strip_prefix(['x', 'X']) {
                Some(digits) => hexadecimal(digits, after),
                None => Some((char::from_u32(number.parse().ok()?)?, after)),
            };
        }
    };
    Some((named, after))
}

/// Nothing more, or no more than what may be the beginning of an escaped character.
fn is_unfinished(text: &str) -> bool {
    let is_short = text.len() < 9 && !text.contains(';');
    text.is_empty() || (is_short && text.starts_with(['%', '\\', '&', '\u{FFFD}']))
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
        let redactor = redactor("private_a/b\"c&d=");
        let encoded = STANDARD.encode("private_a/b\"c&d=:");
        for echoed in [
            "private_a/b\"c&d=",
            r#"private_a/b\"c&d="#,
            r#"private_a\/b\"c\u0026d\u003D"#,
            r#"\u0070rivate_a\/b\u0022c\u0026d="#,
            "private%5Fa%2Fb%22c%26d%3D",
            "private_a%2fb%22c%26d%3d",
            "PRIVATE_a/b&quot;c&amp;d=",
            "private_a&#x2F;b&#34;c&#38;d&#61;",
            &encoded,
            encoded.trim_end_matches('='),
            &encoded.replace('=', "%3D"),
            &STANDARD.encode("private_a/b\"c&d="),
        ] {
            assert_eq!(redactor.redact(&format!("<{echoed}>")), "<***>", "{echoed}");
        }
    }

    #[test]
    fn a_key_that_looks_escaped_is_masked_as_it_is_and_escaped() {
        for key in [
            "private_a%25b",
            "private_a\\\\b",
            "private_a&amp;b",
            "private_a\\u005cb",
            "%%41%4",
        ] {
            let redactor = redactor(key);
            let quoted = serde_json::to_string(key).unwrap();
            assert_eq!(redactor.redact(&format!("<{key}>")), "<***>", "{key}");
            assert_eq!(redactor.redact(&quoted), "\"***\"", "{key}");
            assert_eq!(redactor.redact_cut(key), "***", "{key}");
        }
    }

    #[test]
    fn a_text_full_of_beginnings_takes_no_longer_than_another() {
        let redactor = redactor(&"&".repeat(512));
        for flood in ["&", "%", "\\", "\\u", "&#", "p", "&amp"] {
            let started = std::time::Instant::now();
            redactor.redact_cut(&flood.repeat(4096 / flood.len()));
            // In milliseconds here; the bound tells a quadratic search from the rest of a busy machine.
            assert!(started.elapsed().as_secs() < 5, "{flood}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let redactor = redactor("private_key");
        for text in [
            "",
            "private",
            "é private_kez",
            "100% \\ & &amp; \\u00",
            "private_&#107",
        ] {
            assert_eq!(redactor.redact(text), text);
        }
        assert_eq!(redactor.redact("privateprivate_key%"), "private***%");
    }

    #[test]
    fn a_secret_at_the_cut_is_masked_as_well() {
        let redactor = redactor("private_key");
        for cut in [
            "privat",
            "private_key",
            "private%5",
            "private\\u005",
            "private&#9",
            "private\u{FFFD}",
        ] {
            assert_eq!(
                redactor.redact_cut(&format!("echo: {cut}")),
                "echo: ***",
                "{cut}"
            );
        }
        for text in ["echo: é", "100%", "privately", "a &"] {
            assert_eq!(redactor.redact_cut(text), text);
        }
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
