//! What the emulator saw, for those who compare it with what they did. The API has no such thing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::Shared;
use crate::api_error::{ApiError, json};

#[derive(Serialize)]
struct Counts {
    /// This one included.
    requests: u64,
    connections: u64,
    faults: BTreeMap<String, u64>,
}

pub async fn show(State(state): Shared) -> Result<Response, ApiError> {
    let faults = state.faults.as_ref().ok_or(ApiError::NoSuchRoute)?;
    let counts = Counts {
        requests: state.requests.load(Ordering::Relaxed),
        connections: state.connections.load(Ordering::Relaxed),
        faults: faults.counts(),
    };
    Ok(json(StatusCode::OK, &counts))
}
