//! Shutdowns, and what another thread is told to do meanwhile.

use imagekit::Status::*;
use imagekit::ffi::shutdown::{ik_client_shutdown, ik_shutdown};

use super::model::{DESCRIBED, SENT};
use super::statuses::Statuses;
use super::worker::{Order, Report};
use super::world::World;
use super::{WORKER, expect};

/// What the other thread does, and what was so when it began.
pub struct Ordered {
    order: Order,
    /// Which object it is about.
    at: usize,
    /// What might have come of it then.
    allowed: Statuses,
    /// The calls that ran.
    running: Vec<usize>,
}

impl Ordered {
    pub fn is_shutdown(&self) -> bool {
        matches!(self.order, Order::Shutdown { .. })
    }
}

impl World<'_> {
    /// May another thread be shutting the process down right now?
    pub fn is_in_shutdown(&self) -> bool {
        self.ordered.as_ref().is_some_and(Ordered::is_shutdown)
    }

    pub fn shut_down(&mut self) {
        let timeout_ms = self.dice.one_of(&[u64::MAX, 0, 1, u64::MAX]);
        let running = self.running(None);
        let allowed = Statuses::of(&[Ok]).and_if(timeout_ms != u64::MAX, Pending);
        let got = expect(ik_shutdown(timeout_ms), allowed, "a shutdown");
        self.note_shutdown(Some(running));
        if got == Ok {
            self.check_all_told(None);
        }
    }

    pub fn close_client(&mut self) {
        let aim = self.aim_client();
        let timeout_ms = self.dice.one_of(&[u64::MAX, 0, 1, u64::MAX]);
        let allowed = aim.or_wrong(|_| Statuses::of(&[Ok]).and_if(timeout_ms != u64::MAX, Pending));
        let got = expect(
            ik_client_shutdown(aim.handle, timeout_ms),
            allowed,
            "a client's shutdown",
        );
        if let Result::Ok(at) = aim.of {
            self.note_closed(at, None);
            if got == Ok {
                self.check_all_told(Some(at));
            }
        }
    }

    /// After a barrier every callback has returned.
    fn check_all_told(&mut self, client: Option<usize>) {
        for at in 0..self.calls.len() {
            if client.is_none_or(|client| client == self.calls[at].client) {
                self.check_told(at);
            }
        }
    }

    fn running(&self, client: Option<usize>) -> Vec<usize> {
        let is_meant = |at: &usize| {
            let call = &self.calls[*at];
            call.stages == SENT && client.is_none_or(|client| client == call.client)
        };
        (0..self.calls.len()).filter(is_meant).collect()
    }

    /// A shutdown has returned: what ran when it began has ended.
    pub fn note_shutdown(&mut self, running: Option<Vec<usize>>) {
        let running = running.unwrap_or_else(|| self.running(None));
        self.note_ended(&running);
        // Another thread may have sent one just before.
        self.calls
            .iter_mut()
            .filter(|call| call.stages.sent)
            .for_each(|call| call.may_end_cancelled = true);
    }

    pub fn note_closed(&mut self, client: usize, running: Option<Vec<usize>>) {
        let running = running.unwrap_or_else(|| self.running(Some(client)));
        self.note_ended(&running);
        self.clients[client].is_closed = true;
        let of_client = self
            .calls
            .iter_mut()
            .filter(|call| call.client == client && call.stages.sent);
        of_client.for_each(|call| call.may_end_cancelled = true);
    }

    fn note_ended(&mut self, running: &[usize]) {
        for at in running {
            self.calls[*at].may_end_cancelled = true;
            self.calls[*at].has_ended = true;
        }
    }

    /// Gives the other thread something to do.
    pub fn order(&mut self) {
        self.join_worker();
        let choice = self.dice.roll();
        let timeout_ms = self.dice.one_of(&[u64::MAX, 0, 1, 3]);
        let (order, at) = match choice % 8 {
            0..3 => {
                let aim = self.aim_call();
                let Result::Ok(at) = aim.of else { return };
                self.prepare(at);
                (
                    Order::Perform {
                        call: aim.handle.addr(),
                    },
                    at,
                )
            }
            3 => {
                let aim = self.aim_call();
                let Result::Ok(at) = aim.of else { return };
                (
                    Order::Wait {
                        call: aim.handle.addr(),
                    },
                    at,
                )
            }
            4..6 => {
                let aim = self.aim_queue();
                let Result::Ok(at) = aim.of else { return };
                let timeout_ms = timeout_ms.min(5);
                (
                    Order::Next {
                        queue: aim.handle.addr(),
                        timeout_ms,
                    },
                    at,
                )
            }
            6 => (Order::Shutdown { timeout_ms }, 0),
            _ => {
                let aim = self.aim_client();
                let Result::Ok(at) = aim.of else { return };
                (
                    Order::Close {
                        client: aim.handle.addr(),
                        timeout_ms,
                    },
                    at,
                )
            }
        };
        let mut ordered = Ordered {
            order,
            at,
            allowed: Statuses::NONE,
            running: Vec::new(),
        };
        match order {
            Order::Perform { .. } => {
                ordered.allowed = self.allowed_performs(at);
                self.calls[at].stages.sent |= self.calls[at].stages.described;
            }
            Order::Wait { .. } => ordered.allowed = self.allowed_waits(at, u64::MAX),
            Order::Next { .. } => {
                let has_some = !self.queues[at].bound.is_empty();
                ordered.allowed = Statuses::NONE.and_if(has_some, Ok);
                self.queues[at].has_taker = true;
            }
            Order::Shutdown { .. } => {
                ordered.running = self.running(None);
                ordered
                    .running
                    .iter()
                    .for_each(|call| self.calls[*call].may_end_cancelled = true);
            }
            Order::Close { .. } => {
                ordered.running = self.running(Some(at));
                ordered
                    .running
                    .iter()
                    .for_each(|call| self.calls[*call].may_end_cancelled = true);
                self.clients[at].may_be_closed = true;
            }
        }
        WORKER.begin(order);
        self.ordered = Some(ordered);
    }

    /// What the other thread met, with all that may have happened meanwhile.
    pub fn take_report(&mut self, ordered: Ordered, report: Report) {
        let at = ordered.at;
        let got = report.status.expect("a status");
        let text = report.text.as_deref();
        let allowed = match ordered.order {
            Order::Perform { .. } | Order::Wait { .. } => self.allowed_of_call(&ordered),
            Order::Next { .. } => {
                let queue = &self.queues[at];
                ordered
                    .allowed
                    .and_if(!queue.bound.is_empty(), Ok)
                    .and(Pending)
                    .and_if(queue.is_freed, Cancelled)
                    .and_if(queue.is_freed, InvalidHandle)
            }
            Order::Shutdown { timeout_ms } => {
                Statuses::of(&[Ok]).and_if(timeout_ms != u64::MAX, Pending)
            }
            Order::Close { timeout_ms, .. } => Statuses::of(&[Ok])
                .and_if(timeout_ms != u64::MAX, Pending)
                .and_if(self.clients[at].is_freed, InvalidHandle),
        };
        assert!(
            allowed.has(got),
            "{:?}: {got:?}, not one of {allowed:?}",
            ordered.order
        );
        match ordered.order {
            Order::Perform { .. } => self.note_worker_performed(at, got, text.unwrap_or_default()),
            Order::Wait { .. } => {
                if !matches!(got, InvalidState | InvalidHandle) {
                    self.calls[at].note_result(got, text);
                }
            }
            Order::Next { .. } => {
                self.queues[at].has_taker = false;
                if let Some((came_of_it, token)) = report.taken {
                    self.note_taken(at, came_of_it, token, text.expect("a text"));
                }
            }
            Order::Shutdown { .. } => self.note_shutdown(Some(ordered.running)),
            Order::Close { .. } => {
                self.clients[at].may_be_closed = false;
                if got != InvalidHandle {
                    self.note_closed(at, Some(ordered.running));
                }
            }
        }
    }

    fn allowed_of_call(&self, ordered: &Ordered) -> Statuses {
        let (call, client) = (
            &self.calls[ordered.at],
            &self.clients[self.calls[ordered.at].client],
        );
        let is_perform = matches!(ordered.order, Order::Perform { .. });
        let results = match call.stages == DESCRIBED {
            true => Statuses::NONE,
            false => call.results(client),
        };
        ordered
            .allowed
            .or(results)
            .and_if(
                is_perform && (call.stages == SENT || client.is_closed),
                InvalidState,
            )
            .and_if(is_perform && call.was_refused, InvalidArgument)
            .and_if(call.may_end_cancelled || call.stages.unsent, Cancelled)
            .and_if(call.is_freed || call.may_be_freed, InvalidHandle)
    }

    fn note_worker_performed(&mut self, at: usize, got: imagekit::Status, text: &str) {
        let call = &mut self.calls[at];
        match got {
            InvalidHandle | InvalidArgument | InvalidState => {
                if call.stages.described {
                    call.stages = DESCRIBED;
                }
            }
            _ => self.note_perform(at, got, text),
        }
    }
}
