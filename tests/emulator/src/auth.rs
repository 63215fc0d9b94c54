//! HTTP Basic: the private key is the user name, the password is empty.

use axum::http::{HeaderMap, header};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::api_error::ApiError;

/// What a caller with the right key sends after `Basic`.
pub struct Credentials(String);

impl Credentials {
    pub fn new(private_key: &str) -> Credentials {
        Credentials(STANDARD.encode(format!("{private_key}:")))
    }

    pub fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let sent = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Basic"))
            .map(|(_, credentials)| credentials.trim())
            .ok_or(ApiError::NoKey)?;
        if sent == self.0 {
            Ok(())
        } else {
            Err(ApiError::WrongKey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Credentials;
    use crate::api_error::ApiError;
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn only_the_key_alone_opens() {
        for (sent, answer) in [
            ("Basic cHJpdmF0ZV9rZXk6", Ok(())), // private_key:
            ("basic cHJpdmF0ZV9rZXk6", Ok(())),
            ("Basic cHJpdmF0ZV9rZXk=", Err(ApiError::WrongKey)), // no colon
            ("Basic cHJpdmF0ZV9rZXk6eA==", Err(ApiError::WrongKey)), // a password
            ("Basic not base64", Err(ApiError::WrongKey)),
            ("Bearer cHJpdmF0ZV9rZXk6", Err(ApiError::NoKey)),
            ("private_key", Err(ApiError::NoKey)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(sent));
            assert_eq!(
                Credentials::new("private_key").check(&headers),
                answer,
                "{sent}"
            );
        }
        let nothing = Credentials::new("private_key").check(&HeaderMap::new());
        assert_eq!(nothing, Err(ApiError::NoKey));
    }
}
