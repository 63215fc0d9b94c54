//! The grammar of JSON in one pass, for the many bodies that keep to it. Constant stack.
//!
//! What is called for every few bytes is inlined by hand: the library is built for size.

use super::json::MAX_DEPTH;

// The nest keeps a bit for each.
const _: () = assert!(MAX_DEPTH <= 256);

/// What a JSON text is at its top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An array.
    Array,
    /// An object.
    Object,
    /// A string, a number, or a literal.
    Scalar,
}

/// What this UTF-8 is, where it surely is one JSON text, nested no deeper than [`MAX_DEPTH`].
/// `None` is no verdict: whoever wants one, with a reason, asks a parser.
pub fn kind(text: &[u8]) -> Option<Kind> {
    let rest = after_space(text);
    let kind = match rest.first()? {
        b'[' => Kind::Array,
        b'{' => Kind::Object,
        _ => Kind::Scalar,
    };
    let mut nest = Nest::default();
    let mut rest = rest;
    loop {
        // A value begins here.
        rest = match rest {
            [b'"', inside @ ..] => after_string(inside)?,
            [b'{', inside @ ..] => {
                nest.enter(true)?;
                match after_space(inside) {
                    [b'}', ..] => inside,
                    name => {
                        rest = after_name(name)?;
                        continue;
                    }
                }
            }
            [b'[', inside @ ..] => {
                nest.enter(false)?;
                match after_space(inside) {
                    [b']', ..] => inside,
                    value => {
                        rest = value;
                        continue;
                    }
                }
            }
            _ => after_scalar(rest)?,
        };
        // A value has ended here, and perhaps what it is in.
        loop {
            rest = after_space(rest);
            if nest.depth == 0 {
                return rest.is_empty().then_some(kind);
            }
            rest = match (rest, nest.is_in_object()) {
                ([b',', next @ ..], true) => {
                    rest = after_name(after_space(next))?;
                    break;
                }
                ([b',', next @ ..], false) => {
                    rest = after_space(next);
                    break;
                }
                ([b'}', after @ ..], true) | ([b']', after @ ..], false) => after,
                _ => return None,
            };
            nest.leave();
        }
    }
}

/// The arrays and objects around a place, a bit each.
#[derive(Default)]
struct Nest {
    depth: usize,
    /// The kinds of those within the innermost 128, and of those around them.
    inner: u128,
    outer: u128,
}

impl Nest {
    fn enter(&mut self, is_object: bool) -> Option<()> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.outer = self.outer << 1 | self.inner >> 127;
        self.inner = self.inner << 1 | u128::from(is_object);
        Some(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.inner = self.inner >> 1 | self.outer << 127;
        self.outer >>= 1;
    }

    fn is_in_object(&self) -> bool {
        self.inner & 1 == 1
    }
}

/// After the name of a member and its colon, where its value begins.
#[inline(always)]
fn after_name(text: &[u8]) -> Option<&[u8]> {
    let [b'"', inside @ ..] = text else {
        return None;
    };
    match after_space(after_string(inside)?) {
        [b':', value @ ..] => Some(after_space(value)),
        _ => None,
    }
}

#[inline(always)]
fn after_space(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = text {
        text = rest;
    }
    text
}

/// After the quote that ends a string, from inside of it.
#[inline(always)]
fn after_string(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = to_special(text);
        text = match text {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'u', rest @ ..] => {
                let (digits, rest) = rest.split_first_chunk::<4>()?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)?
            }
            [
                b'\\',
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                rest @ ..,
            ] => rest,
            // Eight bytes hold one of these, or fewer are left.
            [0..=0x1F | b'\\', ..] | [] => return None,
            [_, rest @ ..] => rest,
        };
    }
}

/// Past bytes that mean nothing in a string, eight at a time: what is left begins with one that does,
/// or is looked at one by one.
#[inline(always)]
fn to_special(mut text: &[u8]) -> &[u8] {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const ESCAPES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    const CONTROLS: u64 = u64::from_ne_bytes([0x20; 8]);

    while let Some((eight, rest)) = text.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        // The high bit of an ASCII byte is set where it is less than 0x20, or equal to one of the others.
        // What is borrowed from a byte may set that of the next as well, never that of one before.
        let quote = (word ^ QUOTES).wrapping_sub(ONES);
        let escape = (word ^ ESCAPES).wrapping_sub(ONES);
        let control = word.wrapping_sub(CONTROLS);
        let special = (quote | escape | control) & !word & HIGHS;
        if special != 0 {
            let plain = special.trailing_zeros() / 8;
            return text.get(plain as usize..).unwrap_or_default();
        }
        text = rest;
    }
    text
}

/// After a number or a literal.
fn after_scalar(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b't', b'r', b'u', b'e', rest @ ..] => Some(rest),
        [b'f', b'a', b'l', b's', b'e', rest @ ..] => Some(rest),
        [b'n', b'u', b'l', b'l', rest @ ..] => Some(rest),
        [b'-', number @ ..] => after_number(number),
        number => after_number(number),
    }
}

fn after_number(text: &[u8]) -> Option<&[u8]> {
    let mut rest = match text {
        [b'0', rest @ ..] => rest,
        _ => after_digits(text)?,
    };
    if let [b'.', fraction @ ..] = rest {
        rest = after_digits(fraction)?;
    }
    match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            after_digits(exponent)
        }
        _ => Some(rest),
    }
}

/// At least one.
fn after_digits(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while let [b'0'..=b'9', more @ ..] = rest {
        rest = more;
    }
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::json::tests::is_json;
    use super::*;

    /// Documents with everything that the grammar knows.
    const SEEDS: [&str; 6] = [
        r#" [ { "id" : "a\"b\\" , "n" : -0.5e+10 , "t" : true } , null , [ ] , { } , false ]"#,
        r#"{"a":{"b":[1,2.25,3E-7,{"c":[[[]]]}]},"long enough for two words":"\u00e9\ud800 \/\b\f\n\r\t"}"#,
        "[\"\u{e9}\u{1f3a8} text that is longer than eight bytes \u{7f}\", 0, 10, -1, 1e5]",
        "\t\r\n\"a string by itself\" ",
        "-12.5E2",
        "[{\"x\":{}},{\"y\":[]},[],{}]",
    ];

    /// Random numbers that are the same each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
        }
    }

    #[test]
    fn it_takes_what_a_parser_takes_and_nothing_else() {
        const LETTERS: &[u8] = b"[]{}\",:\\/u0123456789eE+-.tfn \n\x00\x01\x1f\x20\x7fa";
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let (mut taken, mut refused) = (0, 0);
        for seed in SEEDS.iter().cycle().take(60_000) {
            let mut text = seed.as_bytes().to_vec();
            for _ in 0..dice.below(4) {
                let at = dice.below(text.len());
                match dice.below(3) {
                    0 => text[at] = LETTERS[dice.below(LETTERS.len())],
                    1 => text.insert(at, LETTERS[dice.below(LETTERS.len())]),
                    _ => drop(text.remove(at)),
                }
            }
            let Ok(utf8) = std::str::from_utf8(&text) else {
                continue;
            };
            assert_eq!(kind(&text).is_some(), is_json(utf8), "{utf8:?}");
            match is_json(utf8) {
                true => taken += 1,
                false => refused += 1,
            }
        }
        assert!(taken > 10_000 && refused > 10_000, "{taken}, {refused}");
    }

    #[test]
    fn each_place_in_a_string_is_looked_at() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=0x7F {
                    let mut text = vec![b'a'; length + 2];
                    text[at + 1] = byte;
                    text[0] = b'"';
                    text[length + 1] = b'"';
                    let utf8 = std::str::from_utf8(&text).unwrap();
                    assert_eq!(kind(&text).is_some(), is_json(utf8), "{utf8:?}");
                }
            }
        }
    }

    #[test]
    fn it_follows_as_deep_as_is_allowed_whatever_is_in_what() {
        for depth in [1, 127, 128, 129, 255, MAX_DEPTH, MAX_DEPTH + 1] {
            for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
                let levels = (depth / open.matches(['[', '{']).count()).max(1);
                let is_allowed = levels * open.matches(['[', '{']).count() <= MAX_DEPTH;
                let text = open.repeat(levels) + "1" + &close.repeat(levels);
                assert_eq!(kind(text.as_bytes()).is_some(), is_allowed, "{text}");
                // One that is closed by another does not pass, at any depth.
                let crossed = text.replacen(close, if close == "]" { "}" } else { "]" }, 1);
                assert_eq!(kind(crossed.as_bytes()), None, "{crossed}");
            }
            let empty = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(
                kind(empty.as_bytes()).is_some(),
                depth <= MAX_DEPTH,
                "{depth}"
            );
        }
    }
}
