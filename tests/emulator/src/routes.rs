//! The endpoints. Adding one is a line in `router` and its handler.

mod counts;
mod files;
mod upload;
mod versions;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};

use crate::api_error::ApiError;
use crate::{gate, state};

/// The API has another host for it, with no rate limit.
pub const UPLOAD: &str = "/api/v1/files/upload";

type Shared = State<Arc<state::State>>;

#[rustfmt::skip]
pub fn router(state: Arc<state::State>) -> Router {
    Router::new()
        .route("/v1/files", get(files::list))
        .route("/v1/files/{file_id}/versions", get(versions::list))
        .route("/v1/files/{file_id}/versions/{version_id}", get(versions::details).delete(versions::delete))
        .route("/v1/files/{file_id}/versions/{version_id}/restore", put(versions::restore))
        .route(UPLOAD, post(upload::upload))
        .route("/emulator", get(counts::show))
        .fallback(async || ApiError::NoSuchRoute)
        .method_not_allowed_fallback(async || ApiError::NoSuchMethod)
        .layer(from_fn_with_state(Arc::clone(&state), gate::pass))
        .with_state(state)
}
