//! Calls: described, set, sent, waited for, cancelled, freed.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

use imagekit::Status::{self, *};
use imagekit::ffi::call::*;
use imagekit::ffi::client::ik_client;
use imagekit::ffi::describe::*;
use imagekit::ffi::operations::*;

use super::files::{File, Question};
use super::model::{Call, DESCRIBED, SENT, UNSENT};
use super::statuses::Statuses;
use super::told::{Told, on_done};
use super::world::World;
use super::{BASIC, KEY, expect};
use crate::answers::Given;

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

    pub fn start(&mut self) {
        let aim = self.aim_call();
        let does = self.dice.roll();
        let Result::Ok(at) = aim.of else {
            let wrong = aim.or_wrong(|_| Statuses::NONE);
            // SAFETY: no callback, so nothing is given to one.
            let got = unsafe { ik_call_start(aim.handle, None, ptr::null_mut()) };
            expect(got, wrong, "a start");
            return;
        };
        let client = self.calls[at].client;
        self.prepare(at);
        let allowed = self.allowed_starts(at);
        let told = (!does.is_multiple_of(4))
            .then(|| Told::new(does >> 2, aim.handle, self.clients[client].handle));
        let user_data = told
            .as_ref()
            .map_or(ptr::null(), |told| ptr::from_ref(&**told));
        // SAFETY: what the callback is given lives until it has come.
        let got = unsafe {
            let on_done = told.is_some().then_some(on_done as _);
            ik_call_start(aim.handle, on_done, user_data.cast_mut().cast())
        };
        let got = expect(got, allowed, "a start");
        let call = &mut self.calls[at];
        match told {
            Some(told) if got == Ok => {
                call.may_be_freed = told.frees();
                call.told = Some(told);
            }
            Some(told) => told.never(),
            None => {}
        }
        self.note_start(at, got);
    }

    /// What may come of sending in the background.
    pub fn allowed_starts(&self, at: usize) -> Statuses {
        let (call, client) = (&self.calls[at], &self.clients[self.calls[at].client]);
        let refusals = call.refusals(client, self.is_in_shutdown());
        refusals.and_if(call.can_go(client), Ok)
    }

    /// What sending this file means for others of the same client, and for itself.
    pub fn prepare(&mut self, at: usize) {
        let call = &mut self.calls[at];
        let client = &mut self.clients[call.client];
        client.note_file(&call.file);
        call.may_end_cancelled |=
            client.may_be_closed || self.ordered.as_ref().is_some_and(|it| it.is_shutdown());
    }

    pub fn note_start(&mut self, at: usize, got: Status) {
        let client = &self.clients[self.calls[at].client];
        let may_be_closed = client.is_closed || client.may_be_closed;
        let in_shutdown = self.is_in_shutdown();
        let call = &mut self.calls[at];
        match got {
            Ok => call.stages = SENT,
            InvalidHandle => call.is_freed = true,
            InvalidState if !may_be_closed => call.stages = SENT,
            Cancelled if !in_shutdown => call.stages = UNSENT,
            _ => {}
        }
    }

    pub fn perform(&mut self) {
        let aim = self.aim_call();
        if let Result::Ok(at) = aim.of {
            self.prepare(at);
        }
        let allowed = aim.or_wrong(|at| self.allowed_performs(at));
        let mut json = ptr::dangling_mut();
        // SAFETY: a place for the answer.
        let got = unsafe { ik_call_perform(aim.handle, &mut json) };
        let (got, text) = check_text(expect(got, allowed, "a perform"), json);
        if let Result::Ok(at) = aim.of {
            self.note_perform(at, got, &text);
        }
    }

    pub fn allowed_performs(&self, at: usize) -> Statuses {
        let (call, client) = (&self.calls[at], &self.clients[self.calls[at].client]);
        let refusals = call.refusals(client, self.is_in_shutdown());
        match call.can_go(client) {
            true => refusals.or(call.outcomes(client)),
            false => refusals,
        }
    }

    pub fn note_perform(&mut self, at: usize, got: Status, text: &str) {
        match got {
            InvalidHandle | InvalidArgument | InvalidState => self.note_start(at, got),
            // Refused, or ended so: those who wait may hear it in other words.
            Cancelled => {
                let call = &mut self.calls[at];
                call.stages.sent |= call.stages.described;
                call.stages.described = false;
                call.note_result(Cancelled, None);
            }
            _ => {
                self.calls[at].stages = SENT;
                self.calls[at].note_result(got, Some(text));
            }
        }
    }

    pub fn wait(&mut self) {
        let aim = self.aim_call();
        let timeout_ms = self.dice.one_of(&[0, 0, 1, 3, u64::MAX, u64::MAX]);
        let allowed = aim.or_wrong(|at| self.allowed_waits(at, timeout_ms));
        let mut json = ptr::dangling_mut();
        let is_wanted = !self.dice.roll().is_multiple_of(8);
        let place = if is_wanted {
            &raw mut json
        } else {
            ptr::null_mut()
        };
        // SAFETY: a place for the answer, or NULL.
        let got = unsafe { ik_call_wait(aim.handle, timeout_ms, place) };
        let got = expect(got, allowed, "a wait");
        let text = match is_wanted {
            true if got == Pending => {
                assert!(json.is_null());
                None
            }
            true => Some(check_text(got, json).1),
            false => None,
        };
        let Result::Ok(at) = aim.of else { return };
        match got {
            Pending => self.note_seen_sent(at),
            InvalidHandle => self.note_gone(at),
            InvalidState => {}
            _ => match is_wanted {
                true => self.calls[at].note_result(got, text.as_deref()),
                false => self.calls[at].note_result(got, None),
            },
        }
    }

    /// What may come of waiting.
    pub fn allowed_waits(&self, at: usize, timeout_ms: u64) -> Statuses {
        let (call, client) = (&self.calls[at], &self.clients[self.calls[at].client]);
        let results = match call.stages == DESCRIBED {
            true => Statuses::NONE,
            false => call.results(client),
        };
        results
            .and_if(call.stages.described, InvalidState)
            .and_if(
                call.stages.sent && !call.has_ended && timeout_ms != u64::MAX,
                Pending,
            )
            .and_if(call.may_be_freed, InvalidHandle)
    }

    /// It was seen as one that was sent or cancelled. Where the client is closed that may pass: another
    /// thread tries to send it, and it will be described again.
    fn note_seen_sent(&mut self, at: usize) {
        let client = &self.clients[self.calls[at].client];
        if !client.is_closed && !client.may_be_closed {
            self.calls[at].stages.described = false;
        }
    }

    pub fn cancel(&mut self) {
        let aim = self.aim_call();
        let allowed = aim
            .or_wrong(|at| Statuses::of(&[Ok]).and_if(self.calls[at].may_be_freed, InvalidHandle));
        let got = expect(ik_call_cancel(aim.handle), allowed, "a cancel");
        let Result::Ok(at) = aim.of else { return };
        match got {
            Ok => self.calls[at].note_cancelled(),
            _ => self.note_gone(at),
        }
    }

    pub fn read_metadata(&mut self) {
        let aim = self.aim_call();
        let allowed = aim.or_wrong(|at| {
            let call = &self.calls[at];
            Statuses::NONE
                .and_if(call.stages.described, InvalidState)
                .and_if(call.stages.sent || call.stages.unsent, Ok)
                .and_if(call.stages.sent && !call.has_ended, Pending)
                .and_if(call.may_be_freed, InvalidHandle)
        });
        let mut json = ptr::dangling_mut();
        // SAFETY: a place for the document.
        let got = unsafe { ik_call_get_metadata(aim.handle, &mut json) };
        let got = expect(got, allowed, "metadata");
        match got {
            Pending => assert!(json.is_null()),
            Ok => {
                let (_, text) = check_text(got, json);
                let document: serde_json::Value = serde_json::from_str(&text).expect("a document");
                for name in [
                    "httpStatus",
                    "requestId",
                    "attempts",
                    "rateLimit",
                    "timings",
                    "headers",
                ] {
                    assert!(document.get(name).is_some(), "no {name} in {text}");
                }
            }
            _ => drop(check_text(got, json)),
        }
        match (got, aim.of) {
            (Ok, Result::Ok(at)) => {
                self.calls[at].has_ended |= !self.calls[at].stages.described;
                self.note_seen_sent(at);
            }
            (Pending, Result::Ok(at)) => self.note_seen_sent(at),
            (InvalidHandle, Result::Ok(at)) => self.note_gone(at),
            _ => {}
        }
    }

    pub fn free_call(&mut self) {
        let aim = self.aim_call();
        ik_call_free(aim.handle);
        if let Result::Ok(at) = aim.of {
            let call = &mut self.calls[at];
            call.is_freed = true;
            let stages = call.stages;
            call.note_cancelled();
            call.stages = stages; // nobody can ask any more
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

/// What there is to read of an outcome; the key never is.
fn check_text(got: Status, json: *mut c_char) -> (Status, String) {
    let given = Given::new(json);
    let text = given
        .text()
        .unwrap_or_else(|| panic!("{got:?} without a text"))
        .to_owned();
    if got != Ok {
        given.expect_error(got);
        assert!(!text.contains(KEY) && !text.contains(BASIC), "{text}");
    }
    (got, text)
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
