//! The files that calls are about, and what may come of asking for them.

use std::ffi::CStr;

use imagekit::Status::{self, *};

use super::server::{BIG_BYTES, OBJECT, VERSIONS};
use super::statuses::Statuses;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Versions,
    Details,
    Delete,
    Restore,
    Request,
}

impl Question {
    pub fn chosen(choice: u8) -> Question {
        use Question::*;
        [
            Versions, Details, Delete, Restore, Request, Versions, Versions, Versions,
        ][usize::from(choice) % 8]
    }

    fn may_be_empty(self) -> bool {
        matches!(self, Question::Delete | Question::Request)
    }
}

/// A file, by its id.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// NULL where there is none.
    pub id: Option<&'static CStr>,
    comes_to: Status,
}

const fn file(id: &'static CStr, comes_to: Status) -> File {
    File {
        id: Some(id),
        comes_to,
    }
}

const FILES: [File; 24] = [
    file(c"fine", Ok),
    file(c"fine", Ok),
    file(c"also", Ok),
    file(c"slow", Ok),
    file(c"slow", Ok),
    file(c"hold", Timeout),
    file(c"hold", Timeout),
    file(c"gone", NotFound),
    file(c"fail", ServerError),
    file(c"busy", RateLimited),
    file(c"taken", Conflict),
    file(c"moved", UnexpectedStatus),
    file(c"reset", ConnectionLost),
    file(c"close", ConnectionLost),
    file(c"part", ConnectionLost),
    file(c"garbage", ConnectionLost),
    file(c"html", InvalidResponse),
    file(c"empty", InvalidResponse),
    file(c"knot", InvalidResponse),
    file(c"liar", Ok),
    file(c"big", Ok),
    file(c"..", InvalidArgument),
    file(c"\xff", InvalidArgument),
    File {
        id: None,
        comes_to: InvalidArgument,
    },
];

impl File {
    pub fn chosen(choice: u8) -> File {
        FILES[usize::from(choice) % FILES.len()]
    }

    pub fn is(&self, id: &CStr) -> bool {
        self.id == Some(id)
    }

    /// Can it be described at all?
    pub fn is_good(&self) -> bool {
        self.comes_to != InvalidArgument
    }

    /// What the server's answer comes to.
    pub fn statuses(&self, question: Question, max_bytes: usize) -> Statuses {
        let comes_to = match self.comes_to {
            InvalidResponse if self.is(c"empty") && question.may_be_empty() => Ok,
            // An array where an object is due.
            Ok if self.is(c"big") && matches!(question, Question::Details | Question::Restore) => {
                InvalidResponse
            }
            comes_to => comes_to,
        };
        let is_cut = match self.id.map(CStr::to_bytes) {
            Some(b"html" | b"part" | b"knot") => max_bytes < 1 << 20,
            Some(b"big") => max_bytes < BIG_BYTES,
            _ => matches!(comes_to, Ok) && max_bytes < VERSIONS.len(),
        };
        Statuses::of(&[comes_to]).and_if(is_cut, ResponseTooLarge)
    }

    /// The answer, byte for byte.
    pub fn check_answer(&self, question: Question, text: &str) {
        match question {
            _ if self.is(c"big") => assert_eq!(text.len(), BIG_BYTES),
            _ if self.is(c"empty") => assert_eq!(text, "{}"),
            Question::Versions => assert_eq!(text, VERSIONS),
            Question::Delete => assert_eq!(text, "{}"),
            // It may have been a DELETE.
            Question::Request => assert!(text == OBJECT || text == "{}", "{text}"),
            _ => assert_eq!(text, OBJECT),
        }
    }
}
