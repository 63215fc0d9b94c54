//! HTTP/1.1 that is none, or an odd one.

use super::row::{Row, row};
use crate::script::Over::{H1, H2, Tls};
use crate::script::Step::Read;
use crate::script::said;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
        row(63, "200 with empty body").over(&[H1, Tls, H2])
            .does([Read, said(200, "", "")]).gives("invalid_response", 1).says("empty"),
    ]
}
