//! JSON as RFC 8259 has it, read by other means than the library's own: what it takes and what it finds is
//! measured by this.

/// A value, with where it stands in the document.
pub struct Value<'a> {
    /// Its text.
    pub text: &'a str,
    /// What is in it.
    pub kind: Kind<'a>,
}

/// What a value is.
pub enum Kind<'a> {
    /// A string, in UTF-16, as escapes may spell half of a surrogate pair.
    String(Vec<u16>),
    /// Its elements.
    Array(Vec<Value<'a>>),
    /// Its members.
    Object(Vec<(Vec<u16>, Value<'a>)>),
    /// `null`.
    Null,
    /// Anything else.
    Other,
}

/// A text that is no RFC 6901 pointer.
pub struct NoPointer;

/// The one document that these bytes are; `None` where they are none, or nested more deeply.
pub fn read(bytes: &[u8], max_depth: usize) -> Option<Value<'_>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader {
        text,
        at: 0,
        depth_left: max_depth,
    };
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    (reader.at == text.len()).then_some(value)
}

impl<'a> Value<'a> {
    /// What an RFC 6901 pointer points to.
    pub fn at(&self, pointer: &str) -> Result<Option<&Value<'a>>, NoPointer> {
        let mut tokens = pointer.split('/');
        if tokens.next() != Some("") {
            return Err(NoPointer);
        }
        let tokens = tokens
            .map(unescaped)
            .collect::<Result<Vec<_>, NoPointer>>()?;
        let found = tokens
            .iter()
            .try_fold(self, |value, token| value.child(token));
        Ok(found)
    }

    fn child(&self, token: &str) -> Option<&Value<'a>> {
        match &self.kind {
            Kind::Object(members) => {
                let name = token.encode_utf16().collect::<Vec<_>>();
                let found = members.iter().rev().find(|(known, _)| *known == name);
                found.map(|(_, value)| value)
            }
            Kind::Array(elements) => {
                let index = token.parse::<usize>().ok()?;
                elements.get(index).filter(|_| index.to_string() == token)
            }
            _ => None,
        }
    }
}

fn unescaped(token: &str) -> Result<String, NoPointer> {
    let mut text = String::new();
    let mut chars = token.chars();
    while let Some(next) = chars.next() {
        text.push(match (next, next == '~') {
            (plain, false) => plain,
            (_, true) => match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err(NoPointer),
            },
        });
    }
    Ok(text)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth_left: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek() == Some(wanted)).then(|| self.at += 1)
    }

    fn take_one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let next = self.peek().filter(|next| wanted.contains(next))?;
        self.at += 1;
        Some(next)
    }

    fn skip_space(&mut self) {
        while self.take_one_of(b" \t\r\n").is_some() {}
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        let kind = match self.peek()? {
            b'"' => Kind::String(self.string()?),
            b'[' => Kind::Array(self.nested(b']', Reader::value)?),
            b'{' => Kind::Object(self.nested(b'}', Reader::member)?),
            b'n' => self.word("null").map(|()| Kind::Null)?,
            b't' => self.word("true").map(|()| Kind::Other)?,
            b'f' => self.word("false").map(|()| Kind::Other)?,
            _ => self.number().map(|()| Kind::Other)?,
        };
        let text = &self.text[start..self.at];
        Some(Value { text, kind })
    }

    fn member(&mut self) -> Option<(Vec<u16>, Value<'a>)> {
        let name = self.string()?;
        self.skip_space();
        self.take(b':')?;
        self.skip_space();
        Some((name, self.value()?))
    }

    fn nested<T>(&mut self, end: u8, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.depth_left = self.depth_left.checked_sub(1)?;
        self.at += 1;
        let mut all = Vec::new();
        self.skip_space();
        while self.take(end).is_none() {
            if !all.is_empty() {
                self.take(b',')?;
                self.skip_space();
            }
            all.push(one(self)?);
            self.skip_space();
        }
        self.depth_left += 1;
        Some(all)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text[self.at..]
            .starts_with(word)
            .then(|| self.at += word.len())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|next| next.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let _sign = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if self.take_one_of(b"eE").is_some() {
            let _sign = self.take_one_of(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        self.take(b'"')?;
        let mut units = Vec::new();
        loop {
            let next = self.text[self.at..].chars().next()?;
            self.at += next.len_utf8();
            match next {
                '"' => return Some(units),
                '\\' => units.push(self.escape()?),
                '\0'..' ' => return None,
                _ => units.extend(next.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let unit = match self.take_one_of(b"\"\\/bfnrtu")? {
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                return are_digits.then(|| u16::from_str_radix(digits, 16).ok())?;
            }
            itself => itself,
        };
        Some(u16::from(unit))
    }
}
