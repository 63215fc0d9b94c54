//! The fault matrix: what a network or a server does, and what must come of it. A row reads like a line
//! of a table. Whatever it does, its call is answered in time, with a whole document and without the
//! key, leaves nothing open, and the next call on the same client is a good one.

mod bodies; // successes whose bodies are no list, or an odd one
mod certificates; // who is not to be trusted, and handshakes that fail
mod connection; // connections that are refused, reset, cut
mod encodings; // compressed bodies, and limits of size
mod floods; // servers that never stop, and whom else they cost anything
mod frames; // HTTP/2 that ends or breaks its rules
mod names; // look-ups, networks and proxies
mod openssl; // a server that is older or weaker than ours can be
mod peer; // those at the other end
mod pool; // connections that are used again
mod proxy; // proxies, and servers behind them
mod resolver; // names with addresses that rows choose
mod row; // how a row reads
mod said; // what rows have servers say
mod slowness; // servers that take their time
mod statuses; // what a server refuses, and how long it asks to wait
mod syntax; // HTTP/1.1 that is none, or an odd one
mod trial; // how a row runs

use std::collections::BTreeMap;

use crate::support::{leave_out, say};
use row::Row;
use trial::run;

/// A section is a test, so that sections run side by side and a failure names its own.
macro_rules! sections {
    ($($section:ident: $promise:ident,)*) => {
        $(#[test] fn $promise() { run(&$section::rows()); })*

        fn all() -> Vec<Row> {
            [$($section::rows()),*].concat()
        }
    };
}

sections! {
    connection: a_lost_connection_is_told_and_repeated,
    slowness: a_slow_server_costs_a_call_its_deadline_and_no_more,
    syntax: an_answer_that_is_no_http_is_a_lost_connection,
    statuses: a_refusal_has_its_status_whatever_comes_with_it,
    bodies: a_success_is_passed_on_byte_for_byte_or_refused,
    encodings: a_body_is_decoded_within_its_limit_or_refused,
    certificates: a_server_that_cannot_be_trusted_gets_no_request,
    frames: a_broken_stream_or_connection_of_http2_is_told_and_repeated,
    floods: a_flood_costs_nobody_but_its_own_caller,
    pool: a_connection_that_is_used_again_is_good_or_replaced,
    names: a_name_or_a_proxy_that_fails_is_told,
}

#[test]
fn every_number_has_its_row() {
    const LAST: u16 = 205;
    let mut cases = BTreeMap::<u16, usize>::new();
    for row in all() {
        let count = cases.entry(row.number).or_default();
        match &row.obstacle {
            None => *count += row.case_count(),
            Some(why) => leave_out(&format!("F{:02}", row.number), why),
        }
    }
    let rows = cases.values().filter(|count| **count > 0).count();
    let sum = cases.values().sum::<usize>();
    say(&format!("fault matrix: {rows} rows, {sum} cases"));
    let missing: Vec<_> = (1..=LAST).filter(|row| !cases.contains_key(row)).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}
