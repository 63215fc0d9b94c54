//! Compressed bodies, and limits of size.

use super::row::{Row, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
    ]
}
