//! What the fuzz targets have in common.

pub mod answers;
pub mod calls;
pub mod environment;
pub mod json;
