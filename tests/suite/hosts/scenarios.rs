//! All that a host may do to a library that runs a thread of its own, H1 to H15, and which test keeps each
//! promise about it. The list is held to the tests: one that is renamed or left out is noticed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{say, tests_of_this_program};

/// What the host does or has, what is promised then, and the test.
type Promise = (&'static str, &'static str);

struct Scenario {
    number: u32,
    name: &'static str,
    promises: &'static [Promise],
}

#[rustfmt::skip]
const SCENARIOS: &[Scenario] = &[
    Scenario { number: 1, name: "SIGPIPE with its default disposition", promises: &[
        ("large POST and PUT bodies, cut off while written",   "hosts::signals::a_host_with_default_sigpipe_survives_resets_in_the_midst_of_large_bodies"),
        ("kept connections, reset idle and in a request",      "hosts::signals::a_host_with_default_sigpipe_survives_peers_that_reset"),
        ("resets in a handshake",                              "hosts::signals::a_host_with_default_sigpipe_survives_resets_within_a_handshake"),
        ("a write that surely raises it",                      "hosts::signals::a_host_with_default_sigpipe_survives_writes_into_a_dead_connection"),
        ("dispositions are left alone",                        "hosts::signals::masks_dispositions_and_errno_are_left_as_they_were"),
        ("standard error without a reader",                    "logging::a_host_lives_on_whatever_becomes_of_its_standard_error"),
    ]},
    Scenario { number: 2, name: "signals meant for the host", promises: &[
        ("a storm: no handler on our threads, calls go on",    "hosts::signals::signals_of_the_host_are_handled_on_threads_of_the_host"),
        ("blocked by the host: handled by nobody, not lost",   "hosts::signals::a_signal_that_the_host_blocks_is_handled_by_nobody"),
        ("the mask of each thread, those of look-ups too; a fault on ours reaches the host's handler",
                                                               "hosts::signals::threads_of_ours_block_all_signals_but_those_of_a_fault"),
        ("a fault where the host had blocked everything",      "hosts::signals::threads_that_begin_while_all_is_blocked_leave_faults_to_the_hosts_handler"),
        ("the callback thread's mask",                         "background::callbacks_have_our_signal_mask_and_a_megabyte_of_stack"),
    ]},
    Scenario { number: 3, name: "fork", promises: &[
        ("a parent and eight children at once, each its own connection", "hosts::forks::a_client_used_before_fork_works_in_eight_children_and_the_parent_at_once"),
        ("the same over TLS",                                  "hosts::forks::a_client_used_before_fork_works_in_all_processes_over_tls"),
        ("a master that only configures",                      "hosts::forks::a_master_that_only_configured_forks_workers_that_send"),
        ("children of children",                               "hosts::forks::a_client_is_handed_down_through_generations_of_processes"),
        ("a child frees what it inherited",                    "hosts::forks::a_child_that_frees_what_it_inherited_leaves_the_parents_connection"),
        ("raw clone, _Fork, vfork and exec",                   "hosts::forks::children_are_noticed_that_no_fork_handler_sees"),
        ("a kernel that only claims to know of forks",         "hosts::forks::children_are_noticed_where_the_system_only_says_that_it_would_empty_the_page"),
        ("PID namespaces: the same number in both",            "hosts::forks::children_are_noticed_that_have_their_parents_number"),
        ("200 forks while threads are in calls, one in DNS",   "hosts::forks::forks_while_threads_are_inside_the_library_hang_nobody"),
        ("while the registry is busy",                         "hosts::forks::forks_while_threads_change_and_use_a_config_hang_nobody"),
        ("while a construction holds its lock",                "hosts::forks::fork_waits_while_a_runtime_is_made_and_the_child_works"),
        ("while certificates are read for the first time",     "hosts::roots::a_child_that_is_forked_while_certificates_are_read_reads_them_itself"),
        ("while threads log",                                  "hosts::forks::forks_while_threads_log_to_standard_error_hang_nobody"),
        ("in a storm of calls and shutdowns",                  "background::forks_in_a_storm_of_calls_and_shutdowns_hang_no_child"),
        ("in callbacks, among starting threads",               "background::children_that_callbacks_fork_and_leave_hang_nowhere_while_others_start"),
        ("the parent ends, an idle child lives on",            "hosts::forks::an_idle_child_outlives_its_parent_and_works"),
        ("a call in flight goes on in the parent only",        "background::a_call_that_runs_at_a_fork_goes_on_in_the_parent_alone"),
        ("another program inherits no descriptor",             "hosts::forks::another_program_inherits_no_descriptor"),
        ("workers do not retry in step",                       "hosts::forks::workers_of_one_master_do_not_retry_in_step"),
    ]},
    Scenario { number: 4, name: "the host closes our descriptors and uses their numbers", promises: &[
        ("before the first use, idle, right after and during a call; with 12 files of its own under the numbers",
                                                               "hosts::descriptors::a_host_that_closes_all_descriptors_goes_on"),
        ("at any moment of calls that are handed over",        "hosts::descriptors::calls_handed_over_while_descriptors_are_lost_end_by_their_deadlines"),
        ("callbacks and completions come",                     "shutdown::a_call_that_has_lost_its_descriptors_tells_its_end_though_nobody_waits"),
        ("so does the end of a call for many",                 "shutdown::a_call_for_many_that_has_lost_its_descriptors_ends_soon"),
        ("shutdowns end, of all",                              "shutdown::a_shutdown_ends_what_has_lost_its_descriptors_and_touches_none_of_the_hosts"),
        ("and of one client",                                  "shutdown::the_shutdown_of_a_client_leaves_the_lost_call_of_another_as_timed_out"),
        ("those of queues",                                    "queue::a_host_that_closes_the_descriptors_keeps_what_gets_their_numbers"),
    ]},
    Scenario { number: 5, name: "dlclose", promises: &[
        ("200 times loaded, used, unloaded; threads and descriptors flat; fork afterwards",
                                                               "hosts::unloading::the_library_can_be_loaded_used_and_unloaded_again_and_again"),
        ("the static library inside a plugin",                 "hosts::unloading::a_plugin_with_the_library_inside_can_be_loaded_used_and_unloaded_again_and_again"),
        ("marked to stay mapped",                              "abi::the_library_has_its_name_stays_mapped_and_needs_only_the_c_library"),
    ]},
    Scenario { number: 6, name: "small stacks", promises: &[
        ("the system's least for calls, errors and frees, 64 KiB to make a client; over TLS too",
                                                               "hosts::stacks::calls_and_frees_work_on_the_smallest_stack"),
        ("every check of an answer",                           "hosts::stacks::every_answer_is_checked_on_the_smallest_stack"),
        ("calls under control",                                "background::the_smallest_stack_suffices_for_all_that_is_done_with_a_call"),
        ("our threads' own stacks",                            "hosts::stacks::the_stacks_of_our_threads_are_our_own_choice"),
        ("little is taken of each thread's",                   "abi::the_library_takes_little_of_each_threads_stack"),
    ]},
    Scenario { number: 7, name: "a resolver that hangs", promises: &[
        ("the deadline holds, one thread for one name",        "names::a_hung_lookup_costs_one_thread_however_many_clients_ask_for_the_name"),
        ("sixteen for many names",                             "names::hung_lookups_of_many_names_take_sixteen_threads_at_most_and_no_call_its_deadline"),
        ("a second name, and plain addresses",                 "names::while_look_ups_hang_another_name_and_a_plain_address_are_reached"),
        ("the process ends at once",                           "names::a_process_ends_at_once_while_a_lookup_hangs"),
        ("a shutdown keeps its time",                          "shutdown::a_shutdown_does_not_wait_for_a_resolver_longer_than_it_may"),
        ("no network at all",                                  "names::without_a_network_a_call_fails_soon_and_names_its_host"),
        ("names that do not exist",                            "faults::a_name_or_a_proxy_that_fails_is_told"),
    ]},
    Scenario { number: 8, name: "exit, _exit, quick_exit, atexit, destructors", promises: &[
        ("while four threads wait: at once, with its status",  "hosts::exits::a_process_ends_at_once_and_with_its_own_status_while_calls_wait"),
        ("while calls and a callback run",                     "background::a_process_ends_at_once_while_calls_and_a_callback_run"),
        ("calls in atexit handlers, as first use too",         "hosts::exits::calls_work_while_the_process_exits"),
        ("calls in static and thread_local destructors, as first use too",
                                                               "hosts::exits::static_destructors_and_those_of_threads_may_call_also_as_first_use"),
        ("200 ends among calls, 150 in handshakes",            "hosts::exits::hundreds_of_processes_end_in_the_midst_of_calls_and_handshakes"),
        ("nothing lost after a shutdown",                      "shutdown::valgrind_finds_no_error_and_nothing_lost_after_a_shutdown"),
        ("nothing definitely lost without",                    "threads::valgrind_finds_no_error_and_no_leak_in_sixty_four_threads"),
    ]},
    Scenario { number: 9, name: "no descriptors, threads, memory, system calls", promises: &[
        ("0 to 7 descriptors left, first use, warm and while a client is made; over TLS with a private CA too",
                                                               "hosts::scarcity::without_descriptors_a_call_says_so_and_recovers"),
        ("a started call stays described",                     "background::a_call_that_cannot_be_started_for_want_of_descriptors_stays_described"),
        ("no thread for work, callbacks, look-ups; no room for one",
                                                               "hosts::scarcity::without_a_thread_a_call_says_so_and_recovers"),
        ("certificates out of reach are not absent for good",  "hosts::roots::certificates_that_were_out_of_reach_for_want_of_descriptors_are_read_later"),
        ("system calls refused by seccomp",                    "hosts::scarcity::a_sandbox_that_refuses_system_calls_gets_a_status"),
    ]},
    Scenario { number: 10, name: "certificates of the system", promises: &[
        ("none: plain HTTP works, bundled ones serve and are told of",
                                                               "hosts::roots::a_system_without_certificates_gets_the_bundled_ones_and_is_told"),
        ("its own: read once, none added, a CA file besides",  "hosts::roots::a_systems_own_certificates_are_read_once_and_nothing_is_added_to_them"),
        ("unreadable is not absent",                           "hosts::roots::certificates_that_cannot_be_read_are_not_taken_for_absent"),
        ("variables that lead nowhere",                        "arguments::certificate_variables_must_lead_to_a_certificate_where_the_base_url_is_https"),
        ("variables that lead somewhere",                      "tls::the_certificates_of_ssl_cert_file_are_trusted"),
    ]},
    Scenario { number: 11, name: "panics", promises: &[
        ("on the caller's, the I/O and the callback thread: one call is internal, the next is good, no key on stderr",
                                                               "hosts::panics::a_panic_on_any_thread_ends_one_call_and_tells_no_secret"),
        ("whatever is thrown",                                 "src::ffi::string::a_panic_becomes_internal_whatever_it_throws"),
    ]},
    Scenario { number: 12, name: "a host that is asynchronous itself", promises: &[
        ("C functions in tasks of one thread",                 "hosts::runtimes::c_functions_may_be_called_inside_the_tasks_of_a_runtime_of_one_thread"),
        ("and of many",                                        "hosts::runtimes::c_functions_may_be_called_inside_the_tasks_of_a_runtime_of_many_threads"),
        ("Rust's functions",                                   "hosts::runtimes::calls_work_inside_an_asynchronous_runtime_of_the_host"),
        ("awaited there",                                      "rust::each_operation_is_awaited_on_the_programs_own_runtime"),
    ]},
    Scenario { number: 13, name: "what a process has only one of", promises: &[
        ("the environment is read in ik_client_new() alone",   "hosts::surroundings::the_environment_is_read_when_a_client_is_made_and_never_else"),
        ("setenv() all the while",                             "hosts::surroundings::a_host_may_change_the_environment_while_others_call"),
        ("errno",                                              "hosts::signals::masks_dispositions_and_errno_are_left_as_they_were"),
        ("deadlines, precisely",                               "deadlines::deadlines_are_kept_within_a_tenth_or_25_ms"),
        ("kept connections are asked after",                   "hosts::surroundings::idle_connections_are_kept_alive"),
        ("and left after half a minute",                       "hosts::surroundings::a_connection_that_is_idle_for_half_a_minute_is_left"),
        ("an allocator of the host's own",                     "hosts::surroundings::a_host_may_bring_an_allocator_of_its_own"),
        ("bodies are checked to their depth",        "faults::a_success_is_passed_on_byte_for_byte_or_refused"),
        ("and for what they are, UTF-8 included",              "faults::a_success_is_passed_on_byte_for_byte_or_refused"),
        ("nothing is repeated uncounted",                      "faults::a_broken_stream_or_connection_of_http2_is_told_and_repeated"),
        ("umask, folder, locale, arithmetic, stream modes",    "hosts::surroundings::folder_modes_locale_and_arithmetic_are_left_as_they_were"),
        ("chdir() after a relative CA file",                   "hosts::surroundings::a_ca_file_is_read_when_the_client_is_made_wherever_the_host_goes_afterwards"),
        ("SIGSTOP beyond a deadline",                          "hosts::surroundings::a_process_that_was_stopped_beyond_a_deadline_knows_at_once"),
    ]},
    Scenario { number: 14, name: "the key and proxies", promises: &[
        ("a proxy sees host, port and its own login only",     "faults::a_name_or_a_proxy_that_fails_is_told"),
        ("plain HTTP is never proxied by the environment",     "proxies::for_plain_http_the_variables_are_not_even_looked_at"),
        ("a proxy elsewhere and an http base URL are refused", "arguments::a_proxy_off_loopback_does_not_go_with_an_http_base_url"),
    ]},
    Scenario { number: 15, name: "cancelled threads, exceptions", promises: &[
        ("a deferred cancel during a call, then a good call",  "threads::a_cancelled_thread_ends_after_its_call"),
        ("one that is pending already",                        "threads::a_thread_that_is_cancelled_already_ends_after_its_call"),
        ("exceptions that stay with the host",                 "hosts::exceptions::exceptions_that_a_host_keeps_to_itself_harm_nothing"),
    ]},
];

#[test]
fn every_host_scenario_from_h1_to_h15_has_its_tests() {
    let numbers = SCENARIOS.iter().map(|scenario| scenario.number);
    assert!(numbers.eq(1..=15), "they are not H1 to H15");
    let tests = tests();
    let mut counted = BTreeSet::new();
    for scenario in SCENARIOS {
        assert!(!scenario.promises.is_empty(), "H{}", scenario.number);
        for (promise, test) in scenario.promises {
            assert!(
                tests.contains_key(*test),
                "H{}, {promise}: no test {test}",
                scenario.number
            );
            counted.insert(*test);
        }
        let (number, name) = (scenario.number, scenario.name);
        say(&format!(
            "H{number}: {name}, {} promises",
            scenario.promises.len()
        ));
    }
    say(&format!(
        "hosts: 15 scenarios, {} tests, of which {} run only when asked for",
        counted.len(),
        counted.iter().filter(|test| tests[**test]).count()
    ));
}

/// The tests of this suite and of the library's own modules with their paths, and whether each is left out
/// by default.
fn tests() -> BTreeMap<String, bool> {
    let left_out = tests_of_this_program(&["--ignored"]);
    let suite = tests_of_this_program(&[]).into_iter().map(|test| {
        let is_left_out = left_out.contains(&test);
        (test, is_left_out)
    });
    let mut found: BTreeMap<_, _> = suite.collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("a path in there");
        let module = inside.with_extension("");
        let module = module.to_str().expect("UTF-8").replace('/', "::");
        let text = fs::read_to_string(&path).expect("a source");
        for (name, is_left_out) in tests_in(&text) {
            found.insert(format!("src::{module}::{name}"), is_left_out);
        }
    }
    found
}

fn sources(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("a folder of sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let nested = paths.map(|path| match path.is_dir() {
        true => sources(&path),
        false => vec![path],
    });
    nested.flatten().collect()
}

fn tests_in(text: &str) -> Vec<(&str, bool)> {
    let (mut found, mut is_test, mut is_left_out) = (Vec::new(), false, false);
    for line in text.lines().map(str::trim_start) {
        if line == "#[test]" {
            (is_test, is_left_out) = (true, false);
        } else if line.starts_with("#[ignore") {
            is_left_out = true;
        } else if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
            let (name, _) = rest.split_once('(').expect("a function");
            found.push((name, is_left_out));
            is_test = false;
        }
    }
    found
}
