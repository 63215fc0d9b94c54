//! What happens to every request, whatever it asks for: it is counted and named, its key and the
//! rate limit are checked, and its answer carries the headers that every answer carries.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api_error::ApiError;
use crate::compression::{accepts_gzip, compress};
use crate::state::{self, Quota};

pub async fn pass(
    State(state): State<Arc<state::State>>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = state.next_request_id();
    let wants_gzip = accepts_gzip(request.headers());

    let mut response = match admit(&state, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    if wants_gzip {
        response = compress(response).await;
    }
    if !state.delay.is_zero() {
        tokio::time::sleep(state.delay).await;
    }
    sign(&mut response, &request_id, &state.quota());
    response
}

/// The limit belongs to an account, so a request without the right key takes no place.
fn admit(state: &state::State, headers: &HeaderMap) -> Result<(), ApiError> {
    state.credentials.check(headers)?;
    if state.admit() {
        Ok(())
    } else {
        Err(ApiError::RateLimited)
    }
}

fn sign(response: &mut Response, request_id: &str, quota: &Quota) {
    let mut reset_ms = whole_ms(quota.until_free);
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        reset_ms = reset_ms.max(1); // a place may have become free since; 0 would be no wait at all
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", quota.limit.into()),
        ("x-ratelimit-interval", whole_ms(quota.interval)),
        ("x-ratelimit-reset", reset_ms),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-ik-requestid"), value);
    }
}

/// Rounded up: who waits this long has waited long enough.
fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
