//! Forks: whose process this is, and two locks that no child must find taken.

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

use once_cell::race::OnceBox;

use crate::ffi::handle::{Registry, lock_registry};
use crate::transport::runtime::{Construction, lock_construction};

/// A page that the kernel empties in every child, however it was made; what stands in it names this
/// process among its ancestors.
pub struct Mark {
    page: &'static AtomicU64,
    /// Where the kernel does not empty the page: whose it is.
    owner: Option<AtomicI32>,
}

static MARK: OnceBox<Mark> = OnceBox::new();

impl Mark {
    /// That of this process and of its children.
    pub fn of_process() -> &'static Mark {
        MARK.get_or_init(|| Box::new(Mark::new()))
    }

    #[cfg(target_os = "linux")]
    fn new() -> Mark {
        const BYTES: usize = 4096;
        // SAFETY: a new anonymous mapping touches no memory of others.
        let page = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            libc::mmap(ptr::null_mut(), BYTES, access, kind, -1, 0)
        };
        if page == libc::MAP_FAILED {
            return Mark::portable();
        }
        // Emulators of another processor may say yes to any advice and do nothing: then to nonsense as well.
        const NONSENSE: libc::c_int = -1;
        // SAFETY: the page is ours, and no kernel knows an advice of that number.
        let wiped = unsafe {
            libc::madvise(page, BYTES, NONSENSE) != 0
                && libc::madvise(page, BYTES, libc::MADV_WIPEONFORK) == 0
        };
        // SAFETY: the page is writable, zeroed, aligned, and stays for ever.
        let number = unsafe { &*page.cast::<AtomicU64>() };
        match wiped {
            true => Mark {
                page: number,
                owner: None,
            },
            false => Mark {
                page: number,
                ..Mark::portable()
            },
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn new() -> Mark {
        Mark::portable()
    }

    fn portable() -> Mark {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Mark {
            page: &NUMBER,
            owner: Some(AtomicI32::new(process_id())),
        }
    }

    /// The number of this process: greater than that of every ancestor.
    pub fn number(&self) -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        if let Some(owner) = &self.owner
            && owner.swap(process_id(), Ordering::AcqRel) != process_id()
        {
            self.page.store(0, Ordering::Release);
        }
        match self.page.load(Ordering::Acquire) {
            0 => {
                let next = LAST.fetch_add(1, Ordering::AcqRel) + 1;
                let set = self
                    .page
                    .compare_exchange(0, next, Ordering::AcqRel, Ordering::Acquire);
                set.map_or_else(|other| other, |_| next)
            }
            number => number,
        }
    }
}

fn process_id() -> i32 {
    // SAFETY: it has no conditions.
    unsafe { libc::getpid() }
}

/// Runs when the library is loaded, before any thread of the host's can be inside it.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static AT_LOAD: extern "C" fn() = watch_forks;

/// Registers the handlers that keep our two locks out of a child's way.
pub extern "C" fn watch_forks() {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Ordering::Acquire) && !WATCHED.swap(true, Ordering::AcqRel) {
        // SAFETY: the handlers are functions of this library, which is never unloaded.
        let refused =
            unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(in_child)) };
        // For want of memory, of which there may be some when the next client is made.
        WATCHED.store(refused == 0, Ordering::Release);
    }
}

type Locks = (
    MutexGuard<'static, Registry>,
    MutexGuard<'static, Construction>,
);

struct Held(UnsafeCell<Option<Locks>>);

// SAFETY: only the thread that forks touches it, between taking both locks and giving them back.
unsafe impl Sync for Held {}

static HELD: Held = Held(UnsafeCell::new(None));

unsafe extern "C" fn before_fork() {
    let held = (lock_registry(), lock_construction());
    // SAFETY: this thread holds both locks, so no other one forks at this moment.
    unsafe { *HELD.0.get() = Some(held) };
}

unsafe extern "C" fn after_fork() {
    // SAFETY: `before_fork` ran on this thread, which still holds both locks.
    drop(unsafe { (*HELD.0.get()).take() });
}

unsafe extern "C" fn in_child() {
    let mark = Mark::of_process();
    if let Some(owner) = &mark.owner {
        mark.page.store(0, Ordering::Release);
        owner.store(process_id(), Ordering::Release);
    }
    // SAFETY: the child has this thread alone, and `before_fork` ran on it.
    drop(unsafe { (*HELD.0.get()).take() });
}
