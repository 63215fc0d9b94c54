//! gzip for those who accept it, where it is worth it.

use std::io::{self, Write};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::{Compression, write::GzEncoder};

/// Less than this fits into one packet anyway.
const WORTH_IT_BYTES: usize = 1024;

pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(is_gzip)
}

/// Whether one member of `Accept-Encoding` asks for gzip: `gzip`, `gzip;q=0.5`, not `gzip;q=0`.
fn is_gzip(member: &str) -> bool {
    let (coding, weight) = member.split_once(';').unwrap_or((member, "q=1"));
    let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
    coding.trim().eq_ignore_ascii_case("gzip") && weight.parse() != Ok(0.0)
}

/// Our bodies are whole and in memory, so taking one apart neither waits nor fails.
pub async fn compress(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if plain.len() < WORTH_IT_BYTES {
        return Response::from_parts(parts, Body::from(plain));
    }
    let Ok(packed) = gzip(&plain) else {
        return Response::from_parts(parts, Body::from(plain));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in [
        (header::CONTENT_ENCODING, "gzip"),
        (header::VARY, "Accept-Encoding"),
    ] {
        parts.headers.insert(name, HeaderValue::from_static(value));
    }
    Response::from_parts(parts, Body::from(packed))
}

/// As a server would that breaks its own answer: the checksum at the end is wrong.
pub async fn compress_badly(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let plain = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut packed = gzip(&plain).unwrap_or_default();
    let checksum = packed.len().saturating_sub(8);
    for byte in packed.iter_mut().skip(checksum).take(4) {
        *byte = !*byte;
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    let gzip = HeaderValue::from_static("gzip");
    parts.headers.insert(header::CONTENT_ENCODING, gzip);
    Response::from_parts(parts, Body::from(packed))
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::is_gzip;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        for (member, answer) in [
            ("gzip", true),
            (" GZIP ; q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(is_gzip(member), answer, "{member}");
        }
    }
}
