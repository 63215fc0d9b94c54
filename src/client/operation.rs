//! The catalogue of operations: what is asked of ImageKit, not how it is sent.

use reqwest::Method;

use crate::primitives::error::Error;
use crate::primitives::json::{self, Shape};
use crate::primitives::path::Path;

/// One request to the API, described.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its method.
    pub(crate) method: Method,
    /// Its path below the base URL.
    pub(crate) path: Path,
    /// Its body, JSON.
    pub(crate) body: Option<String>,
    /// What its answer is.
    pub(crate) answer: Shape,
    /// Is an answer without a body one as well? It then reads `{}`.
    pub(crate) may_be_empty: bool,
}

impl Operation {
    fn new(method: Method, path: Path, answer: Shape) -> Operation {
        Operation {
            method,
            path,
            body: None,
            answer,
            may_be_empty: false,
        }
    }

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
    let path = file(file_id)?.word("versions");
    Ok(Operation::new(Method::GET, path, Shape::Array))
}

/// One version of a file: an object, `GET /v1/files/{fileId}/versions/{versionId}`.
///
/// # Errors
/// As [`get_file_versions`], for either id.
pub fn get_file_version_details(file_id: &str, version_id: &str) -> Result<Operation, Error> {
    let path = version(file_id, version_id)?;
    Ok(Operation::new(Method::GET, path, Shape::Object))
}

/// Deletes a version that is not the current one: `DELETE /v1/files/{fileId}/versions/{versionId}`.
/// Repeating it after a lost connection may find it gone: `not_found`, with more than one attempt.
///
/// # Errors
/// As [`get_file_versions`], for either id.
pub fn delete_file_version(file_id: &str, version_id: &str) -> Result<Operation, Error> {
    let path = version(file_id, version_id)?;
    Ok(Operation {
        may_be_empty: true,
        ..Operation::new(Method::DELETE, path, Shape::Any)
    })
}

/// Makes an older version the current one: an object,
/// `PUT /v1/files/{fileId}/versions/{versionId}/restore`. Repeating it changes nothing.
///
/// # Errors
/// As [`get_file_versions`], for either id.
pub fn restore_file_version(file_id: &str, version_id: &str) -> Result<Operation, Error> {
    let path = version(file_id, version_id)?.word("restore");
    Ok(Operation::new(Method::PUT, path, Shape::Object))
}

/// Any other request of the API: any JSON, `{}` where the answer has no body.
///
/// # Errors
/// `invalid_argument` where `body_json` is no JSON.
pub fn request(method: Method, path: Path, body_json: Option<&str>) -> Result<Operation, Error> {
    if let Some(body) = body_json {
        json::check(body.as_bytes(), Shape::Any)
            .map_err(|why| Error::invalid_argument(format!("body_json cannot be sent: {why}")))?;
    }
    Ok(Operation {
        body: body_json.map(str::to_owned),
        may_be_empty: true,
        ..Operation::new(method, path, Shape::Any)
    })
}

/// The method of this name, exactly.
///
/// # Errors
/// `invalid_argument` where it is none of GET, POST, PUT, PATCH and DELETE.
pub fn method(name: &str) -> Result<Method, Error> {
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let found = known.into_iter().find(|known| known.as_str() == name);
    found.ok_or_else(|| {
        Error::invalid_argument(
            "method is none of GET, POST, PUT, PATCH and DELETE: pass one of them, in capitals",
        )
    })
}

fn file(file_id: &str) -> Result<Path, Error> {
    Path::v1().word("files").id("file_id", file_id)
}

fn version(file_id: &str, version_id: &str) -> Result<Path, Error> {
    let versions = file(file_id)?.word("versions");
    versions.id("version_id", version_id)
}
