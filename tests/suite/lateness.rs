//! Upper bounds of time. A busy machine makes anything late now and then, a defect does so every
//! time: what is late is tried again, twice. Every other failure counts at once.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::time::Duration;

/// What a test throws where nothing but the time was wrong.
struct Late(String);

/// Runs a check that has upper bounds in it.
pub fn timed(check: impl Fn()) {
    const TRIES: usize = 3;
    for trial in 1..=TRIES {
        let Err(thrown) = catch_unwind(AssertUnwindSafe(&check)) else {
            return;
        };
        match thrown.downcast::<Late>() {
            Ok(late) if trial == TRIES => panic!("late every time: {}", late.0),
            Ok(_) => {}
            Err(other) => resume_unwind(other),
        }
    }
}

/// Inside `timed`, or in a row of a table: what took so long had only this long.
pub fn expect_by(took: Duration, limit: Duration, what: &dyn Debug) {
    expect_at_most(took, limit, what);
}

/// The same of anything that grows while somebody is late.
/// Not asked of a library that runs inside an emulated processor.
pub fn expect_at_most<T: PartialOrd + Debug>(grown: T, limit: T, what: &dyn Debug) {
    if slowness() == 1 && grown > limit {
        panic_any(Late(format!("{grown:?} and not {limit:?}: {what:?}")));
    }
}

/// How many times slower than by themselves programs may be.
pub fn slowness() -> u32 {
    let tools = ["IK_SLOW_TOOLS", "IK_UNDER_VALGRIND"];
    match tools.iter().any(|name| std::env::var_os(name).is_some()) {
        true => 10,
        false => 1,
    }
}
