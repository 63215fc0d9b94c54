//! Every lock that std_locks.c speaks for, contended, with plain data behind it: of that ThreadSanitizer
//! must not complain. With an argument somebody forgets the lock, and it must.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int};
use std::sync::{Arc, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::Duration;

const THREADS: usize = 4;
const ROUNDS: usize = 400;

#[derive(Default)]
struct Plain(UnsafeCell<usize>);

// SAFETY: whoever touches it holds a lock, but for the one who forgets it.
unsafe impl Send for Plain {}
unsafe impl Sync for Plain {}

impl Plain {
    fn write(&self) {
        // SAFETY: see above.
        unsafe { *self.0.get() += 1 }
    }

    fn read(&self) {
        // SAFETY: see above.
        std::hint::black_box(unsafe { *self.0.get() });
    }
}

/// Threads that are joined one by one: those of a scope are waited for in a way that nobody speaks for.
fn everywhere(work: impl Fn(usize) + Send + Sync + 'static) {
    let work = Arc::new(work);
    let spawn = |at| {
        let work = work.clone();
        thread::spawn(move || work(at))
    };
    let all: Vec<_> = (0..THREADS).map(spawn).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
}

fn mutex(forgets: bool) {
    let (mutex, plain) = (Mutex::new(()), Plain::default());
    everywhere(move |at| {
        for _ in 0..ROUNDS {
            let _held = (!forgets || at > 0).then(|| mutex.lock().unwrap());
            plain.write();
            thread::yield_now(); // so that the others come and wait
        }
    });
}

fn condvar() {
    let (turn, changed, plain) = (Mutex::new(0), Condvar::new(), Plain::default());
    everywhere(move |at| {
        for round in 0..ROUNDS {
            let mut now = turn.lock().unwrap();
            while *now % THREADS != at {
                now = match round % 2 {
                    0 => changed.wait(now).unwrap(),
                    _ => changed.wait_timeout(now, Duration::from_secs(9)).unwrap().0,
                };
            }
            plain.write();
            *now += 1;
            changed.notify_all();
        }
    });
}

fn rwlock() {
    let (lock, plain) = (RwLock::new(()), Plain::default());
    everywhere(move |at| {
        for round in 0..ROUNDS {
            if (round + at) % THREADS == 0 {
                let _held = lock.write().unwrap();
                plain.write();
                thread::yield_now();
            } else {
                let _held = lock.read().unwrap();
                plain.read();
                thread::yield_now();
            }
        }
    });
}

fn once() {
    let all: Vec<_> = (0..ROUNDS)
        .map(|_| (Once::new(), Plain::default()))
        .collect();
    everywhere(move |_| {
        for (once, plain) in &all {
            once.call_once(|| plain.write());
            plain.read();
        }
    });
}

/// The last one frees what the others have read.
fn arc() {
    let all: Vec<_> = (0..ROUNDS).map(|_| Arc::new(Plain::default())).collect();
    let shares = Mutex::new(vec![all; THREADS]);
    everywhere(move |_| {
        let mine = shares.lock().unwrap().pop().unwrap();
        mine.into_iter().for_each(|share| share.read());
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn main(count: c_int, _: *const *const c_char) -> c_int {
    if count > 1 {
        mutex(true);
    } else {
        mutex(false);
        condvar();
        rwlock();
        once();
        arc();
    }
    0
}
