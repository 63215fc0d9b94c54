//! A small part of the language of `searchQuery`: conditions joined by AND, each of
//! `name = "…"`, `name : "…"` (begins with), `size` with `=`, `<`, `<=`, `>` or `>=` and a number of
//! bytes, `tags IN ["…", "…"]` (any of them).

use serde_json::{Deserializer, Value};

use crate::file::File;

/// Longer ones first: `<=` begins like `<`.
const OPERATORS: [&str; 7] = ["<=", ">=", "<", ">", "=", ":", "IN"];

#[derive(Debug, PartialEq, Eq)]
pub enum Condition {
    NameIs(String),
    NameBegins(String),
    Size(&'static str, u64),
    TaggedWithAny(Vec<String>),
}

pub fn parse(query: &str) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    let mut rest = query;
    loop {
        let (condition, after) = parse_one(rest.trim_start())?;
        conditions.push(condition);
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(conditions);
        }
        let joined = rest
            .strip_prefix("AND")
            .filter(|rest| rest.starts_with(' '));
        rest = joined.ok_or_else(|| format!("the emulator does not understand \"{rest}\""))?;
    }
}

fn parse_one(text: &str) -> Result<(Condition, &str), String> {
    let unknown = || format!("the emulator does not understand \"{text}\"");
    let end = text.find(|letter: char| !letter.is_ascii_alphabetic());
    let (field, rest) = text
        .split_at_checked(end.unwrap_or(0))
        .ok_or_else(unknown)?;
    let rest = rest.trim_start();
    let operator = OPERATORS
        .into_iter()
        .find(|operator| rest.starts_with(operator));
    let operator = operator.ok_or_else(unknown)?;
    let rest = rest.strip_prefix(operator).unwrap_or(rest);
    let mut values = Deserializer::from_str(rest).into_iter::<Value>();
    let value = values.next().and_then(Result::ok).ok_or_else(unknown)?;
    let after = rest.get(values.byte_offset()..).unwrap_or("");
    let condition = condition(field, operator, value).ok_or_else(unknown)?;
    Ok((condition, after))
}

fn condition(field: &str, operator: &'static str, value: Value) -> Option<Condition> {
    Some(match (field, operator, value) {
        ("name", "=", Value::String(name)) => Condition::NameIs(name),
        ("name", ":", Value::String(start)) => Condition::NameBegins(start),
        ("size", "=" | "<" | "<=" | ">" | ">=", Value::Number(bytes)) => {
            Condition::Size(operator, bytes.as_u64()?)
        }
        ("tags", "IN", Value::Array(tags)) => {
            let tags = tags.iter().map(|tag| tag.as_str().map(str::to_owned));
            Condition::TaggedWithAny(tags.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

impl Condition {
    pub fn holds(&self, file: &File) -> bool {
        let current = file.current();
        match self {
            Condition::NameIs(name) => file.name() == name,
            Condition::NameBegins(start) => file.name().starts_with(start),
            Condition::Size(operator, bytes) => match *operator {
                "<" => current.size < *bytes,
                "<=" => current.size <= *bytes,
                ">" => current.size > *bytes,
                ">=" => current.size >= *bytes,
                _ => current.size == *bytes,
            },
            Condition::TaggedWithAny(wanted) => {
                let tags = current.tags.iter().flatten();
                tags.into_iter().any(|tag| wanted.contains(tag))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, parse};

    #[test]
    fn conditions_join() {
        let query = r#"name : "desk \"AND\" lamp" AND size>=5 AND tags IN ["a", "b"]"#;
        let conditions = [
            Condition::NameBegins("desk \"AND\" lamp".to_owned()),
            Condition::Size(">=", 5),
            Condition::TaggedWithAny(vec!["a".to_owned(), "b".to_owned()]),
        ];
        assert_eq!(parse(query).as_deref(), Ok(&conditions[..]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            "",
            " ",
            "name",
            "name =",
            "name = desk",
            "name > \"a\"",
            "size = \"5\"",
            "size = -5",
            "size = 5 OR size = 6",
            "size = 5 AND",
            "size = 5 ANDsize = 6",
            "tags IN \"a\"",
            "tags IN [1]",
            "mood = \"fine\"",
            "é = 1",
        ] {
            assert!(parse(query).is_err(), "{query}");
        }
    }
}
