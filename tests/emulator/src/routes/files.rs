//! The list of files.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::Shared;
use crate::api_error::{ApiError, json};
use crate::document;
use crate::listing::Listing;

pub async fn list(State(state): Shared, RawQuery(query): RawQuery) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let listing = Listing::parse(&query).map_err(ApiError::Malformed)?;
    let library = state.library();
    let files = listing.page(library.files());
    let shown: Vec<_> = files
        .map(|file| document::file_version(file, file.current()))
        .collect();
    Ok(json(StatusCode::OK, &shown))
}
