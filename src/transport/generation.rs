//! One runtime with all that belongs to it: the I/O thread, its orders, the jobs that it runs.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use once_cell::race::OnceBox;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::failure::refusal;
use super::lookups::Lookups;
use super::platform::Canary;
use super::runtime::{Ended, Job, NotTaken, Ticket, lock_construction, new_owner};
use super::shutdown;
use super::system::system;
use super::threads::{TICK, Threads};
use crate::primitives::lock::lock;

/// The I/O thread's stack: TLS handshakes and the construction of clients run on it.
const STACK_BYTES: usize = 2 << 20;

/// How often connections are polled once more when the runtime stops, to say goodbye.
const FAREWELLS: usize = 8;

/// One runtime with all that belongs to it.
pub struct Generation {
    fork_mark: u64,
    is_abandoned: AtomicBool,
    state: Mutex<State>,
    threads: Threads,
    bell: Notify,
    residents: Mutex<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
    /// The names that are being looked up for it.
    pub lookups: Lookups,
    /// The one that followed it.
    pub(super) next: OnceBox<Generation>,
}

#[derive(Default)]
struct State {
    /// Where no thread runs there may be none.
    canary: Option<Canary>,
    orders: VecDeque<Order>,
    has_thread: bool,
    /// Those that were taken and have not ended, with their tasks once they have one.
    jobs: HashMap<u64, Running>,
    /// What was still to be done when it was given up. To drop it might close what is not ours any more, and
    /// here it is not lost.
    left: Vec<Order>,
}

struct Running {
    job: Arc<dyn Job>,
    task: Option<AbortHandle>,
}

enum Order {
    Run(u64),
    Drop(AbortHandle),
    Evict(u64),
    Stop,
}

impl Generation {
    /// A runtime that is yet to start.
    pub(super) fn new() -> io::Result<Generation> {
        let state = State {
            canary: Some(system().open_canary()?),
            ..State::default()
        };
        Ok(Generation {
            fork_mark: system().fork_mark(),
            is_abandoned: AtomicBool::new(false),
            state: Mutex::new(state),
            threads: Threads::default(),
            bell: Notify::new(),
            residents: Mutex::default(),
            lookups: Lookups::default(),
            next: OnceBox::new(),
        })
    }

    /// What `owner` keeps with this generation, made on first use. On the I/O thread only.
    pub fn resident<T, E>(
        &self,
        owner: u64,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E>
    where
        T: Send + Sync + 'static,
    {
        let known = lock(&self.residents).get(&owner).cloned();
        if let Some(Ok(resident)) = known.map(Arc::downcast) {
            return Ok(resident);
        }
        let resident = {
            let _construction = lock_construction();
            Arc::new(make()?)
        };
        lock(&self.residents).insert(owner, resident.clone());
        Ok(resident)
    }

    /// Is this the generation of this process, and are its descriptors still ours?
    pub fn is_ours(&self) -> bool {
        self.is_of_this_process() && self.is_alive()
    }

    /// Are its descriptors still ours? The system is asked without the lock, which callers and the thread
    /// would else take from each other at every call.
    fn is_alive(&self) -> bool {
        let canary = lock(&self.state).canary;
        // The thread may have closed them at its end meanwhile.
        is_alive(canary.as_ref()) || lock(&self.state).is_alive()
    }

    /// A child must not even look at the locks of a generation that it inherited.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.fork_mark == system().fork_mark() && !self.is_abandoned.load(Ordering::Acquire)
    }

    /// Takes a job; `None` where nobody takes any more.
    pub(super) fn take(&'static self, job: &Arc<dyn Job>) -> Result<Option<Ticket>, NotTaken> {
        let mut state = lock(&self.state);
        if self.is_abandoned.load(Ordering::Acquire) {
            return Ok(None);
        }
        // Under the lock: whoever shuts down afterwards finds the job here.
        if shutdown::is_in_progress() {
            return Err(NotTaken::Shutdown);
        }
        if !job.may_begin() {
            return Err(NotTaken::Closed);
        }
        self.staff(&mut state).map_err(NotTaken::Refused)?;
        let key = new_owner();
        let running = Running {
            job: job.clone(),
            task: None,
        };
        state.jobs.insert(key, running);
        state.orders.push_back(Order::Run(key));
        drop(state);
        self.ring();
        let generation = self;
        Ok(Some(Ticket::new(generation, key)))
    }

    /// Sees to it that somebody takes the orders.
    fn staff(&'static self, state: &mut State) -> io::Result<()> {
        if state.canary.is_none() {
            state.canary = Some(system().open_canary()?);
        }
        if !state.has_thread {
            let serve = || self.serve();
            self.threads
                .begin("imagekit-io", STACK_BYTES, Box::new(serve))?;
            state.has_thread = true;
        }
        Ok(())
    }

    /// Lets the thread drop the work of a job, wherever it stands.
    pub(super) fn withdraw(&self, key: u64) {
        let running = lock(&self.state).jobs.remove(&key);
        if let Some(task) = running.and_then(|running| running.task) {
            self.send(Order::Drop(task));
        }
    }

    /// Lets the thread drop what an owner keeps here.
    pub(super) fn evict(&self, owner: u64) {
        self.send(Order::Evict(owner));
    }

    /// Ends all jobs where the host has closed our descriptors: the thread itself may sleep.
    pub(super) fn end_if_lost(&self) {
        if !self.is_alive() {
            self.give_up(&Ended::Lost);
        }
    }

    /// Stops the thread, and waits for it and for the names that it looks up.
    pub(super) fn stop(&self, until: Option<Instant>) -> bool {
        self.send(Order::Stop);
        loop {
            // The host may close our descriptors meanwhile, and the thread then sleeps for ever.
            let tick = Instant::now() + TICK;
            let soon = until.map_or(tick, |until| until.min(tick));
            if self.threads.join(Some(soon)) {
                return self.lookups.join_all(until);
            }
            self.end_if_lost();
            if until.is_some_and(|until| until <= Instant::now()) {
                return false;
            }
        }
    }

    /// Leaves an order only where somebody is there to take it.
    fn send(&self, order: Order) {
        let mut state = lock(&self.state);
        if state.has_thread {
            state.orders.push_back(order);
            drop(state);
            self.ring();
        }
    }

    /// Wakes the I/O thread. Where that fails, the host has closed our descriptors this very moment, and
    /// the jobs here end as lost.
    fn ring(&self) {
        let rung = catch_unwind(AssertUnwindSafe(|| self.bell.notify_one()));
        if rung.is_err() {
            std::mem::forget(rung); // its drop may panic again
            self.give_up(&Ended::Lost);
        }
    }

    /// Ends jobs in memory, and has their work dropped where its descriptors are still ours.
    pub(super) fn end_jobs(&self, owner: Option<u64>) {
        let is_meant = |job: &Arc<dyn Job>| owner.is_none_or(|owner| job.owner() == owner);
        let (ended, is_alive) = {
            let mut state = lock(&self.state);
            let ended = state
                .jobs
                .extract_if(|_, running| is_meant(&running.job))
                .map(|(_, running)| running)
                .collect::<Vec<_>>();
            (ended, state.is_alive())
        };
        for running in ended {
            running.job.end(Ended::Shutdown);
            match running.task {
                Some(task) if is_alive => self.send(Order::Drop(task)),
                abandoned => lock(&self.state).left.extend(abandoned.map(Order::Drop)),
            }
        }
        if !is_alive {
            self.give_up(&Ended::Lost); // the others, whose work cannot go on
        }
    }

    /// The life of the I/O thread.
    fn serve(&'static self) {
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.build_runtime())) {
                Ok(Ok(runtime)) => self.run(runtime),
                Ok(Err(error)) => self.refuse(&Ended::Refused(refusal(&error))),
                Err(panic) => {
                    std::mem::forget(panic); // its drop may panic again
                    self.refuse(&Ended::Defect);
                }
            }
            if self.retire() {
                return;
            }
        }
    }

    fn build_runtime(&'static self) -> io::Result<tokio::runtime::Runtime> {
        // Before it sleeps and after it wakes, the thread makes sure that its descriptors are its own.
        lock_construction()
            .builder()
            .enable_all()
            .on_thread_park(|| self.stop_if_lost())
            .on_thread_unpark(|| self.stop_if_lost())
            .build()
    }

    fn run(&'static self, runtime: tokio::runtime::Runtime) {
        // Not dropped by a panic: that would close descriptors which may not be ours any more.
        let runtime = ManuallyDrop::new(runtime);
        let served = catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.take_orders())));
        if served.is_err() || !self.is_ours() {
            // A job's panic stays with the job: this one was the driver's, most likely for want of descriptors.
            std::mem::forget(served);
            self.abandon(&self.blame());
        }
        drop(ManuallyDrop::into_inner(runtime));
    }

    async fn take_orders(&'static self) {
        loop {
            while let Some(order) = self.next_order() {
                match order {
                    Order::Run(key) => self.start(key),
                    Order::Drop(task) => task.abort(),
                    Order::Evict(owner) => drop(lock(&self.residents).remove(&owner)),
                    Order::Stop => return self.say_goodbye().await,
                }
            }
            self.bell.notified().await;
        }
    }

    fn next_order(&self) -> Option<Order> {
        lock(&self.state).orders.pop_front()
    }

    fn start(&'static self, key: u64) {
        let job = lock(&self.state)
            .jobs
            .get(&key)
            .map(|running| running.job.clone());
        let Some(job) = job else {
            return; // withdrawn
        };
        let task = tokio::spawn(async move {
            let _leaving = Leaving {
                generation: self,
                key,
            };
            job.run(self).await;
        });
        match lock(&self.state).jobs.get_mut(&key) {
            Some(running) => running.task = Some(task.abort_handle()),
            None => task.abort(),
        }
    }

    /// Lets the connections close as their peers expect it.
    async fn say_goodbye(&self) {
        let residents = std::mem::take(&mut *lock(&self.residents));
        drop(residents);
        for _ in 0..FAREWELLS {
            tokio::task::yield_now().await;
        }
    }

    /// There is no runtime: says why to everyone who waits, and lets the next one try again.
    fn refuse(&self, why: &Ended) {
        let jobs = {
            let mut state = lock(&self.state);
            state.orders.clear();
            std::mem::take(&mut state.jobs)
        };
        for running in jobs.into_values() {
            running.job.end(why.clone());
        }
    }

    /// The end of the thread, unless there is work anew. Other orders are for a runtime that is gone.
    fn retire(&self) -> bool {
        let mut state = lock(&self.state);
        if state
            .orders
            .iter()
            .any(|order| matches!(order, Order::Run(_)))
        {
            return false;
        }
        let obsolete = std::mem::take(&mut state.orders);
        state.has_thread = false;
        // An empty table keeps its room, and leak checkers do not understand how it points there.
        state.jobs.shrink_to_fit();
        if let Some(canary) = state.canary.take() {
            system().close_canary(&canary);
        }
        drop(state);
        drop(obsolete);
        true
    }

    /// Why something broke that cannot break.
    fn blame(&self) -> Ended {
        match self.is_alive() {
            true => Ended::Defect,
            false => Ended::Lost,
        }
    }

    fn stop_if_lost(&self) {
        if !self.is_ours() {
            self.abandon(&Ended::Lost);
        }
    }

    /// Ends every job in memory alone and stops this thread for ever, with all that it holds.
    fn abandon(&self, why: &Ended) -> ! {
        self.give_up(why);
        loop {
            thread::park();
        }
    }

    /// Ends every job in memory alone, and takes no more.
    fn give_up(&self, why: &Ended) {
        self.is_abandoned.store(true, Ordering::Release);
        self.threads.abandon();
        let jobs = {
            let mut state = lock(&self.state);
            let orders = std::mem::take(&mut state.orders);
            state.left.extend(orders);
            std::mem::take(&mut state.jobs)
        };
        for running in jobs.into_values() {
            running.job.end(why.clone());
            let task = running.task.map(Order::Drop);
            lock(&self.state).left.extend(task);
        }
    }
}

impl State {
    fn is_alive(&self) -> bool {
        is_alive(self.canary.as_ref())
    }
}

fn is_alive(canary: Option<&Canary>) -> bool {
    canary.is_none_or(|canary| system().is_alive(canary))
}

/// Takes a job off the list when its task ends, in whichever way it does.
struct Leaving {
    generation: &'static Generation,
    key: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let running = lock(&self.generation.state).jobs.remove(&self.key);
        if let Some(running) = running.filter(|_| thread::panicking()) {
            // What the client keeps here may have been left in the middle of a change: the next job gets
            // it anew. Not dropped in this place, where another panic would end the process.
            self.generation.evict(running.job.owner());
            running.job.end(self.generation.blame());
        }
    }
}
