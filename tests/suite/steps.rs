//! Runs of the C program `steps.c`, which takes steps with one call, and what it prints, read back.

use std::ffi::OsStr;
use std::time::Duration;

use crate::calls::{Answer, KEY};
use crate::script::Server;
use crate::support::{Run, c_program};

/// No limit of time.
pub const EVER: &str = "18446744073709551615";

pub struct Steps {
    run: Run,
}

impl Steps {
    /// With a client of this base URL and our key. Settings come before the first step.
    pub fn to(base_url: &str) -> Self {
        Self::with_key(KEY, base_url)
    }

    /// The same with another key.
    pub fn with_key(key: &str, base_url: &str) -> Self {
        let run = c_program("steps").command();
        Self { run }.set("--key", key).set("--base-url", base_url)
    }

    pub fn on(server: &Server) -> Self {
        Self::to(&server.url())
    }

    pub fn set(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.run = self.run.arg(name).arg(value);
        self
    }

    /// Steps of plain words; `EVER` is one of them.
    pub fn take(self, steps: &str) -> Self {
        let words = steps.split_whitespace();
        words.fold(self, |steps, word| match word {
            "EVER" => steps.word(EVER),
            word => steps.word(word),
        })
    }

    /// One word, whatever is in it.
    pub fn word(mut self, word: impl AsRef<OsStr>) -> Self {
        self.run = self.run.arg(word);
        self
    }

    /// What came of each step.
    pub fn answers(self) -> Vec<Answer> {
        let seen = self.run.run().expect_ok();
        assert_eq!(seen.stderr, "", "nothing is written to stderr");
        let records = seen.stdout.split_terminator('\0');
        records.map(read).collect()
    }

    pub fn statuses(self) -> Vec<String> {
        let answers = self.answers().into_iter();
        answers.map(|answer| answer.status).collect()
    }

    /// What came of the last step.
    pub fn last(self) -> Answer {
        self.answers().pop().expect("at least one step")
    }
}

/// `ok 12 =[...]` or `pending 0 -`.
fn read(record: &str) -> Answer {
    let mut words = record.splitn(3, ' ');
    let mut word = || {
        words
            .next()
            .unwrap_or_else(|| panic!("not whole: {record}"))
    };
    let answer = Answer {
        is_call: true,
        whose: 0,
        status: word().to_owned(),
        took: Duration::from_millis(word().parse().expect("milliseconds")),
        text: word().strip_prefix('=').map(str::to_owned),
    };
    if answer.status != "ok" && answer.text.is_some() {
        answer.check_document();
    }
    answer
}
