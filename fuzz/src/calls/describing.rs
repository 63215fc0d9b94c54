//! Requests: described, set, or sent at once by the plain functions.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

use imagekit::Status::*;
use imagekit::ffi::call::{ik_call_set_header, ik_call_set_max_retries, ik_call_set_timeout_ms};
use imagekit::ffi::client::ik_client;
use imagekit::ffi::describe::*;
use imagekit::ffi::operations::*;

use super::expect;
use super::files::{File, Question};
use super::model::{Call, DESCRIBED};
use super::sending::check_text;
use super::statuses::Statuses;
use super::world::World;

const METHODS: [&CStr; 5] = [c"GET", c"POST", c"PUT", c"PATCH", c"DELETE"];

impl World<'_> {
    pub fn describe(&mut self) {
        let aim = self.aim_client();
        let (question, file) = self.choose_question();
        let mut handle = ptr::dangling_mut();
        let got = ask(question, file, self.dice.roll(), |id, request| unsafe {
            // SAFETY: strings that end with a NUL or are NULL, and a place for the handle.
            match (question, request) {
                (Question::Versions, _) => ik_get_file_versions_call(aim.handle, id, &mut handle),
                (Question::Details, _) => {
                    ik_get_file_version_details_call(aim.handle, id, c"v".as_ptr(), &mut handle)
                }
                (Question::Delete, _) => {
                    ik_delete_file_version_call(aim.handle, id, c"v".as_ptr(), &mut handle)
                }
                (Question::Restore, _) => {
                    ik_restore_file_version_call(aim.handle, id, c"v".as_ptr(), &mut handle)
                }
                (Question::Request, (method, path, body)) => {
                    ik_request_call(aim.handle, method, path, body, &mut handle)
                }
            }
        });
        let comes_to = if file.is_good() { Ok } else { InvalidArgument };
        let allowed = aim.or_wrong(|_| Statuses::of(&[comes_to]));
        if expect(got, allowed, "a description") != Ok {
            return assert!(handle.is_null());
        }
        let client = aim.of.expect("a client");
        self.calls.push(Call {
            handle,
            client,
            question,
            file,
            is_freed: false,
            may_be_freed: false,
            stages: DESCRIBED,
            refused: BTreeSet::new(),
            was_refused: false,
            may_end_cancelled: false,
            has_ended: false,
            result: None,
            told: None,
        });
        // Who holds a call for ever holds up the others here.
        let timeout_ms = match self.dice.roll() {
            _ if file.is(c"hold") => 2,
            choice @ 0..32 => u64::from(choice % 4) + 1,
            _ => return,
        };
        expect(
            ik_call_set_timeout_ms(handle, timeout_ms),
            Statuses::of(&[Ok]),
            "a timeout",
        );
    }

    fn choose_question(&mut self) -> (Question, File) {
        (
            Question::chosen(self.dice.roll()),
            File::chosen(self.dice.roll()),
        )
    }

    pub fn set_option(&mut self) {
        let aim = self.aim_call();
        let choice = self.dice.roll();
        let is_good = choice & 8 == 0;
        let header = |name: &CStr, value: &CStr| {
            // SAFETY: strings that end with a NUL.
            unsafe { ik_call_set_header(aim.handle, name.as_ptr(), value.as_ptr()) }
        };
        let (name, got) = match choice % 8 {
            0 => (
                "timeout_ms",
                ik_call_set_timeout_ms(aim.handle, if is_good { 5 } else { 0 }),
            ),
            1 => (
                "timeout_ms",
                ik_call_set_timeout_ms(aim.handle, if is_good { 1 } else { u64::MAX }),
            ),
            2 | 3 if is_good => (
                "max_retries",
                ik_call_set_max_retries(aim.handle, u32::from(choice)),
            ),
            4 => (
                "header x-one",
                header(c"X-One", if is_good { c"1" } else { c"1\r\nHost: x" }),
            ),
            5 => (
                "header x-two",
                header(c"x-TWO", if is_good { c"\t2" } else { c"\xc3\xa9" }),
            ),
            6 if is_good => ("header user-agent", header(c"User-Agent", c"storm")),
            6 => ("header proxy-x", header(c"Proxy-X", c"x")),
            7 if is_good => ("header accept", header(c"Accept", c"*/*")),
            7 => ("header", header(c"no token", c"x")),
            _ => ("header host", header(c"Host", c"evil.example")),
        };
        let comes_to = if is_good { Ok } else { InvalidArgument };
        let allowed = aim.or_wrong(|at| {
            let call = &self.calls[at];
            Statuses::NONE
                .and_if(call.stages.described, comes_to)
                .and_if(call.stages.sent || call.stages.unsent, InvalidState)
                .and_if(call.may_be_freed, InvalidHandle)
        });
        let got = expect(got, allowed, name);
        let Result::Ok(at) = aim.of else { return };
        let call = &mut self.calls[at];
        match got {
            Ok => drop(call.refused.remove(name)),
            InvalidArgument => {
                call.refused.insert(name.to_owned());
                call.was_refused = true;
            }
            InvalidHandle => call.is_freed = true,
            _ => self.note_seen_sent(at),
        }
    }

    /// One of the plain functions.
    pub fn send_plainly(&mut self) {
        let aim = self.aim_client();
        let (question, file) = self.choose_question();
        if let Result::Ok(at) = aim.of {
            self.clients[at].note_file(&file);
        }
        let allowed = aim.or_wrong(|at| match file.is_good() {
            true => self.allowed_plainly(at, question, &file),
            false => Statuses::of(&[InvalidArgument]),
        });
        let mut json = ptr::dangling_mut();
        let client: *const ik_client = aim.handle;
        let got = ask(question, file, self.dice.roll(), |id, request| unsafe {
            // SAFETY: strings that end with a NUL or are NULL, and a place for the answer.
            match (question, request) {
                (Question::Versions, _) => ik_get_file_versions(client, id, &mut json),
                (Question::Details, _) => {
                    ik_get_file_version_details(client, id, c"v".as_ptr(), &mut json)
                }
                (Question::Delete, _) => {
                    ik_delete_file_version(client, id, c"v".as_ptr(), &mut json)
                }
                (Question::Restore, _) => {
                    ik_restore_file_version(client, id, c"v".as_ptr(), &mut json)
                }
                (Question::Request, (method, path, body)) => {
                    ik_request(client, method, path, body, &mut json)
                }
            }
        });
        let (got, text) = check_text(expect(got, allowed, "a plain function"), json);
        if got == Ok {
            file.check_answer(question, &text);
        }
    }

    /// What may come of a request that is sent at once.
    pub fn allowed_plainly(&self, at: usize, question: Question, file: &File) -> Statuses {
        let client = &self.clients[at];
        let may_end = client.may_be_closed || self.is_in_shutdown();
        let refusals = Statuses::NONE
            .and_if(client.is_closed || client.may_be_closed, InvalidState)
            .and_if(may_end, Cancelled);
        match client.is_closed {
            true => refusals,
            false => refusals.or(client.outcomes(question, file)),
        }
    }
}

type Request = (*const c_char, *const c_char, *const c_char);

/// The arguments of a question: an id; or a method, a path and a body.
fn ask(
    question: Question,
    file: File,
    choice: u8,
    send: impl FnOnce(*const c_char, Request) -> i32,
) -> i32 {
    let id = file.id.map_or(ptr::null(), CStr::as_ptr);
    let path = file
        .id
        .map(|id| CString::new([b"/v1/files/", id.to_bytes()].concat()).unwrap());
    let is_post = question == Question::Request && choice & 1 != 0;
    let method = METHODS[if is_post {
        usize::from(choice >> 1) % 5
    } else {
        0
    }];
    let body = if is_post {
        c"{\"a\": [ 1 ]}".as_ptr()
    } else {
        ptr::null()
    };
    let path = path.as_ref().map_or(ptr::null(), |path| path.as_ptr());
    send(id, (method.as_ptr(), path, body))
}
