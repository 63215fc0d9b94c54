//! All that the host has, and how it picks from it.

use std::ptr;
use std::sync::{Arc, Mutex};

use imagekit::Status::{self, *};
use imagekit::ffi::call::ik_call_free;
use imagekit::ffi::client::{ik_client, ik_client_free};
use imagekit::ffi::config::{ik_config, ik_config_free};
use imagekit::ffi::describe::ik_call;
use imagekit::ffi::queue::{ik_queue, ik_queue_free};
use imagekit::ffi::shutdown::ik_shutdown;

use super::dice::Dice;
use super::model::{Call, Client, Config, Queue};
use super::shutdowns::Ordered;
use super::statuses::Statuses;
use super::{WORKER, expect};

pub struct World<'a> {
    pub dice: Dice<'a>,
    pub configs: Vec<Config>,
    pub clients: Vec<Client>,
    pub calls: Vec<Call>,
    pub queues: Vec<Queue>,
    /// What log callbacks are given, until a shutdown.
    pub logs: Vec<Arc<Mutex<u64>>>,
    /// What the other thread does.
    pub ordered: Option<Ordered>,
    pub ends_in_shutdown: bool,
}

/// A handle that was picked.
pub struct Aim<T> {
    pub handle: *mut T,
    /// Which it is.
    pub of: Result<usize, Status>,
}

impl<'a> World<'a> {
    pub fn new(mut dice: Dice<'a>) -> World<'a> {
        let ends_in_shutdown = dice.roll() % 4 != 1;
        let mut world = World {
            dice,
            configs: Vec::new(),
            clients: Vec::new(),
            calls: Vec::new(),
            queues: Vec::new(),
            logs: Vec::new(),
            ordered: None,
            ends_in_shutdown,
        };
        world.make_ready_client();
        world
    }

    pub fn aim_config(&mut self) -> Aim<ik_config> {
        let all = self
            .configs
            .iter()
            .map(|one| (one.handle, one.is_freed))
            .collect();
        let foreign = self
            .clients
            .first()
            .map_or(ptr::null_mut(), |one| one.handle.cast());
        aim(&mut self.dice, all, foreign)
    }

    pub fn aim_client(&mut self) -> Aim<ik_client> {
        let all = self
            .clients
            .iter()
            .map(|one| (one.handle, one.is_freed))
            .collect();
        let foreign = self
            .calls
            .first()
            .map_or(ptr::null_mut(), |one| one.handle.cast());
        aim(&mut self.dice, all, foreign)
    }

    pub fn aim_call(&mut self) -> Aim<ik_call> {
        let all = self
            .calls
            .iter()
            .map(|one| (one.handle, one.is_freed))
            .collect();
        let foreign = self
            .clients
            .first()
            .map_or(ptr::null_mut(), |one| one.handle.cast());
        aim(&mut self.dice, all, foreign)
    }

    pub fn aim_queue(&mut self) -> Aim<ik_queue> {
        let all = self
            .queues
            .iter()
            .map(|one| (one.handle, one.is_freed))
            .collect();
        let foreign = self
            .calls
            .first()
            .map_or(ptr::null_mut(), |one| one.handle.cast());
        aim(&mut self.dice, all, foreign)
    }

    /// Its callback freed it, as was seen now.
    pub fn note_gone(&mut self, call: usize) {
        self.calls[call].is_freed = true;
    }

    /// Frees everything, and makes sure that nothing is left to come.
    pub fn end(mut self) {
        self.join_worker();
        if self.ends_in_shutdown {
            expect(
                ik_shutdown(u64::MAX),
                Statuses::of(&[Ok]),
                "the last shutdown",
            );
            self.note_shutdown(None);
        }
        for call in &self.calls {
            if let Some(told) = call.told.as_ref().filter(|_| !self.ends_in_shutdown) {
                told.wait();
            }
        }
        for at in 0..self.calls.len() {
            self.check_told(at);
        }
        // One that was freed is freed once more, which does nothing.
        self.calls.iter().for_each(|one| ik_call_free(one.handle));
        self.queues.iter().for_each(|one| ik_queue_free(one.handle));
        self.clients
            .iter()
            .for_each(|one| ik_client_free(one.handle));
        self.configs
            .iter()
            .for_each(|one| ik_config_free(one.handle));
    }

    /// Its callback has come, once, with what everyone else heard.
    pub fn check_told(&mut self, call: usize) {
        let call = &mut self.calls[call];
        let Some(told) = &call.told else { return };
        let (status, text) = told.once();
        let allowed = call.results(&self.clients[call.client]);
        assert!(
            allowed.has(status),
            "a callback: {status:?}, not one of {allowed:?}"
        );
        call.note_result(status, Some(&text));
    }

    /// What the other thread has done by now is taken into account.
    pub fn join_worker(&mut self) {
        if let Some(ordered) = self.ordered.take() {
            let report = WORKER.join();
            self.take_report(ordered, report);
        }
    }
}

/// One of all, the latest first, freed or not; sometimes none, or one of another kind, or a mere number.
fn aim<T>(dice: &mut Dice<'_>, all: Vec<(*mut T, bool)>, foreign: *mut T) -> Aim<T> {
    let wrong = |handle: *mut T| Aim {
        handle,
        of: Err(if handle.is_null() {
            InvalidArgument
        } else {
            InvalidHandle
        }),
    };
    let choice = dice.roll();
    match choice {
        255 => wrong(ptr::null_mut()),
        254 => wrong(ptr::without_provenance_mut(usize::from(dice.roll()) * 16)),
        253 => wrong(foreign),
        252 => wrong(all.last().map_or(ptr::null_mut(), |one| {
            one.0.map_addr(|number| number | 1 << 47)
        })),
        _ if all.is_empty() => wrong(ptr::null_mut()),
        _ => {
            let at = all.len() - 1 - usize::from(choice) % all.len();
            let (handle, is_freed) = all[at];
            let of = if is_freed {
                Err(InvalidHandle)
            } else {
                Result::Ok(at)
            };
            Aim { handle, of }
        }
    }
}

impl<T> Aim<T> {
    /// Which it is, with what may come of it; where it is wrong, that alone.
    pub fn or_wrong(&self, allowed: impl FnOnce(usize) -> Statuses) -> Statuses {
        match self.of {
            Result::Ok(at) => allowed(at),
            Err(wrong) => Statuses::of(&[wrong]),
        }
    }
}
