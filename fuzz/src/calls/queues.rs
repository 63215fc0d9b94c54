//! Queues of finished calls.

use std::ffi::c_void;
use std::ptr;

use imagekit::Status::{self, *};
use imagekit::ffi::queue::*;

use super::expect;
use super::model::Queue;
use super::statuses::Statuses;
use super::world::World;
use crate::answers::{Given, status};

impl World<'_> {
    pub fn make_queue(&mut self) {
        let mut handle = ptr::dangling_mut();
        // SAFETY: a place for the handle.
        let got = unsafe { ik_queue_new(&mut handle) };
        expect(got, Statuses::of(&[Ok]), "a queue");
        self.queues.push(Queue {
            handle,
            is_freed: false,
            bound: Vec::new(),
            has_taker: false,
        });
    }

    pub fn start_on_queue(&mut self) {
        let (queue, call) = (self.aim_queue(), self.aim_call());
        if let Result::Ok(at) = call.of {
            self.prepare(at);
        }
        let allowed = queue.or_wrong(|_| call.or_wrong(|at| self.allowed_starts(at)));
        // What comes back says which call it was; 0 would be NULL.
        let token = call.of.map_or(0, |at| at + 1);
        let got = ik_queue_start(
            queue.handle,
            call.handle,
            ptr::without_provenance_mut(token),
        );
        let got = expect(got, allowed, "a start on a queue");
        let (Result::Ok(queue), Result::Ok(at)) = (queue.of, call.of) else {
            return;
        };
        if got == Ok {
            self.queues[queue].bound.push(at);
        }
        self.note_start(at, got);
    }

    pub fn take_next(&mut self) {
        let aim = self.aim_queue();
        let timeout_ms = self.dice.one_of(&[0, 1, 3]);
        let mut timeout_ms: u64 = timeout_ms;
        let allowed = aim.or_wrong(|at| {
            let queue = &self.queues[at];
            let mut bound = queue.bound.iter();
            let is_due = bound.any(|call| self.calls[*call].has_ended) && !queue.has_taker;
            // Every call ends, so one can wait for ever where there is one.
            if !queue.bound.is_empty() && !queue.has_taker && timeout_ms == 3 {
                timeout_ms = u64::MAX;
            }
            Statuses::NONE
                .and_if(!queue.bound.is_empty(), Ok)
                .and_if(!is_due && timeout_ms != u64::MAX, Pending)
        });
        let (mut came_of_it, mut token, mut json) =
            (-1, ptr::dangling_mut::<c_void>(), ptr::dangling_mut());
        // SAFETY: places for what is given.
        let got = unsafe {
            ik_queue_next(
                aim.handle,
                timeout_ms,
                &mut came_of_it,
                &mut token,
                &mut json,
            )
        };
        let got = expect(got, allowed, "the next");
        let json = Given::new(json);
        if got == Ok {
            let of = aim.of.expect("a queue");
            return self.note_taken(
                of,
                status(came_of_it),
                token.addr(),
                json.text().expect("a text"),
            );
        }
        assert_eq!((came_of_it, token), (0, ptr::null_mut()));
        match got {
            Pending => assert_eq!(json.text(), None),
            _ => drop(json.expect_error(got)),
        }
    }

    /// A completion was taken, which nobody took before.
    pub fn note_taken(&mut self, queue: usize, came_of_it: Status, token: usize, text: &str) {
        let bound = &mut self.queues[queue].bound;
        let place = bound.iter().position(|call| call + 1 == token);
        let at = bound.remove(place.unwrap_or_else(|| panic!("{token} was not bound")));
        let call = &mut self.calls[at];
        let allowed = call.results(&self.clients[call.client]);
        assert!(
            allowed.has(came_of_it),
            "a completion: {came_of_it:?}, not one of {allowed:?}"
        );
        call.note_result(came_of_it, Some(text));
    }

    pub fn look_at_queue(&mut self) {
        let aim = self.aim_queue();
        let allowed = aim.or_wrong(|_| Statuses::of(&[Ok]));
        let (mut count, mut fd) = (u64::MAX, -1);
        // SAFETY: places for what is given.
        let got = unsafe { ik_queue_get_pending(aim.handle, &mut count) };
        expect(got, allowed, "the number of those that are pending");
        let got = unsafe { ik_queue_get_fd(aim.handle, &mut fd) };
        expect(got, allowed, "the descriptor");
        let Result::Ok(at) = aim.of else {
            return assert_eq!((count, fd), (0, 0));
        };
        let queue = &self.queues[at];
        let bound = queue.bound.len() as u64;
        if queue.has_taker {
            return assert!(count == bound || count + 1 == bound, "{count} of {bound}");
        }
        assert_eq!(count, bound);
        let mut polled = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one descriptor.
        let ready = unsafe { libc::poll(&mut polled, 1, 0) };
        let is_due = queue.bound.iter().any(|call| self.calls[*call].has_ended);
        assert!(
            !is_due || ready == 1,
            "a completion waits, but the descriptor does not say so"
        );
        assert!(
            bound > 0 || ready == 0,
            "nothing waits, but the descriptor says so"
        );
    }

    pub fn free_queue(&mut self) {
        let aim = self.aim_queue();
        ik_queue_free(aim.handle);
        let Result::Ok(at) = aim.of else { return };
        self.queues[at].is_freed = true;
        for call in self.queues[at].bound.clone() {
            self.calls[call].note_cancelled();
        }
    }
}
