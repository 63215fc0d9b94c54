//! One value out of a JSON document, by an RFC 6901 pointer. Constant stack, whatever the document
//! holds: each step reads one level and skips the rest.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Error;
use super::json::{self, Shape};
use super::status::Status;

/// A JSON document that was checked.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a>(&'a str);

impl<'a> Document<'a> {
    /// Checks a document.
    ///
    /// # Errors
    /// `invalid_argument` for what is no JSON or is nested too deeply.
    pub fn read(document: &'a str) -> Result<Document<'a>, Error> {
        let refused = |why| {
            let message = format!("json cannot be read: {why}: pass a whole JSON document");
            Error::invalid_argument(message)
        };
        json::check(document.as_bytes(), Shape::Any).map_err(refused)?;
        Ok(Document(document.trim()))
    }

    /// The value at `pointer`: a string as its text, anything else as JSON text.
    ///
    /// # Errors
    /// `invalid_argument` for what is no pointer, `no_value` where there is nothing or null,
    /// `invalid_response` for a string that cannot be given to C.
    pub fn get(self, pointer: &str) -> Result<String, Error> {
        let mut value = self.0;
        for token in tokens(pointer)? {
            value = child(value, &token).ok_or_else(|| no_value(pointer))?;
        }
        match value {
            "null" => Err(no_value(pointer)),
            _ if value.starts_with('"') => text(value, pointer),
            _ => Ok(value.to_owned()),
        }
    }
}

fn no_value(pointer: &str) -> Error {
    Error::new(Status::NoValue, format!("there is no value at {pointer:?}"))
}

/// The steps of a pointer, unescaped.
fn tokens(pointer: &str) -> Result<Vec<String>, Error> {
    let refused = |why: &str| {
        Err(Error::invalid_argument(format!(
            "pointer {why}: pass \"\" or one such as \"/0/versionInfo/id\""
        )))
    };
    let Some(rest) = pointer.strip_prefix('/') else {
        return match pointer {
            "" => Ok(Vec::new()),
            _ => refused("does not begin with a slash"),
        };
    };
    // What follows a tilde is 0 or 1.
    let escapes = rest.split('~').skip(1);
    if escapes
        .into_iter()
        .any(|escape| !escape.starts_with(['0', '1']))
    {
        return refused("has a ~ that is neither ~0 nor ~1");
    }
    let unescaped = |token: &str| token.replace("~1", "/").replace("~0", "~");
    Ok(rest.split('/').map(unescaped).collect())
}

/// The member or element of a value, as it stands in the document.
fn child<'a>(value: &'a str, token: &str) -> Option<&'a str> {
    let mut reader = serde_json::Deserializer::from_str(value);
    let found = match value.as_bytes().first()? {
        b'{' => reader.deserialize_map(Member(token)),
        b'[' => reader.deserialize_seq(Element(index(token)?)),
        _ => return None,
    };
    found.ok()?.map(RawValue::get)
}

/// An index has no sign and no leading zero; `-` is the element after the last, which is not there.
fn index(token: &str) -> Option<usize> {
    let is_canonical = token == "0" || !token.starts_with('0');
    let is_number = token.bytes().all(|byte| byte.is_ascii_digit());
    token.parse().ok().filter(|_| is_canonical && is_number)
}

fn text(value: &str, pointer: &str) -> Result<String, Error> {
    let refused = |why: &str| {
        let message = format!("the string at {pointer:?} cannot be given to C: it holds {why}");
        Err(Error::new(Status::InvalidResponse, message))
    };
    match serde_json::from_str::<String>(value) {
        Ok(text) if text.contains('\0') => refused("a U+0000"),
        Ok(text) => Ok(text),
        Err(_) => refused("a lone surrogate"),
    }
}

/// Finds a member; of several with the same name the last.
struct Member<'t>(&'t str);

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = members.next_key_seed(Name(self.0))? {
            match is_it {
                true => found = Some(members.next_value()?),
                false => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// Is this the name? Compared as bytes, as a name may hold a lone surrogate, which no text can.
struct Name<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<bool, D::Error> {
        reader.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<bool, E> {
        Ok(name == self.0.as_bytes())
    }
}

/// Finds an element.
struct Element(usize);

impl<'de> Visitor<'de> for Element {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        for _ in 0..self.0 {
            if elements.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = elements.next_element()?;
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(document: &str, pointer: &str) -> Result<String, Error> {
        Document::read(document)?.get(pointer)
    }

    const DOCUMENT: &str = r#" [{"versionInfo":{"id":"v2","name":"Version 2"},"n":1.50,"b":true,"z":null,
        "a/b":1,"m~n":2,"":3,"é":"\u00e9\"\/","twice":1,"twice":[ 2 ],"\ud800":4,"nul":"a\u0000",
        "lone":"\udc00"},[],"x"] "#;

    #[test]
    fn a_value_is_found_by_its_pointer() {
        for (pointer, value) in [
            ("/0/versionInfo/id", "v2"),
            ("/0/versionInfo", r#"{"id":"v2","name":"Version 2"}"#),
            ("/0/n", "1.50"),
            ("/0/b", "true"),
            ("/0/a~1b", "1"),
            ("/0/m~0n", "2"),
            ("/0/", "3"),
            ("/0/é", "é\"/"),
            ("/0/twice", "[ 2 ]"),
            ("/0/twice/0", "2"),
            ("/1", "[]"),
            ("/2", "x"),
            ("", DOCUMENT.trim()),
        ] {
            assert_eq!(get(DOCUMENT, pointer).as_deref(), Ok(value), "{pointer}");
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_is_wrong() {
        for (document, pointer, status) in [
            (DOCUMENT, "/0/z", Status::NoValue),
            (DOCUMENT, "/0/zz", Status::NoValue),
            (DOCUMENT, "/3", Status::NoValue),
            (DOCUMENT, "/-", Status::NoValue),
            (DOCUMENT, "/00", Status::NoValue),
            (DOCUMENT, "/+0", Status::NoValue),
            (DOCUMENT, "/99999999999999999999", Status::NoValue),
            (DOCUMENT, "/2/0", Status::NoValue),
            ("null", "", Status::NoValue),
            (DOCUMENT, "0", Status::InvalidArgument),
            (DOCUMENT, "/~2", Status::InvalidArgument),
            (DOCUMENT, "/~", Status::InvalidArgument),
            ("{", "", Status::InvalidArgument),
            ("", "", Status::InvalidArgument),
            (&"[".repeat(1_000_000), "/0", Status::InvalidArgument),
            (DOCUMENT, "/0/nul", Status::InvalidResponse),
            (DOCUMENT, "/0/lone", Status::InvalidResponse),
        ] {
            let refused = get(document, pointer).map_err(|error| error.status);
            assert_eq!(refused, Err(status), "{pointer}");
        }
    }
}
