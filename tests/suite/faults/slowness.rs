//! Servers that take their time.

use super::row::{Row, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
    ]
}
