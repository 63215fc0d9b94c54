//! The one thread on which code of the host's runs: what it wants to be told of, one at a time and in
//! order. Never the I/O thread, and never with a lock of ours held.

use std::cell::Cell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::LocalKey;
use std::time::Instant;

use super::lineage::PerProcess;
use super::runtime;
use super::shutdown::Shutdown;
use super::system::system;
use super::threads::{TICK, Threads, wait};
use crate::primitives::lock::lock;

const STACK_BYTES: usize = 1 << 20;

/// How many lines may wait for a host that takes its time.
const MAX_LINES: usize = 1024;

/// Takes the lines of one client's log.
pub trait TakesLines: Send + Sync {
    /// Takes one line. On the callback thread.
    fn line(&self, level: i32, text: &str);

    /// How many lines were dropped for want of room since the last one.
    fn dropped(&self) -> &AtomicU64;

    /// Are its lines delivered as they come? Else they wait until the first call is sent.
    fn is_awake(&self) -> bool;

    /// Does it take more lines?
    fn is_open(&self) -> bool;

    /// May it still be called with a line that it took? Not after a shutdown.
    fn is_there(&self) -> bool;
}

/// What is due, and the thread for it.
#[derive(Default)]
struct Callbacks {
    state: Mutex<State>,
    changed: Condvar,
    threads: Threads,
}

#[derive(Default)]
struct State {
    dues: VecDeque<Due>,
    lines: VecDeque<Line>,
    /// How many callbacks will come, for each owner that has some.
    reserved: HashMap<u64, usize>,
    /// Whose callback runs.
    running: Option<u64>,
    has_thread: bool,
    /// The thread ends when nothing is due any more, though whoever asked for it may have gone.
    is_to_end: bool,
    /// How many wait for its end.
    stopping: usize,
}

struct Due {
    owner: u64,
    run: Box<dyn FnOnce() + Send>,
}

struct Line {
    owner: u64,
    level: i32,
    text: String,
    to: Arc<dyn TakesLines>,
}

static CALLBACKS: PerProcess<Callbacks> = PerProcess::new();

thread_local! {
    /// The fork mark of the process whose callback thread this is; 0 on all others.
    static MARK: Cell<u64> = const { Cell::new(0) };
    /// The fork mark of the process in which this thread runs a log callback; 0 where it runs none.
    static LOGGING: Cell<u64> = const { Cell::new(0) };
}

/// Is this the callback thread, where nothing may wait for what only it can do? In a child that a
/// callback forked it is a thread like others.
pub fn is_current() -> bool {
    is_here(&MARK)
}

fn is_here(mark: &'static LocalKey<Cell<u64>>) -> bool {
    mark.get() != 0 && mark.get() == system().fork_mark()
}

/// Starts the thread where it does not run yet, for the lines that wait.
pub fn deliver_lines() {
    let callbacks = CALLBACKS.current();
    let mut state = callbacks.lock();
    if state.stopping == 0 && !state.lines.is_empty() {
        let _waiting = callbacks.staff(&mut state);
    }
}

/// A callback that will come, and that a shutdown waits for.
pub struct Reservation {
    callbacks: &'static Callbacks,
    owner: u64,
}

impl Reservation {
    /// Makes sure that there is a thread for it.
    pub fn new(owner: u64) -> io::Result<Reservation> {
        let callbacks = CALLBACKS.current();
        let mut state = callbacks.lock();
        callbacks.staff(&mut state)?;
        *state.reserved.entry(owner).or_default() += 1;
        Ok(Reservation { callbacks, owner })
    }

    /// The callback is due now.
    pub fn fulfil(self, run: impl FnOnce() + Send + 'static) {
        let due = Due {
            owner: self.owner,
            run: Box::new(run),
        };
        self.callbacks.lock().dues.push_back(due);
        self.callbacks.changed.notify_all();
        std::mem::forget(self); // the thread is done with it only when the callback has returned
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.callbacks.lock().release(self.owner);
        self.callbacks.changed.notify_all();
    }
}

/// Leaves a line for a log. What is logged by a log callback is dropped, or it would never end.
pub fn log(owner: u64, level: i32, text: String, to: Arc<dyn TakesLines>) {
    if is_here(&LOGGING) {
        return;
    }
    let callbacks = CALLBACKS.current();
    let mut state = callbacks.lock();
    // Under the lock: whoever closes it and then waits for its lines has seen the last.
    if !to.is_open() {
        return;
    }
    if state.lines.len() >= MAX_LINES {
        to.dropped().fetch_add(1, Ordering::Relaxed);
        return;
    }
    let text = match to.dropped().swap(0, Ordering::Relaxed) {
        0 => text,
        dropped => format!("{dropped} lines were dropped before this one: {text}"),
    };
    if to.is_awake() && state.stopping == 0 {
        // Where there is no room for a thread, they wait for the next occasion.
        let _waiting = callbacks.staff(&mut state);
    }
    state.lines.push_back(Line {
        owner,
        level,
        text,
        to,
    });
    drop(state);
    callbacks.changed.notify_all();
}

/// Waits until nothing of an owner is due or runs. `false` where the time was too short.
pub fn wait_for(owner: u64, until: Option<Instant>) -> bool {
    let callbacks = CALLBACKS.current();
    let mut state = callbacks.lock();
    while state.is_busy_for(owner) {
        // Lines that nobody had a reason to deliver yet; without room for a thread they are lost.
        if callbacks.staff(&mut state).is_err() {
            state.lines.retain(|line| line.owner != owner);
            if !state.is_busy_for(owner) {
                break;
            }
        }
        match wait(&callbacks.changed, state, until) {
            Some(woken) => state = woken,
            None => return false,
        }
    }
    true
}

/// Waits until nothing is due any more, and joins the thread. `false` where the time was too short;
/// the thread then goes on.
pub fn stop(shutdown: &Shutdown, until: Option<Instant>) -> bool {
    let callbacks = CALLBACKS.current();
    let mut state = callbacks.lock();
    if !state.lines.is_empty() {
        let _waiting = callbacks.staff(&mut state);
    }
    state.stopping += 1;
    state.is_to_end = true;
    drop(state);
    callbacks.changed.notify_all();
    let is_stopped = loop {
        if !callbacks.threads.join(until) {
            break false;
        }
        let mut state = callbacks.lock();
        if !state.has_thread {
            shutdown.note_done();
            state.lines.retain(|line| line.to.is_there());
            break true;
        }
    };
    callbacks.lock().stopping -= 1;
    is_stopped
}

impl Callbacks {
    fn staff(&'static self, state: &mut State) -> io::Result<()> {
        if !state.has_thread {
            let serve = || self.serve();
            self.threads
                .begin("imagekit-calls", STACK_BYTES, Box::new(serve))?;
            state.has_thread = true;
            state.is_to_end = state.stopping > 0;
        }
        Ok(())
    }

    /// The life of the callback thread.
    fn serve(&'static self) {
        let fork_mark = system().fork_mark();
        MARK.set(fork_mark);
        loop {
            // Whatever goes wrong, others wait for this thread.
            let next = match catch_unwind(AssertUnwindSafe(|| self.next())) {
                Ok(Some(next)) => next,
                Ok(None) => return,
                Err(panic) => {
                    std::mem::forget(panic); // its drop may panic again
                    std::thread::sleep(std::time::Duration::from_millis(10)); // if it comes every time
                    continue;
                }
            };
            let reserved_by = next.reserved_by();
            // A host's exception cannot be caught; a panic of ours must not end the others.
            std::mem::forget(catch_unwind(AssertUnwindSafe(|| next.run())));
            if system().fork_mark() != fork_mark {
                system().exit_child(); // the callback forked, and this is the child
            }
            let mut state = self.lock();
            state.running = None;
            if let Some(owner) = reserved_by {
                state.release(owner);
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// What is to be run next; `None` where the thread is to end.
    fn next(&self) -> Option<Next> {
        let mut state = self.lock();
        loop {
            if let Some(due) = state.dues.pop_front() {
                state.running = Some(due.owner);
                return Some(Next::Due(due));
            }
            if let Some(line) = state.lines.pop_front() {
                state.running = Some(line.owner);
                return Some(Next::Line(line));
            }
            if state.is_to_end && state.reserved.is_empty() {
                state.has_thread = false;
                // An empty table keeps its room, and leak checkers do not understand how it points there.
                state.reserved.shrink_to_fit();
                return None;
            }
            // Who waits for a callback may wait for a thread that the host has cut off.
            let until = (!state.reserved.is_empty()).then(|| Instant::now() + TICK);
            state = wait(&self.changed, state, until).unwrap_or_else(|| self.lock());
            if until.is_some_and(|until| until <= Instant::now()) {
                drop(state);
                runtime::look_after();
                state = self.lock();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn release(&mut self, owner: u64) {
        if let Entry::Occupied(mut reserved) = self.reserved.entry(owner) {
            *reserved.get_mut() -= 1;
            if *reserved.get() == 0 {
                reserved.remove();
            }
        }
    }

    fn is_busy_for(&self, owner: u64) -> bool {
        self.reserved.contains_key(&owner)
            || self.running == Some(owner)
            || self.lines.iter().any(|line| line.owner == owner)
    }
}

enum Next {
    Due(Due),
    Line(Line),
}

impl Next {
    fn reserved_by(&self) -> Option<u64> {
        match self {
            Next::Due(due) => Some(due.owner),
            Next::Line(_) => None,
        }
    }

    fn run(self) {
        match self {
            Next::Due(due) => (due.run)(),
            Next::Line(line) if line.to.is_there() => {
                LOGGING.set(system().fork_mark());
                line.to.line(line.level, &line.text);
                LOGGING.set(0);
            }
            Next::Line(_) => {}
        }
    }
}
