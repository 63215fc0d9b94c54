//! Code that leaves frames in its own way. That a cancelled thread leaves ours alone, `threads.rs` tests.

use super::{against, emulator};
use crate::support::{has_cpp_compiler, leave_out};

#[test]
fn exceptions_that_a_host_keeps_to_itself_harm_nothing() {
    if !has_cpp_compiler() {
        return leave_out(
            "exceptions",
            "no C++ compiler is there, neither CXX nor c++",
        );
    }
    let emulator = emulator(false);
    against(&emulator, "exceptions", "").run().expect_ok();
    assert_eq!(emulator.requests(), 30);
}
