//! The check of a body that claims to be JSON. Constant stack, whatever the body holds.

use serde::de::IgnoredAny;

use super::grammar::{self, Kind};

/// How deeply arrays and objects may be nested.
pub const MAX_DEPTH: usize = 256;

/// What a body must be at its top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An array.
    Array,
    /// An object.
    Object,
    /// Any value.
    Any,
}

/// Checks a body without changing it, or says why it is not what it should be.
pub fn check(body: &[u8], shape: Shape) -> Result<(), String> {
    // Nearly every body is what it should be, and told so in a third of the time.
    let kind = std::str::from_utf8(body).map(|_| grammar::kind(body));
    match (shape, kind) {
        (Shape::Array, Ok(Some(Kind::Array)))
        | (Shape::Object, Ok(Some(Kind::Object)))
        | (Shape::Any, Ok(Some(_))) => Ok(()),
        _ => parse(body, shape),
    }
}

/// The same by a parser, which knows what is wrong and where.
fn parse(body: &[u8], shape: Shape) -> Result<(), String> {
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err("it starts with a byte order mark".to_owned());
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| format!("it is not UTF-8 from byte {} on", error.valid_up_to()))?;
    if let Some(at) = body.iter().position(|byte| *byte == 0) {
        return Err(format!("it holds a NUL at byte {at}"));
    }
    if depth(body) > MAX_DEPTH {
        return Err(format!("it is nested deeper than {MAX_DEPTH}"));
    }
    // Neither recursion nor numbers nor surrogates are looked at here: the grammar alone.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| format!("it is not JSON: {error}"))?;
    match (shape, text.trim_start().as_bytes().first()) {
        (Shape::Array, Some(b'[')) | (Shape::Object, Some(b'{')) | (Shape::Any, _) => Ok(()),
        (Shape::Array, _) => Err("it is JSON, but not an array".to_owned()),
        (Shape::Object, _) => Err("it is JSON, but not an object".to_owned()),
    }
}

/// How deeply the brackets outside of strings are nested.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string<'a>(bytes: &mut impl Iterator<Item = &'a u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Is it JSON, by the parser?
    pub fn is_json(text: &str) -> bool {
        parse(text.as_bytes(), Shape::Any).is_ok()
    }

    fn nested(depth: usize) -> String {
        "[".repeat(depth) + &"]".repeat(depth)
    }

    #[test]
    fn what_the_grammar_allows_passes() {
        for body in [
            "[]",
            "\r\n [] \n",
            r#"["a\u0000b"]"#,
            r#"["\ud800"]"#,
            "[1e999999]",
            r#"[{"a":1,"a":2}]"#,
            r#"["[[[[{{{{\"[["]"#,
            &nested(MAX_DEPTH),
        ] {
            assert_eq!(check(body.as_bytes(), Shape::Array), Ok(()), "{body}");
        }
    }

    #[test]
    fn what_it_does_not_allow_is_named() {
        for (body, why) in [
            (&b""[..], "not JSON"),
            (b"<html>", "not JSON"),
            (br#"[{"a":1},{"b":"#, "not JSON"),
            (b"[] x", "not JSON"),
            (b"[][]", "not JSON"),
            (b"\xEF\xBB\xBF[]", "byte order mark"),
            (b"[\"\xFF\"]", "not UTF-8"),
            (b"[\0]\0", "NUL"),
            (b"[\"\x01\"]", "not JSON"),
            (b"{}", "not an array"),
            (b"null", "not an array"),
            (nested(MAX_DEPTH + 1).as_bytes(), "nested deeper"),
        ] {
            let refused = check(body, Shape::Array).expect_err(why);
            assert!(refused.contains(why), "{refused}");
        }
    }
}
