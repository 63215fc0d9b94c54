//! Processes and threads that end: at once, with their own status, and not for want of us.

use std::time::Duration;

use super::{against, emulator};
use crate::support::{c_program, has_cpp_compiler, in_parallel, leave_out};

/// What `exit.c` ends with, in whichever way.
const EXIT_STATUS: i32 = 42;

#[test]
fn a_process_ends_at_once_and_with_its_own_status_while_calls_wait() {
    in_parallel(&["return", "exit", "_exit", "quick_exit"], |way| {
        let seen = c_program("exit").command().arg(way).run();
        assert_eq!(seen.code, Some(EXIT_STATUS), "{seen:?}");
        assert!(seen.took < Duration::from_secs(5), "{seen:?}"); // the calls would wait for 60
    });
}

#[test]
fn calls_work_while_the_process_exits() {
    in_parallel(&["return", "exit", "first-use"], |way| {
        let emulator = emulator(false);
        let seen = against(&emulator, "exit", way).run();
        assert_eq!(seen.code, Some(EXIT_STATUS), "{seen:?}");
        assert_eq!(seen.stdout, "called at exit\n");
        assert_eq!(emulator.requests(), 1);
    });
}

#[test]
fn hundreds_of_processes_end_in_the_midst_of_calls_and_handshakes() {
    in_parallel(
        &[("calls", "200"), ("handshakes", "150")],
        |(what, count)| {
            let emulator = emulator(*what == "handshakes");
            let run = against(&emulator, "exits", what);
            run.arg("--processes").arg(count).run().expect_ok();
        },
    );
}

#[test]
fn static_destructors_and_those_of_threads_may_call_also_as_first_use() {
    if !has_cpp_compiler() {
        return leave_out(
            "destructors",
            "no C++ compiler is there, neither CXX nor c++",
        );
    }
    let rows = [
        ("static", "called by a static destructor", 1),
        ("static-exit", "called by a static destructor", 1),
        ("static-after-use", "called by a static destructor", 2),
        ("static-after-use-exit", "called by a static destructor", 2),
        ("thread", "called at the end of a thread", 2),
        ("thread-after-use", "called at the end of a thread", 3),
    ];
    in_parallel(&rows, |(part, said, requests)| {
        let emulator = emulator(false);
        let seen = against(&emulator, "destructors", part).run();
        assert_eq!(seen.code, Some(EXIT_STATUS), "{seen:?}");
        assert_eq!(seen.stdout, format!("{said}\n"));
        assert_eq!(emulator.requests(), *requests);
    });
}
