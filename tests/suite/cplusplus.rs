//! The C++ header: it compiles in every dialect that it promises, and what it says of its objects, errors,
//! futures, coroutines and callbacks is so.

mod dialects; // compilers, standards, with exceptions and without

use std::env;
use std::sync::LazyLock;

use imagekit_emulator::{Emulator, Options};

use crate::support::{self, Seen, c_program_with, has_cpp_compiler, in_parallel, leave_out};
use dialects::{links, takes};

/// What std::terminate() ends the programs with.
const TERMINATED: i32 = 42;

struct Program {
    name: &'static str,
    options: &'static [&'static str],
    parts: &'static [&'static str],
}

#[rustfmt::skip]
const PROGRAMS: &[Program] = &[
    Program { name: "owners", options: &[], parts: &[
        "moves", "errors", "no-connection", "own-errors", "settings", "cut-strings", "values",
    ] },
    Program { name: "ways", options: &[], parts: &[
        "operations", "options", "futures", "cancels", "callbacks", "many", "logs", "threads",
    ] },
    Program { name: "coroutines", options: &["-std=c++20", "-O2", "-Wl,--wrap=ik_call_start"], parts: &[
        "resumed", "failed", "refused", "cancelled", "early", "many",
    ] },
    Program { name: "json_library", options: &[], parts: &["all"] },
    Program { name: "no_exceptions", options: &["-fno-exceptions"], parts: &["all"] },
];

#[test]
fn what_was_moved_from_says_so_and_errors_tell_all_there_is() {
    passes("owners");
}

#[test]
fn every_operation_works_in_every_way_and_functions_may_throw() {
    passes("ways");
}

#[test]
fn a_coroutine_goes_on_when_its_call_has_ended_even_before_the_start_has_returned() {
    passes("coroutines");
}

#[test]
fn a_json_library_is_taken_where_it_is_there() {
    passes("json_library");
}

#[test]
fn a_host_without_exceptions_has_all_of_it() {
    passes("no_exceptions");
}

#[test]
fn an_exception_out_of_a_callback_ends_the_process_and_never_enters_the_library() {
    for name in ["ways", "coroutines"] {
        let program = program(name);
        if can_compile(program) {
            let seen = run(&made(program), "terminates");
            assert_eq!(seen.code, Some(TERMINATED), "{seen:#?}");
        }
    }
}

fn program(name: &str) -> &'static Program {
    let named = PROGRAMS.iter().find(|program| program.name == name);
    named.expect("a program")
}

/// Runs all parts of a program, or says why it cannot. No access is bad in them, and nothing is lost.
fn passes(name: &str) {
    let program = program(name);
    if can_compile(program) {
        let made = made(program);
        in_parallel(program.parts, |part| {
            run(&made, part).expect_ok();
        });
    }
}

fn can_compile(program: &Program) -> bool {
    let header = match program.name {
        "coroutines" => "coroutine",
        "json_library" => "nlohmann/json.hpp",
        _ => "string",
    };
    let can = has_cpp_compiler() && takes(program.options, header);
    if !can {
        let why = format!("no C++ compiler is there, neither CXX nor c++, or it has no <{header}>");
        leave_out(program.name, &why);
    }
    can
}

fn made(program: &Program) -> support::Program {
    let options = [program.options, sanitizer()].concat();
    c_program_with(program.name, &options)
}

/// What looks for bad accesses and leaks, if that is not being done by another tool.
fn sanitizer() -> &'static [&'static str] {
    const OPTIONS: &[&str] = &["-fsanitize=address"];
    static IS_THERE: LazyLock<bool> = LazyLock::new(|| {
        let is_there = links(OPTIONS);
        if !is_there {
            leave_out("leaks of C++ programs", "no AddressSanitizer is there");
        }
        is_there
    });
    let has_another = ["IK_UNDER_VALGRIND", "IK_CFLAGS"].map(env::var_os) != [None, None];
    if !has_another && *IS_THERE {
        OPTIONS
    } else {
        &[]
    }
}

/// One part, with a local ImageKit of its own that makes trouble for whoever asks.
fn run(program: &support::Program, part: &str) -> Seen {
    let options = Options {
        faults: true,
        ..Options::default()
    };
    let emulator = Emulator::start(options).expect("an emulator");
    let run = program.command().arg(part);
    let run = run.arg("--base-url").arg(emulator.base_url());
    let run = run.arg("--key").arg(emulator.private_key());
    run.arg("--id").arg(&emulator.file_ids()[0]).run()
}
