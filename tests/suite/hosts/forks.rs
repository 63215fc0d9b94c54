//! fork() and its relatives: a client works in parent and child, on connections of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use super::{CANNOT_RUN, against, emulator, to_server};
use crate::script::{Request, Server, answer, ok, send};
use crate::support::{Run, c_program, in_parallel, leave_out, shared_object};

/// Answers every request with the id that it asks for, which is the name of the process that asks.
fn register() -> Server {
    Server::deciding(|_, request| {
        let process = process_of(request);
        vec![send(ok(format!(r#"[{{"fileId":"{process}"}}]"#)))]
    })
}

fn process_of(request: &Request) -> String {
    let path = request.line().split(' ').nth(1).unwrap_or_default();
    let id = path
        .strip_prefix("/v1/files/")
        .and_then(|rest| rest.strip_suffix("/versions"));
    id.unwrap_or_else(|| panic!("an odd request: {path}"))
        .to_owned()
}

/// How often each process asked. No two of them ever used the same connection, and none more than
/// one.
fn requests_by_process(server: &Server) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for request in server.requests() {
        let process = process_of(&request);
        pairs.insert((request.connection, process.clone()));
        *counts.entry(process).or_insert(0) += 1;
    }
    assert_eq!(
        pairs.len(),
        server.connection_count(),
        "a shared connection: {pairs:?}"
    );
    assert_eq!(
        pairs.len(),
        counts.len(),
        "more connections than processes: {pairs:?}"
    );
    counts
}

fn counts(parent: usize, children: impl IntoIterator<Item = usize>) -> BTreeMap<String, usize> {
    let counts = [parent].into_iter().chain(children).enumerate();
    counts
        .map(|(number, count)| (format!("process-{number}"), count))
        .collect()
}

#[test]
fn a_client_used_before_fork_works_in_eight_children_and_the_parent_at_once() {
    let server = register();
    to_server(&server, "fork", "family").run().expect_ok();
    assert_eq!(requests_by_process(&server), counts(52, [50; 8]));
}

#[test]
fn a_client_used_before_fork_works_in_all_processes_over_tls() {
    let emulator = emulator(true);
    against(&emulator, "fork", "family").run().expect_ok();
    assert_eq!(emulator.connections(), 9, "one for each process");
    assert_eq!(emulator.requests(), 452);
}

#[test]
fn a_master_that_only_configured_forks_workers_that_send() {
    let server = register();
    to_server(&server, "fork", "master").run().expect_ok();
    assert_eq!(requests_by_process(&server), counts(1, [5; 8]));

    let emulator = emulator(true);
    against(&emulator, "fork", "master").run().expect_ok();
    assert_eq!(emulator.connections(), 9, "one for each process");
}

#[test]
fn a_child_that_frees_what_it_inherited_leaves_the_parents_connection() {
    let server = register();
    to_server(&server, "fork", "inherited").run().expect_ok();
    assert_eq!(requests_by_process(&server), counts(3, [1]));

    let emulator = emulator(true);
    against(&emulator, "fork", "inherited").run().expect_ok();
    assert_eq!(emulator.connections(), 2, "the parent's and the child's");
}

#[test]
fn a_client_is_handed_down_through_generations_of_processes() {
    let server = register();
    to_server(&server, "fork", "generations").run().expect_ok();
    assert_eq!(requests_by_process(&server), counts(2, [2; 5]));
}

#[test]
fn children_are_noticed_that_no_fork_handler_sees() {
    let server = register();
    to_server(&server, "fork", "unannounced").run().expect_ok();
    let counted = requests_by_process(&server);
    assert_eq!(counted.get("process-1"), Some(&3), "{counted:?}");
    assert_eq!(
        counted.get("process-0"),
        Some(&(counted.len() + 1)),
        "{counted:?}"
    );
}

#[test]
fn children_are_noticed_where_the_system_only_says_that_it_would_empty_the_page() {
    let yes_sayer = shared_object("yes_sayer", &[]);
    for part in ["family", "unannounced"] {
        let server = register();
        let run = to_server(&server, "fork", part).env("LD_PRELOAD", &yes_sayer);
        run.run().expect_ok();
        requests_by_process(&server);
    }
}

#[test]
fn children_are_noticed_that_have_their_parents_number() {
    let server = register();
    let seen = to_server(&server, "fork", "namespaces").run();
    if seen.code == Some(CANNOT_RUN) {
        return leave_out("children with their parent's number", seen.stdout.trim());
    }
    seen.expect_ok();
    assert_eq!(requests_by_process(&server), counts(2, [2, 1]));
}

#[test]
fn forks_while_threads_are_inside_the_library_hang_nobody() {
    let emulator = emulator(false);
    against(&emulator, "fork_busy", "").run().expect_ok();
    assert!(emulator.requests() > 400, "{}", emulator.requests()); // two of each child
}

#[test]
fn forks_while_threads_change_and_use_a_config_hang_nobody() {
    c_program("fork_config").command().run().expect_ok();
}

#[test]
fn forks_while_threads_log_to_standard_error_hang_nobody() {
    let emulator = emulator(false);
    let run = against(&emulator, "fork_busy", "").env("IMAGE_KIT_LOG", "debug");
    let seen = run.arg("--forks").arg("40").run().expect_ok();
    assert!(seen.stderr.contains("libimagekit info:"), "{seen:?}");
}

fn moment(part: &str) -> Run {
    c_program("fork_moments").command().arg(part)
}

#[test]
fn fork_waits_while_a_runtime_is_made_and_the_child_works() {
    moment("during-construction").run().expect_ok();
}

#[test]
fn an_idle_child_outlives_its_parent_and_works() {
    moment("parent-ends").run().expect_ok();
}

#[test]
fn another_program_inherits_no_descriptor() {
    in_parallel(&[false, true], |&tls| {
        let emulator = emulator(tls);
        let run = against(&emulator, "fork_moments", "become-another");
        let seen = run.run().expect_ok();
        assert_eq!(seen.stdout, "", "{seen:?}");
    });
}

#[test]
fn workers_of_one_master_do_not_retry_in_step() {
    let attempts = Mutex::new(BTreeMap::new());
    let server = Server::deciding(move |_, request| {
        let process = process_of(request);
        let mut attempts = attempts.lock().expect("the attempts");
        let attempt = attempts.entry(process.clone()).or_insert(0);
        *attempt += 1;
        match *attempt {
            1 => vec![send(answer(503, "", "{}"))],
            _ => vec![send(ok(format!(r#"[{{"fileId":"{process}"}}]"#)))],
        }
    });
    let seen = to_server(&server, "fork_moments", "pauses")
        .run()
        .expect_ok();
    let took = seen
        .stdout
        .lines()
        .map(|line| line.parse::<i64>().expect("ms"));
    let took = took.collect::<Vec<_>>();
    let (least, most) = (took.iter().min(), took.iter().max());
    let spread = most.zip(least).map(|(most, least)| most - least);
    assert!(took.len() == 8 && spread > Some(40), "{took:?}");
}
