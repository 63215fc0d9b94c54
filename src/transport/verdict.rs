//! What TLS holds against a server, in words: what is wrong, and what to do where that is known.

use std::time::{Duration, SystemTime};

use httpdate::fmt_http_date;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// The first second for which there is no date of HTTP, that of the year 10 000.
const END_OF_DATES: u64 = 253_402_300_800;

/// The verdict in words.
pub fn explain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => explain_certificate(why)
            .unwrap_or_else(|| format!("the server's certificate cannot be used ({why})")),
        Error::InvalidMessage(_) => format!(
            "the answer is not TLS ({error}): is this an http port rather than an https one?"
        ),
        Error::AlertReceived(alert) => {
            let name = name(*alert);
            let advice = advice(*alert);
            format!("the server broke off the handshake with the alert {name}{advice}")
        }
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => format!("the server chose another protocol version: {VERSIONS}"),
        _ => error.to_string(),
    }
}

const VERSIONS: &str = "it has to speak TLS 1.2 or 1.3";

/// `None` where the name of the error has to do.
fn explain_certificate(error: &CertificateError) -> Option<String> {
    Some(match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the server's certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the server's certificate is not valid before {}",
            date(*not_before)
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names = match &presented[..] {
                [] => "no name at all".to_owned(),
                names => names.join(", "),
            };
            let expected = expected.to_str();
            format!("the server's certificate is not for {expected}, only for {names} (wrong host)")
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate is from nobody who is trusted here (unknown issuer): if it is \
             your own authority's, set ca_file to that authority's certificate"
                .to_owned()
        }
        CertificateError::BadSignature => {
            "a signature of the server or its certificate is wrong, or made with a key that is too short"
                .to_owned()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the server's certificate is signed with an algorithm that is too weak, or unknown"
                .to_owned()
        }
        error if is_ca_as_server(error) => {
            "the server presents a CA certificate used as a server certificate: issue a server \
             certificate from it"
                .to_owned()
        }
        _ => return None,
    })
}

fn is_ca_as_server(error: &CertificateError) -> bool {
    let CertificateError::Other(other) = error else {
        return false;
    };
    let cause = other.0.downcast_ref::<webpki::Error>();
    matches!(cause, Some(webpki::Error::CaUsedAsEndEntity))
}

fn date(time: UnixTime) -> String {
    let seconds = time.as_secs();
    let date = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    match date.filter(|_| seconds < END_OF_DATES) {
        Some(date) => fmt_http_date(date),
        None => format!("second {seconds} of the Unix epoch"),
    }
}

/// In TLS 1.3 a server's verdict on the client's certificate comes after the handshake.
pub fn is_certificate_alert(error: &Error) -> bool {
    matches!(
        error,
        Error::AlertReceived(
            AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
        )
    )
}

/// An alert's name in the standard, or its number.
fn name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnrecognisedName => return "unrecognized_name".to_owned(),
        AlertDescription::UnknownCA => return "unknown_ca".to_owned(),
        AlertDescription::UnknownPSKIdentity => return "unknown_psk_identity".to_owned(),
        _ => {}
    }
    let Some(words) = alert.as_str() else {
        return format!("number {}", u8::from(alert));
    };
    let mut name = String::new();
    for letter in words.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn advice(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => format!(": {VERSIONS}"),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            format!(": {VERSIONS} with ECDHE and AES-GCM or ChaCha20")
        }
        AlertDescription::UnrecognisedName => ": it does not know this host".to_owned(),
        AlertDescription::CertificateRequired => {
            ": it asks for a client certificate, which cannot be given".to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_has_its_name_of_the_standard() {
        for (number, named) in [
            (40, "handshake_failure"),
            (48, "unknown_ca"),
            (70, "protocol_version"),
            (112, "unrecognized_name"),
            (115, "unknown_psk_identity"),
            (80, "internal_error"),
            (250, "number 250"),
        ] {
            assert_eq!(name(AlertDescription::from(number)), named);
        }
    }

    #[test]
    fn every_second_has_a_date_or_its_number() {
        let date = |seconds| date(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
        assert_eq!(date(1_577_836_800), "Wed, 01 Jan 2020 00:00:00 GMT");
        assert!(date(END_OF_DATES - 1).contains("9999"));
        assert!(date(END_OF_DATES).contains("253402300800"));
        assert!(date(u64::MAX).contains("18446744073709551615"));
    }
}
