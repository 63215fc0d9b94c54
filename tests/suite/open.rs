//! A server that counts how many requests are open at once, and holds the first ones until as many are
//! as a test expects.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::script::{Request, Server, ok, send};

/// So long it looks out for more than are expected.
const LOOK_OUT: Duration = Duration::from_millis(50);
/// So long it waits for as many as are expected.
const BOUND: Duration = Duration::from_secs(20);

pub struct Open {
    server: Server,
    count: Arc<(Mutex<Count>, Condvar)>,
}

#[derive(Default)]
struct Count {
    now: usize,
    most: usize,
    is_reached: bool,
}

impl Open {
    /// Answers nobody until `expected` requests are open.
    pub fn expecting(expected: usize) -> Self {
        let count = Arc::<(Mutex<Count>, Condvar)>::default();
        let server = Server::deciding({
            let count = Arc::clone(&count);
            move |_, _| {
                hold(&count, expected);
                vec![send(ok("[]"))]
            }
        });
        Self { server, count }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// How many were open at once, at most.
    pub fn most(&self) -> usize {
        lock(&self.count.0).most
    }
}

fn hold((count, changed): &(Mutex<Count>, Condvar), expected: usize) {
    let mut state = lock(count);
    state.now += 1;
    state.most = state.most.max(state.now);
    if !state.is_reached {
        if state.now >= expected {
            state.is_reached = true;
            changed.notify_all();
        }
        let reached = changed.wait_timeout_while(state, BOUND, |state| !state.is_reached);
        state = reached.unwrap_or_else(PoisonError::into_inner).0;
        let over = changed.wait_timeout_while(state, LOOK_OUT, |state| state.now <= expected);
        state = over.unwrap_or_else(PoisonError::into_inner).0;
    }
    state.now -= 1;
}

fn lock(count: &Mutex<Count>) -> MutexGuard<'_, Count> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}
