//! Answers that are no success, in the API's own words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const HELP: &str = "For support kindly contact us at support@imagekit.io.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    InvalidFileId,
    NoKey,
    WrongKey,
    NoSuchFile,
    NoSuchRoute,
    NoSuchMethod,
    RateLimited,
}

#[derive(Serialize)]
struct Document {
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
}

impl ApiError {
    #[rustfmt::skip]
    fn status_and_message(self) -> (StatusCode, &'static str) {
        match self {
            ApiError::InvalidFileId => (StatusCode::BAD_REQUEST, "Your request contains invalid fileId parameter."),
            ApiError::NoKey         => (StatusCode::UNAUTHORIZED, "Your request does not contain private API key."),
            ApiError::WrongKey      => (StatusCode::FORBIDDEN, "Your account cannot be authenticated."),
            ApiError::NoSuchFile    => (StatusCode::NOT_FOUND, "The requested file does not exist."),
            ApiError::NoSuchRoute   => (StatusCode::NOT_FOUND, "The requested resource does not exist."),
            ApiError::NoSuchMethod  => (StatusCode::METHOD_NOT_ALLOWED, "The requested resource does not allow this method."),
            ApiError::RateLimited   => (StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded. Please try again later."),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, message) = self.status_and_message();
        let help = (self != ApiError::RateLimited).then_some(HELP);
        json(status, &Document { message, help })
    }
}

/// An answer with a JSON body.
pub fn json(status: StatusCode, document: &impl Serialize) -> Response {
    match serde_json::to_vec(document) {
        Ok(body) => (
            status,
            [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
            body,
        )
            .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
