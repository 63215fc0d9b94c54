//! What a server refuses with, and how long it asks to wait.

use super::row::{Row, row};

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    vec![
    ]
}
