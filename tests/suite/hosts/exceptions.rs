//! Code that leaves frames in its own way. That a cancelled thread leaves ours alone, `threads.rs` tests.

use super::{against, emulator, say};
use crate::support::has_cpp_compiler;

#[test]
fn exceptions_that_a_host_keeps_to_itself_harm_nothing() {
    if !has_cpp_compiler() {
        return say("left out: exceptions, as there is no C++ compiler (CXX, or c++)");
    }
    let emulator = emulator(false);
    against(&emulator, "exceptions", "").run().expect_ok();
    assert_eq!(emulator.requests(), 30);
}
