//! Runs of the C program `calls.c`, and what they print, read back. What holds for every answer of
//! the library is checked here, on each of them: the error document is whole and tells the same
//! story as the status, and nothing is written to the host's stderr.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use crate::lateness::expect_by;
use crate::support::{Run, c_program};

/// A key that is found wherever it shows.
pub const KEY: &str = "private_marker+0f3a7c51Zq9/";

/// What the key looks like in an `Authorization` field.
pub fn basic(key: &str) -> String {
    BASE64.encode(format!("{key}:"))
}

pub struct Calls {
    run: Run,
}

impl Calls {
    /// Of a client with no setting at all.
    pub fn bare() -> Self {
        let run = c_program("calls").command();
        Self { run }
    }

    /// Of a client with our key and this base URL.
    pub fn to(base_url: &str) -> Self {
        Self::bare().set("--key", KEY).set("--base-url", base_url)
    }

    /// Of `ik_request()`, without a body unless one is set.
    pub fn request(self, method: impl AsRef<OsStr>, path: impl AsRef<OsStr>) -> Self {
        let calls = self.set("--operation", "request");
        calls.set("--method", method).set("--path", path)
    }

    pub fn set(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.run = self.run.arg(name).arg(value);
        self
    }

    pub fn number(self, name: &str, value: u64) -> Self {
        self.set(name, value.to_string())
    }

    pub fn flag(mut self, name: &str) -> Self {
        self.run = self.run.arg(name);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.run = self.run.env(name, value);
        self
    }

    /// The same run inside of another program.
    pub fn under(mut self, program: &str, args: &[&str]) -> Self {
        self.run = self.run.under(program, args);
        self
    }

    /// Every answer, in the order of their ends.
    pub fn answers(self) -> Vec<Answer> {
        self.run().0
    }

    /// The same, and the answer of one more call on the same client after this file was made. Then all
    /// is freed and shut down, and no descriptor may be left.
    pub fn answers_and_after(self, marker: &Path) -> (Vec<Answer>, Option<Answer>) {
        self.set("--afterwards", marker).run()
    }

    fn run(self) -> (Vec<Answer>, Option<Answer>) {
        let seen = self.run.run().expect_ok();
        assert_eq!(
            seen.stderr, "",
            "the library writes to stderr only when told to"
        );
        let answers = seen.stdout.lines().filter_map(Answer::read);
        let answers: Vec<_> = answers.filter(|answer| !answer.is_new_client()).collect();
        assert!(!answers.is_empty(), "no answer in {}", seen.stdout);
        let after = seen.stdout.lines().find(|line| line.starts_with("after "));
        (answers, after.map(Answer::of_call))
    }

    /// The answer of the only call, or of the client that could not be made.
    pub fn answer(self) -> Answer {
        let mut answers = self.answers();
        assert_eq!(answers.len(), 1, "{answers:#?}");
        answers.remove(0)
    }
}

/// A status and the string that came with it.
#[derive(Debug)]
pub struct Answer {
    /// Of a call, or else of a client that could not be made.
    pub is_call: bool,
    /// The number of the thread, or of the client.
    pub whose: u64,
    pub status: String,
    pub took: Duration,
    pub text: Option<String>,
}

impl Answer {
    fn read(line: &str) -> Option<Self> {
        let what = line.split(' ').next()?;
        if matches!(what, "set" | "after") {
            return None; // a setting that was refused shows in the client's line as well
        }
        let mut answer = Self::of_call(line);
        answer.is_call = what == "call";
        Some(answer)
    }

    fn of_call(line: &str) -> Self {
        let mut words = line.splitn(5, ' ').skip(1); // not what it is
        let mut word = || words.next().unwrap_or_else(|| panic!("not whole: {line}"));
        let answer = Self {
            is_call: true,
            whose: word().parse().expect("a number"),
            status: word().to_owned(),
            took: Duration::from_millis(word().parse().expect("milliseconds")),
            text: word().strip_prefix('=').map(unescaped),
        };
        if answer.status != "ok" {
            answer.check_document();
        }
        answer
    }

    fn is_new_client(&self) -> bool {
        if !self.is_call && self.status == "ok" {
            assert_eq!(self.text, None, "a client was made, and no error");
            return true;
        }
        false
    }

    /// The string is an error document, whole, and tells of this status.
    pub fn check_document(&self) {
        let error = self.error();
        for name in ["code", "message", "help", "requestId", "responseBody"] {
            let value = error
                .get(name)
                .unwrap_or_else(|| panic!("no {name} in {self:?}"));
            assert!(value.is_string() || value.is_null(), "{name} in {self:?}");
        }
        for name in ["httpStatus", "retryAfterMs", "attempts"] {
            let value = error
                .get(name)
                .unwrap_or_else(|| panic!("no {name} in {self:?}"));
            assert!(value.is_u64() || value.is_null(), "{name} in {self:?}");
        }
        assert_eq!(error["code"], self.status.as_str(), "{self:?}");
        let message = error["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty(), "{self:?}");
    }

    /// The inside of the error document.
    pub fn error(&self) -> Value {
        let text = self.text.as_deref().unwrap_or_default();
        let mut document: Value = serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("no error document, {error}: {self:?}"));
        document["error"].take()
    }

    pub fn message(&self) -> String {
        self.string("message").unwrap_or_default()
    }

    pub fn string(&self, name: &str) -> Option<String> {
        self.error()[name].as_str().map(str::to_owned)
    }

    pub fn attempts(&self) -> Option<u64> {
        self.error()["attempts"].as_u64()
    }

    /// How many attempts it says there were; a success says nothing of them.
    pub fn told_attempts(&self) -> Option<u64> {
        (self.status != "ok").then(|| self.attempts()).flatten()
    }

    /// The string of a success.
    pub fn json(&self) -> &str {
        assert_eq!(self.status, "ok", "{self:?}");
        self.text.as_deref().expect("a success brings its JSON")
    }

    /// Not before this deadline, and not much after it.
    pub fn expect_at(&self, deadline: Duration) {
        assert!(self.took >= deadline - Duration::from_millis(1), "{self:?}");
        self.expect_within(deadline);
    }

    /// Not much after this deadline: a tenth of it or 25 ms, the larger.
    pub fn expect_within(&self, deadline: Duration) {
        let slack = (deadline / 10).max(Duration::from_millis(25));
        self.expect_by(deadline + slack);
    }

    pub fn expect_by(&self, limit: Duration) {
        expect_by(self.took, limit, self);
    }
}

/// Undoes what `calls.c` does to keep a string on one line.
fn unescaped(line: &str) -> String {
    if !line.contains('\\') {
        return line.to_owned();
    }
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        text.push(match char {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                _ => '\\',
            },
            plain => plain,
        });
    }
    text
}
