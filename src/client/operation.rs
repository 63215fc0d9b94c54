//! The catalogue of operations: what is asked of ImageKit, not how it is sent.

use reqwest::Method;

use crate::primitives::error::Error;
use crate::primitives::json::Shape;
use crate::primitives::path::Path;

/// One request to the API, described.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its method.
    pub(crate) method: Method,
    /// Its path below the base URL.
    pub(crate) path: Path,
    /// What its answer is.
    pub(crate) shape: Shape,
}

impl Operation {
    /// May it be sent again when nobody knows whether the server acted?
    pub(crate) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }
}

/// The versions of a file, the current one included: an array, `GET /v1/files/{fileId}/versions`.
///
/// # Errors
/// `invalid_argument` where `file_id` is empty, `.`, `..`, longer than 256 bytes or contains a
/// control character.
pub fn get_file_versions(file_id: &str) -> Result<Operation, Error> {
    Ok(Operation {
        method: Method::GET,
        path: file(file_id)?.word("versions"),
        shape: Shape::Array,
    })
}

fn file(file_id: &str) -> Result<Path, Error> {
    Path::v1().word("files").id("file_id", file_id)
}
