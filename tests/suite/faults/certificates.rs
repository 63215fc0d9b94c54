//! Who is not to be trusted, and handshakes that fail.

use super::row::{Row, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
    ]
}
