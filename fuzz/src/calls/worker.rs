//! Another thread of the host's, which does one thing at a time while the first goes on.

use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use imagekit::Status;
use imagekit::ffi::call::{ik_call_perform, ik_call_wait};
use imagekit::ffi::queue::ik_queue_next;
use imagekit::ffi::shutdown::{ik_client_shutdown, ik_shutdown};

use crate::answers::{Given, status};

/// What it does, by handles as numbers.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    Perform { call: usize },
    Wait { call: usize },
    Next { queue: usize, timeout_ms: u64 },
    Shutdown { timeout_ms: u64 },
    Close { client: usize, timeout_ms: u64 },
}

/// What came of it.
#[derive(Default)]
pub struct Report {
    pub status: Option<Status>,
    pub text: Option<String>,
    /// The completion that was taken.
    pub taken: Option<(Status, usize)>,
}

pub struct Worker {
    orders: Sender<Order>,
    reports: Mutex<Receiver<Report>>,
}

impl Worker {
    pub fn start() -> Worker {
        let (orders, to_do) = channel();
        let (done, reports) = channel();
        thread::spawn(move || {
            for order in to_do {
                done.send(follow(order)).unwrap();
            }
        });
        Worker {
            orders,
            reports: Mutex::new(reports),
        }
    }

    pub fn begin(&self, order: Order) {
        self.orders.send(order).unwrap();
    }

    pub fn join(&self) -> Report {
        self.reports
            .lock()
            .unwrap()
            .recv()
            .expect("the other thread ended")
    }
}

fn follow(order: Order) -> Report {
    let mut json = ptr::null_mut();
    let mut taken = None;
    // SAFETY: handles may be anything; the others are places for what they are given.
    let number = unsafe {
        match order {
            Order::Perform { call } => {
                ik_call_perform(ptr::without_provenance_mut(call), &mut json)
            }
            Order::Wait { call } => {
                ik_call_wait(ptr::without_provenance_mut(call), u64::MAX, &mut json)
            }
            Order::Shutdown { timeout_ms } => ik_shutdown(timeout_ms),
            Order::Close { client, timeout_ms } => {
                ik_client_shutdown(ptr::without_provenance_mut(client), timeout_ms)
            }
            Order::Next { queue, timeout_ms } => {
                let (mut came_of_it, mut token) = (-1, ptr::dangling_mut::<c_void>());
                let queue = ptr::without_provenance_mut(queue);
                let got = ik_queue_next(queue, timeout_ms, &mut came_of_it, &mut token, &mut json);
                taken = (status(got) == Status::Ok).then(|| (status(came_of_it), token.addr()));
                got
            }
        }
    };
    let json = Given::new(json);
    Report {
        status: Some(status(number)),
        text: json.text().map(str::to_owned),
        taken,
    }
}
