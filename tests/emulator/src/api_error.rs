//! Answers that are no success, in the API's own words.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const HELP: &str = "For support kindly contact us at support@imagekit.io.";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    InvalidFileId,
    InvalidVersionId,
    CurrentVersion,
    NoKey,
    WrongKey,
    NoSuchFile,
    NoSuchVersion,
    NoSuchRoute,
    NoSuchMethod,
    RateLimited,
    /// In words of our own: the API's are not known, or it would take the request.
    Malformed(String),
    /// By a fault.
    AskedFor(StatusCode),
}

#[derive(Serialize)]
struct Document<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'static str>,
}

impl ApiError {
    #[rustfmt::skip]
    fn status_and_message(&self) -> (StatusCode, &str) {
        match self {
            ApiError::InvalidFileId    => (StatusCode::BAD_REQUEST, "Your request contains invalid fileId parameter."),
            ApiError::InvalidVersionId => (StatusCode::BAD_REQUEST, "Your request contains invalid versionId parameter."),
            ApiError::CurrentVersion   => (StatusCode::BAD_REQUEST, "You cannot delete current version of a file."),
            ApiError::NoKey            => (StatusCode::UNAUTHORIZED, "Your request does not contain private API key."),
            ApiError::WrongKey         => (StatusCode::FORBIDDEN, "Your account cannot be authenticated."),
            ApiError::NoSuchFile       => (StatusCode::NOT_FOUND, "The requested file does not exist."),
            ApiError::NoSuchVersion    => (StatusCode::NOT_FOUND, "The requested file version does not exist."),
            ApiError::NoSuchRoute      => (StatusCode::NOT_FOUND, "The requested resource does not exist."),
            ApiError::NoSuchMethod     => (StatusCode::METHOD_NOT_ALLOWED, "The requested resource does not allow this method."),
            ApiError::RateLimited      => (StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded. Please try again later."),
            ApiError::Malformed(why)   => (StatusCode::BAD_REQUEST, why),
            ApiError::AskedFor(status) => (*status, "This status was asked for."),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, message) = self.status_and_message();
        let help = (status != StatusCode::TOO_MANY_REQUESTS).then_some(HELP);
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
