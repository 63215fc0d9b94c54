//! A host that calls the library in any order, and knows what may come of each step.

mod describing;
mod dice;
mod files;
mod many;
mod model;
mod queues;
mod sending;
mod server;
mod settings;
mod shutdowns;
mod statuses;
mod told;
mod worker;
mod world;

use std::sync::LazyLock;

use imagekit::Status;
use imagekit::ffi::shutdown::ik_shutdown;
use libc::c_int;

use dice::Dice;
use statuses::Statuses;
use world::World;

/// The key, and its Basic form without the end: what the server echoes and nobody may see.
const KEY: &str = "private_storm";
const BASIC: &str = "cHJpdmF0ZV9zdG9ybT";

/// How long a sequence may be.
const MAX_STEPS: usize = 100;

/// With FUZZ_TRACE in the environment each step is told: to understand a finding.
static IS_TRACED: LazyLock<bool> = LazyLock::new(|| std::env::var_os("FUZZ_TRACE").is_some());

static SERVER: LazyLock<String> = LazyLock::new(|| {
    // SAFETY: a function that can be called at any time. At the end leaks are looked for as well.
    assert_eq!(unsafe { libc::atexit(shut_down) }, 0);
    server::start()
});
static WORKER: LazyLock<worker::Worker> = LazyLock::new(worker::Worker::start);

/// Plays one sequence.
pub fn play(input: &[u8]) {
    let mut world = World::new(Dice::new(input));
    for _ in 0..MAX_STEPS {
        if world.dice.is_spent() {
            break;
        }
        step(&mut world);
    }
    world.end();
}

fn step(world: &mut World<'_>) {
    match world.dice.roll() % 64 {
        0..4 => world.make_ready_client(),
        4..6 => world.set_config(),
        6 => world.make_config(),
        7 => world.make_client(),
        8 => world.free_config(),
        9..11 => world.free_client(),
        11..20 => world.describe(),
        20..23 => world.set_option(),
        23..29 => world.start(),
        29..32 => world.perform(),
        32..37 => world.wait(),
        37..40 => world.cancel(),
        40..42 => world.read_metadata(),
        42..45 => world.free_call(),
        45 => world.make_queue(),
        46..50 => world.start_on_queue(),
        50..53 => world.take_next(),
        53 => world.look_at_queue(),
        54 => world.free_queue(),
        55..57 => world.send_plainly(),
        57 => world.get_many(),
        58 => world.close_client(),
        59 => world.shut_down(),
        60..63 => world.order(),
        _ => world.join_worker(),
    }
}

/// After a shutdown nothing may be lost. Without one the tool is wrong: it takes a running thread for one that
/// was joined long ago and had the same number, and does not look at what it holds.
pub fn check_leaks() {
    unsafe extern "C" {
        fn __lsan_do_recoverable_leak_check() -> c_int;
    }
    shut_down();
    // SAFETY: of the runtime that every target is linked with.
    let leaks = unsafe { __lsan_do_recoverable_leak_check() };
    assert_eq!(leaks, 0, "something was lost");
}

extern "C" fn shut_down() {
    expect(
        ik_shutdown(u64::MAX),
        Statuses::of(&[Status::Ok]),
        "a shutdown",
    );
}

#[track_caller]
fn expect(number: i32, allowed: Statuses, what: &str) -> Status {
    let got = crate::answers::status(number);
    if *IS_TRACED {
        eprintln!("{what}: {got:?}, one of {allowed:?}");
    }
    assert!(allowed.has(got), "{what}: {got:?}, not one of {allowed:?}");
    got
}
