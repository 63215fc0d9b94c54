//! The endpoints. Adding one is a line in `router` and its handler.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;

use crate::api_error::{ApiError, json};
use crate::library::Library;
use crate::{document, gate, library, state};

type Shared = State<Arc<state::State>>;
/// A path's id, percent-decoded; an error where it does not decode to UTF-8.
type Id = Result<Path<String>, PathRejection>;

pub fn router(state: Arc<state::State>) -> Router {
    Router::new()
        .route("/v1/files/{file_id}/versions", get(get_file_versions))
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::NoSuchMethod)
        .layer(from_fn_with_state(Arc::clone(&state), gate::pass))
        .with_state(state)
}

async fn get_file_versions(State(state): Shared, file_id: Id) -> Result<Response, ApiError> {
    let library = state.library();
    let file = find(&library, file_id)?;
    Ok(json(StatusCode::OK, &document::file_versions(file)))
}

fn find(library: &Library, file_id: Id) -> Result<&library::File, ApiError> {
    let Path(file_id) = file_id.map_err(|_| ApiError::InvalidFileId)?;
    if !is_object_id(&file_id) {
        return Err(ApiError::InvalidFileId);
    }
    library.file(&file_id).ok_or(ApiError::NoSuchFile)
}

/// Real ids are 24 hexadecimal characters.
fn is_object_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}
