//! What came of a call, as a number that never changes its meaning.

use std::ffi::CStr;

/// The values of an ik_status. A number never changes its meaning; new ones may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum Status {
    /// Success.
    Ok = 0,
    /// A NULL, a text that is not UTF-8, an empty or over-long id, an option out of its range, or
    /// no private key. Nothing was sent.
    InvalidArgument = 1,
    /// The handle was freed, or never was one of that type. Nothing was sent.
    InvalidHandle = 2,
    /// The state of the object does not allow this. Nothing was sent.
    InvalidState = 3,
    /// Waiting on this thread would wait for itself. Nothing was sent.
    WouldDeadlock = 4,
    /// Not done in the time given; the call goes on.
    Pending = 5,
    /// There is no value at that place, or it is null.
    NoValue = 6,
    /// Not available on this platform.
    Unsupported = 7,
    /// The server refused the request as malformed: HTTP 400 or 422.
    BadRequest = 10,
    /// The server found no private key: HTTP 401.
    Unauthenticated = 11,
    /// The server does not accept this private key, or not for this: HTTP 403.
    Forbidden = 12,
    /// The server knows no such thing: HTTP 404.
    NotFound = 13,
    /// The request is at odds with the present state: HTTP 409 or 423.
    Conflict = 14,
    /// Too many requests: HTTP 429 after all retries, or a wait that the call's time cannot hold.
    RateLimited = 15,
    /// The server failed: HTTP 5xx after all retries.
    ServerError = 16,
    /// Any other HTTP status. Redirects are not followed, so that the key never travels on.
    UnexpectedStatus = 17,
    /// The call's time ran out.
    Timeout = 20,
    /// The call was cancelled.
    Cancelled = 21,
    /// No connection: name not found, refused, unreachable, or the proxy failed.
    ConnectFailed = 22,
    /// No trust: the certificate or the TLS handshake failed.
    TlsFailed = 23,
    /// The connection was reset, closed too early, or broke the protocol.
    ConnectionLost = 24,
    /// A success whose body is not the JSON that it should be.
    InvalidResponse = 25,
    /// The body is longer than the client's max_response_bytes.
    ResponseTooLarge = 26,
    /// This process is out of descriptors, threads or memory for the response.
    ResourceExhausted = 27,
    /// A defect in this library. Please report it.
    Internal = 30,
}

impl Status {
    /// Every status there is.
    /// cbindgen:ignore
    pub const ALL: [Status; 25] = [
        Status::Ok,
        Status::InvalidArgument,
        Status::InvalidHandle,
        Status::InvalidState,
        Status::WouldDeadlock,
        Status::Pending,
        Status::NoValue,
        Status::Unsupported,
        Status::BadRequest,
        Status::Unauthenticated,
        Status::Forbidden,
        Status::NotFound,
        Status::Conflict,
        Status::RateLimited,
        Status::ServerError,
        Status::UnexpectedStatus,
        Status::Timeout,
        Status::Cancelled,
        Status::ConnectFailed,
        Status::TlsFailed,
        Status::ConnectionLost,
        Status::InvalidResponse,
        Status::ResponseTooLarge,
        Status::ResourceExhausted,
        Status::Internal,
    ];

    /// The status with this number, if there is one.
    pub fn from_number(number: i32) -> Option<Status> {
        Status::ALL
            .into_iter()
            .find(|status| *status as i32 == number)
    }

    /// What an HTTP status means, where it is not a success.
    pub fn of_http(http_status: u16) -> Status {
        match http_status {
            400 | 422 => Status::BadRequest,
            401 => Status::Unauthenticated,
            403 => Status::Forbidden,
            404 => Status::NotFound,
            409 | 423 => Status::Conflict,
            429 => Status::RateLimited,
            500..=599 => Status::ServerError,
            _ => Status::UnexpectedStatus,
        }
    }

    /// Its name, as error documents and `ik_status_name` give it.
    pub fn name(self) -> &'static str {
        self.c_name().to_str().unwrap_or_default()
    }

    /// The same name for C.
    pub const fn c_name(self) -> &'static CStr {
        match self {
            Status::Ok => c"ok",
            Status::InvalidArgument => c"invalid_argument",
            Status::InvalidHandle => c"invalid_handle",
            Status::InvalidState => c"invalid_state",
            Status::WouldDeadlock => c"would_deadlock",
            Status::Pending => c"pending",
            Status::NoValue => c"no_value",
            Status::Unsupported => c"unsupported",
            Status::BadRequest => c"bad_request",
            Status::Unauthenticated => c"unauthenticated",
            Status::Forbidden => c"forbidden",
            Status::NotFound => c"not_found",
            Status::Conflict => c"conflict",
            Status::RateLimited => c"rate_limited",
            Status::ServerError => c"server_error",
            Status::UnexpectedStatus => c"unexpected_status",
            Status::Timeout => c"timeout",
            Status::Cancelled => c"cancelled",
            Status::ConnectFailed => c"connect_failed",
            Status::TlsFailed => c"tls_failed",
            Status::ConnectionLost => c"connection_lost",
            Status::InvalidResponse => c"invalid_response",
            Status::ResponseTooLarge => c"response_too_large",
            Status::ResourceExhausted => c"resource_exhausted",
            Status::Internal => c"internal",
        }
    }
}
