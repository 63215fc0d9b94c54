//! The versions of a file.

use std::sync::Arc;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::Shared;
use crate::api_error::{ApiError, json};
use crate::file::Undeletable;
use crate::library::Library;
use crate::{document, faults, state};

pub async fn list(State(state): Shared, FileId(id): FileId) -> Result<Response, ApiError> {
    if state.faults.is_some() && faults::is_made_up(&id) {
        let file = Library::made_up(id);
        return Ok(json(StatusCode::OK, &document::file_versions(&file)));
    }
    let library = state.library();
    let file = library.file(&id).ok_or(ApiError::NoSuchFile)?;
    Ok(json(StatusCode::OK, &document::file_versions(file)))
}

pub async fn details(State(state): Shared, ids: Ids) -> Result<Response, ApiError> {
    let library = state.library();
    let file = library.file(&ids.file).ok_or(ApiError::NoSuchFile)?;
    let version = file.version(&ids.version).ok_or(ApiError::NoSuchVersion)?;
    Ok(json(StatusCode::OK, &document::file_version(file, version)))
}

pub async fn delete(State(state): Shared, ids: Ids) -> Result<StatusCode, ApiError> {
    let mut library = state.library();
    let file = library.file_mut(&ids.file).ok_or(ApiError::NoSuchFile)?;
    match file.delete(&ids.version) {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(Undeletable::Unknown) => Err(ApiError::NoSuchVersion),
        Err(Undeletable::Current) => Err(ApiError::CurrentVersion),
    }
}

pub async fn restore(State(state): Shared, ids: Ids) -> Result<Response, ApiError> {
    let mut library = state.library();
    let file = library.file_mut(&ids.file).ok_or(ApiError::NoSuchFile)?;
    if !file.restore(&ids.version) {
        return Err(ApiError::NoSuchVersion);
    }
    let restored = document::file_version(file, file.current());
    Ok(json(StatusCode::OK, &restored))
}

/// A path's id, percent-decoded.
pub struct FileId(String);

pub struct Ids {
    file: String,
    version: String,
}

impl FromRequestParts<Arc<state::State>> for FileId {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &Arc<state::State>,
    ) -> Result<FileId, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        let Path(id): Path<String> = path.map_err(undecodable)?;
        if state.faults.is_none() || !faults::is_made_up(&id) {
            check(&id, ApiError::InvalidFileId)?;
        }
        Ok(FileId(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Ids, ApiError> {
        let path = Path::from_request_parts(parts, state).await;
        let Path((file, version)): Path<(String, String)> = path.map_err(undecodable)?;
        check(&file, ApiError::InvalidFileId)?;
        check(&version, ApiError::InvalidVersionId)?;
        Ok(Ids { file, version })
    }
}

/// Real ids are 24 hexadecimal characters.
fn check(id: &str, refusal: ApiError) -> Result<(), ApiError> {
    if id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(())
    } else {
        Err(refusal)
    }
}

/// An id that is no UTF-8.
fn undecodable(rejection: PathRejection) -> ApiError {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return ApiError::InvalidFileId;
    };
    match error.kind() {
        ErrorKind::InvalidUtf8InPathParam { key } if key == "version_id" => {
            ApiError::InvalidVersionId
        }
        _ => ApiError::InvalidFileId,
    }
}
