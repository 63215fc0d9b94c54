//! Calls: sent, waited for, cancelled, freed.

use std::ffi::c_char;
use std::ptr;

use imagekit::Status::{self, *};
use imagekit::ffi::call::*;

use super::model::{DESCRIBED, SENT, UNSENT};
use super::statuses::Statuses;
use super::told::{Told, on_done};
use super::world::World;
use super::{BASIC, KEY, expect};
use crate::answers::Given;

impl World<'_> {
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
    pub fn note_seen_sent(&mut self, at: usize) {
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
}

/// What there is to read of an outcome; the key never is.
pub fn check_text(got: Status, json: *mut c_char) -> (Status, String) {
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
