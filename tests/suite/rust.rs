//! The same operations for Rust programs, as async methods, over the same code.

use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use imagekit::{Client, Config, Error, Status, operation};
use imagekit_emulator::{Emulator, Options};
use serde_json::Value;

use crate::script::{Server, Step, answer, ok};

/// How long any test here may take, and is far from taking.
const LIMIT: Duration = Duration::from_secs(20);

fn client(url: &str, key: &str) -> Client {
    let mut config = Config::default();
    config.set_private_key(key).expect("a key");
    config.set_base_url(url).expect("a URL");
    config.set_proxy("").expect("no proxy");
    Client::new(&config).expect("a client")
}

fn json(answer: Result<Vec<u8>, Error>) -> Value {
    serde_json::from_slice(&answer.expect("an answer")).expect("JSON")
}

/// On a runtime of the program's own, in bounded time.
fn run<T>(work: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().expect("a runtime");
    let done = runtime.block_on(async { tokio::time::timeout(LIMIT, work).await });
    done.expect("an end in time")
}

#[test]
fn each_operation_is_awaited_on_the_programs_own_runtime() {
    let emulator = Emulator::start(Options::default()).expect("an emulator");
    let client = client(&emulator.base_url(), emulator.private_key());
    let file_id = emulator.file_ids()[0].clone();
    run(async {
        let versions = json(client.get_file_versions(&file_id).await);
        let id = |index: usize| {
            versions[index]["versionInfo"]["id"]
                .as_str()
                .expect("an id")
        };
        let (current, older) = (id(0), id(1));

        let details = json(client.get_file_version_details(&file_id, older).await);
        assert_eq!(details["versionInfo"]["id"], older);
        let refused = client.delete_file_version(&file_id, current).await;
        assert_eq!(
            refused.expect_err("it is current").status,
            Status::BadRequest
        );
        let restored = json(client.restore_file_version(&file_id, older).await);
        assert_eq!(restored["versionInfo"]["id"], older);
        let deleted = json(client.delete_file_version(&file_id, current).await);
        assert_eq!(deleted, serde_json::json!({}));
        let left = json(client.get_file_versions(&file_id).await);
        assert_eq!(left[0]["versionInfo"]["id"], older);
    });
}

#[test]
fn a_call_that_is_dropped_is_cancelled_and_its_connection_with_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its number"));
    let client = client(&url, "k");
    let asked = operation::get_file_versions("6a1b").expect("an operation");
    let answering = client.send(asked).expect("a call that runs");
    let (mut connection, _) = listener.accept().expect("a connection");
    connection.set_read_timeout(Some(LIMIT)).expect("a bound");
    let mut some = [0; 4096];
    assert!(connection.read(&mut some).expect("a request") > 0);
    drop(answering);
    while connection.read(&mut some).expect("its end, in time") > 0 {}
}

#[test]
fn failures_come_as_errors_and_bad_arguments_before_anything_is_sent() {
    let server = Server::answers([answer(
        404,
        "x-ik-requestId: r1\r\n",
        r#"{"message":"gone"}"#,
    )]);
    let client = client(&server.url(), "k");
    run(async {
        let error = client.get_file_versions("").await.expect_err("no id");
        assert_eq!(error.status, Status::InvalidArgument);
        assert_eq!(server.connection_count(), 0);
        let error = client.get_file_versions("6a1b").await.expect_err("unknown");
        assert_eq!((error.status, &*error.message), (Status::NotFound, "gone"));
    });
}

#[test]
fn many_are_awaited_together_on_one_thread() {
    let server = Server::deciding(|_, _| vec![Step::PauseMs(50), Step::Send(ok("[]"))]);
    let client = client(&server.url(), "k");
    run(async {
        let (a, b, c) = tokio::join!(
            client.get_file_versions("a"),
            client.get_file_versions("b"),
            client.get_file_versions("c"),
        );
        assert!(
            [a, b, c]
                .into_iter()
                .all(|one| one.expect("an answer") == b"[]")
        );
    });
    assert_eq!(server.connection_count(), 3, "they were open at once");
}
