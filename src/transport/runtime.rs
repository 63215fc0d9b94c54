//! The I/O thread and its runtime. Callers hand jobs over and wait; they never run the runtime.
//!
//! A runtime belongs to a *generation*: to one process, and to descriptors that are still ours. After
//! a fork, or when the host has closed our descriptors, the generation is abandoned and a new one
//! begins. Nothing of an abandoned generation is dropped, woken or closed: its descriptors may be
//! the parent's, or the host's by now. It stays on a list for ever.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use once_cell::race::OnceBox;
use tokio::sync::Notify;

use super::failure::refusal;
use super::lookups::Lookups;
use super::system::{Canary, system};

/// The I/O thread's stack: TLS handshakes and the construction of clients run on it.
const STACK_BYTES: usize = 2 << 20;

/// Work for the I/O thread.
pub trait Job: Send + Sync {
    /// The work itself, polled on the I/O thread.
    fn run(self: Arc<Self>, generation: &'static Generation) -> Work;

    /// Ends the job without its answer, in memory alone. Without effect where it has ended.
    fn end(&self, why: Ended);
}

/// A job's work, as the runtime polls it.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why a job ended without its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The host closed our descriptors under it.
    Lost,
    /// A defect of ours.
    Defect,
    /// The system refused what the runtime needs; this is its reason.
    Refused(String),
}

/// One runtime with all that belongs to it.
pub struct Generation {
    fork_mark: u64,
    canary: Canary,
    is_abandoned: AtomicBool,
    inbox: Mutex<Inbox>,
    bell: Notify,
    running: Mutex<HashMap<u64, Arc<dyn Job>>>,
    residents: Mutex<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
    /// The names that are being looked up for it.
    pub lookups: Lookups,
    next: OnceBox<Generation>,
}

#[derive(Default)]
struct Inbox {
    orders: VecDeque<Order>,
    has_thread: bool,
}

enum Order {
    Run(Arc<dyn Job>),
    Evict(u64),
}

/// The generations of this process and of those that it was forked from; the last is current.
static FIRST: OnceBox<Generation> = OnceBox::new();

/// Held while a generation or an HTTP client is made, and over every fork: no child begins its life
/// in the middle of a construction.
static CONSTRUCTION: Mutex<()> = Mutex::new(());

/// Waits for a construction in progress and keeps others from beginning.
pub fn lock_construction() -> MutexGuard<'static, ()> {
    lock(&CONSTRUCTION)
}

/// Hands a job to the I/O thread, which is started where it does not run yet.
pub fn submit(job: &Arc<dyn Job>) -> io::Result<()> {
    // Abandoned between the look at it and the order: the next one is found or made.
    while !current()?.order(Order::Run(job.clone()))? {}
    Ok(())
}

/// Drops what is kept under `owner` on the I/O thread. Without effect after a fork.
pub fn evict(owner: u64) {
    let newest = newest();
    if let Some(generation) = newest.filter(|generation| generation.is_ours()) {
        generation.send(Order::Evict(owner));
    }
}

/// A number under which an owner keeps something with each generation; never given twice.
pub fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn newest() -> Option<&'static Generation> {
    let mut newest = FIRST.get()?;
    while let Some(next) = newest.next.get() {
        newest = next;
    }
    Some(newest)
}

fn current() -> io::Result<&'static Generation> {
    if let Some(generation) = newest().filter(|generation| generation.is_ours()) {
        return Ok(generation);
    }
    let _construction = lock_construction();
    match newest() {
        Some(generation) if generation.is_ours() => Ok(generation),
        Some(abandoned) => abandoned
            .next
            .get_or_try_init(|| Generation::new().map(Box::new)),
        None => FIRST.get_or_try_init(|| Generation::new().map(Box::new)),
    }
}

impl Generation {
    fn new() -> io::Result<Generation> {
        Ok(Generation {
            fork_mark: system().fork_mark(),
            canary: system().open_canary()?,
            is_abandoned: AtomicBool::new(false),
            inbox: Mutex::default(),
            bell: Notify::new(),
            running: Mutex::default(),
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
        !self.is_abandoned.load(Ordering::Acquire)
            && self.fork_mark == system().fork_mark()
            && system().is_alive(&self.canary)
    }

    /// Leaves an order for the I/O thread; `false` where nobody takes orders any more.
    fn order(&'static self, order: Order) -> io::Result<bool> {
        let mut inbox = lock(&self.inbox);
        if self.is_abandoned.load(Ordering::Acquire) {
            return Ok(false);
        }
        if !inbox.has_thread {
            system().spawn("imagekit-io", STACK_BYTES, Box::new(|| self.serve()))?;
            inbox.has_thread = true;
        }
        inbox.orders.push_back(order);
        drop(inbox);
        self.ring();
        Ok(true)
    }

    /// Leaves an order only where somebody is there to take it.
    fn send(&self, order: Order) {
        let mut inbox = lock(&self.inbox);
        if inbox.has_thread {
            inbox.orders.push_back(order);
            drop(inbox);
            self.ring();
        }
    }

    /// Wakes the I/O thread. Where that fails, the host has closed our descriptors this very moment, and
    /// the orders here end as lost.
    fn ring(&self) {
        let rung = catch_unwind(AssertUnwindSafe(|| self.bell.notify_one()));
        if rung.is_err() {
            std::mem::forget(rung); // its drop may panic again
            self.give_up(Ended::Lost);
        }
    }

    /// The life of the I/O thread.
    fn serve(&'static self) {
        // Never dropped: that would close descriptors which may not be ours any more.
        match self.build_runtime() {
            Ok(runtime) => {
                let runtime = ManuallyDrop::new(runtime);
                let served =
                    catch_unwind(AssertUnwindSafe(|| runtime.block_on(self.take_orders())));
                std::mem::forget(served);
                // A job's panic stays with the job: this one was the driver's, for want of descriptors.
                self.abandon(Ended::Lost);
            }
            Err(error) => self.refuse(&error),
        }
    }

    fn build_runtime(&'static self) -> io::Result<tokio::runtime::Runtime> {
        // Before it sleeps and after it wakes, the thread makes sure that its descriptors are its own.
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_park(|| self.stop_if_lost())
            .on_thread_unpark(|| self.stop_if_lost())
            .build()
    }

    /// Why something broke that cannot break.
    fn blame(&self) -> Ended {
        match system().is_alive(&self.canary) {
            true => Ended::Defect,
            false => Ended::Lost,
        }
    }

    fn stop_if_lost(&self) {
        if !self.is_ours() {
            self.abandon(Ended::Lost);
        }
    }

    async fn take_orders(&'static self) {
        loop {
            self.bell.notified().await;
            while let Some(order) = self.next_order() {
                match order {
                    Order::Run(job) => self.start(job),
                    Order::Evict(owner) => drop(lock(&self.residents).remove(&owner)),
                }
            }
        }
    }

    fn next_order(&self) -> Option<Order> {
        lock(&self.inbox).orders.pop_front()
    }

    fn start(&'static self, job: Arc<dyn Job>) {
        let key = new_owner();
        lock(&self.running).insert(key, job.clone());
        tokio::spawn(async move {
            let _leaving = Leaving {
                generation: self,
                key,
            };
            job.run(self).await;
        });
    }

    /// The system gave us no runtime: says so to everyone who waits, and lets the next one try again.
    fn refuse(&self, error: &io::Error) {
        let orders = {
            let mut inbox = lock(&self.inbox);
            inbox.has_thread = false;
            std::mem::take(&mut inbox.orders)
        };
        for order in orders {
            if let Order::Run(job) = order {
                job.end(Ended::Refused(refusal(error)));
            }
        }
    }

    /// Ends every call in memory alone and stops this thread for ever, with all that it holds.
    fn abandon(&self, why: Ended) -> ! {
        self.give_up(why);
        loop {
            thread::park();
        }
    }

    /// Ends every call in memory alone, and takes no more.
    fn give_up(&self, why: Ended) {
        self.is_abandoned.store(true, Ordering::Release);
        let orders = std::mem::take(&mut lock(&self.inbox).orders);
        let running = std::mem::take(&mut *lock(&self.running));
        for order in &orders {
            if let Order::Run(job) = order {
                job.end(why.clone());
            }
        }
        running.values().for_each(|job| job.end(why.clone()));
        std::mem::forget((orders, running));
    }
}

/// Takes a job off the list when its task ends, in whichever way it does.
struct Leaving {
    generation: &'static Generation,
    key: u64,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let job = lock(&self.generation.running).remove(&self.key);
        if let Some(job) = job.filter(|_| thread::panicking()) {
            job.end(self.generation.blame());
        }
    }
}

/// A panic elsewhere leaves plain data behind, which stays usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
