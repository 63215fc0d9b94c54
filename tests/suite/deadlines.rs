//! A call ends at its deadline, and hardly later. What else a slow server does is in the fault matrix.

use std::time::Duration;

use crate::calls::Calls;
use crate::script::Server;
use crate::script::Step::{Hold, Read};
use crate::support::in_parallel;

#[test]
fn deadlines_are_kept_within_a_tenth_or_25_ms() {
    in_parallel(&[1, 20, 100, 300, 2500], |&ms| {
        let server = Server::connections([vec![Read, Hold]]);
        let answer = Calls::to(&server.url()).number("--timeout-ms", ms).answer();
        assert_eq!(answer.status, "timeout", "{answer:?}");
        answer.expect_at(Duration::from_millis(ms));
    });
}
