//! What the fuzz targets look at from inside. In no build but theirs.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Version};

use super::Client;
use super::call::{Audience, Call, Clock};
use super::description::Description;
use super::operation::Operation;
use crate::primitives::error::Error;
use crate::transport::http::Head;

/// Where a described call would be sent.
pub fn url_of(description: &Description) -> &str {
    description.url.as_str()
}

/// The headers that were set for a described call.
pub fn headers_of(description: &Description) -> &HeaderMap {
    &description.headers
}

/// What comes of a success with this body: as its only owner takes it, or as two others are told of it.
///
/// # Errors
/// Where the operation cannot be described.
pub fn answered(
    client: &Client,
    operation: &Operation,
    http_status: StatusCode,
    body: &[u8],
    is_taken: bool,
) -> Result<Vec<Result<Vec<u8>, Error>>, Error> {
    let description = Arc::new(client.describe(operation.clone())?);
    let audience = match is_taken {
        true => Audience::One,
        false => Audience::All,
    };
    let call = Call::new(description, audience, Clock::AtOnce, None);
    call.record().metadata.head = Some(Head {
        status: http_status.as_u16(),
        version: Version::HTTP_11,
        headers: HeaderMap::new(),
    });
    call.finish(Ok(body.to_vec()));
    let told = || call.result().map(<[u8]>::to_vec);
    Ok(match is_taken {
        true => vec![call.take()],
        false => vec![told(), told()],
    })
}
