//! What happens to every request, whatever it asks for: it is counted and named, its key and the
//! rate limit are checked, and its answer carries the headers that every answer carries.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api_error::ApiError;
use crate::compression::{accepts_gzip, compress, compress_badly};
use crate::faults::Fault;
use crate::state::{self, Quota};
use crate::wire::Line;
use crate::{breakage, drip, routes};

pub async fn pass(
    State(state): State<Arc<state::State>>,
    Extension(line): Extension<Arc<Line>>,
    request: Request,
    next: Next,
) -> Response {
    let request_id = state.next_request_id();
    let wants_gzip = accepts_gzip(request.headers());

    let (mut response, fault) = match admit(&state, &request) {
        Ok(mut fault) => match fault.answer.take() {
            None => (next.run(request).await, fault),
            Some(answer) => (answer.into_response(), fault),
        },
        Err(refusal) => (refusal.into_response(), Fault::default()),
    };
    if fault.bad_gzip {
        response = compress_badly(response).await;
    } else if wants_gzip {
        response = compress(response).await;
    }
    let delay = state.delay + fault.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    sign(&mut response, &request_id, &state.quota());
    if fault.cut.is_some() {
        line.end_in(fault.ending);
    }
    if !fault.drip.is_zero() {
        response = drip::slow(response, fault.drip).await;
    }
    match fault.cut {
        None => response,
        Some(cut) => breakage::cut(response, cut, line).await,
    }
}

/// The limit belongs to an account, so a request without the right key takes no place.
fn admit(state: &state::State, request: &Request) -> Result<Fault, ApiError> {
    state.credentials.check(request.headers())?;
    let is_exempt = request.uri().path() == routes::UPLOAD;
    if !is_exempt && !state.admit() {
        return Err(ApiError::RateLimited);
    }
    match &state.faults {
        None => Ok(Fault::default()),
        Some(faults) => faults.of(request.headers(), request.uri().path()),
    }
}

fn sign(response: &mut Response, request_id: &str, quota: &Quota) {
    let mut reset_ms = whole_ms(quota.until_free);
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        reset_ms = reset_ms.max(1); // a place may have become free since; 0 would be no wait at all
    }
    let headers = response.headers_mut();
    let is_timed = headers.contains_key(RETRY_AFTER); // one time to wait, not two
    for (name, value) in [
        ("x-ratelimit-limit", quota.limit.into()),
        ("x-ratelimit-interval", whole_ms(quota.interval)),
        ("x-ratelimit-reset", reset_ms),
    ] {
        if is_timed && name == "x-ratelimit-reset" {
            continue;
        }
        let header = headers.entry(HeaderName::from_static(name));
        header.or_insert(HeaderValue::from(value)); // a fault may have asked for another
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-ik-requestid"), value);
    }
}

/// Rounded up: who waits this long has waited long enough.
fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
