//! One request and its answer over pooled connections: HTTP/1.1 and HTTP/2, TLS, proxies.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Body;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    HeaderMap, HeaderValue,
};
use reqwest::{Method, NoProxy, Proxy, Request, Response, Url, Version};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::body::{Collector, Refused};
use super::dns::Resolver;
use super::failure::Failure;
use super::generation::Generation;
use super::watch::{CONNECTED, Openings, Watch};
use crate::primitives::secret::Secret;
use crate::primitives::status::Status;

/// A connection that is idle for longer may have been dropped silently on the way.
const IDLE: Duration = Duration::from_secs(30);
/// How often a connection is asked whether its peer is still there.
const PROBE: Duration = Duration::from_secs(20);
/// What is read of an error's body: it is shown, not worked with.
const ERROR_BODY_BYTES: u64 = 4096;
const ERROR_BODY_TIME: Duration = Duration::from_secs(1);

const USER_AGENT: &str = concat!("libimagekit/", env!("CARGO_PKG_VERSION"));

/// What connections of a client have in common.
pub struct Settings<'a> {
    /// The time for one connection, TLS included.
    pub connect_timeout: Duration,
    /// Whom to trust; `None` where there is no TLS.
    pub roots: Option<Arc<RootCertStore>>,
    /// The proxy with the hosts that go past it.
    pub proxy: Option<(&'a Url, Option<&'a str>)>,
}

/// What is sent.
pub struct Outgoing<'a> {
    /// The method.
    pub method: &'a Method,
    /// The whole URL.
    pub url: &'a Url,
    /// The body.
    pub json: Option<&'a str>,
    /// Headers besides, or in place of, those that every request has.
    pub headers: &'a HeaderMap,
}

/// What one exchange may take.
pub struct Bounds<'a> {
    /// When it must be over.
    pub deadline: Instant,
    /// The longest body of a success, decoded.
    pub max_bytes: u64,
    /// Told when the head of the answer is there.
    pub on_head: &'a (dyn Fn() + Sync),
}

/// The beginning of an answer.
#[derive(Debug, Clone)]
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// The version of HTTP.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
}

/// An answer with its body, or as much of an error's body as is shown.
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// The body.
    pub body: Vec<u8>,
    /// Is the body of an error not all that there was of it?
    pub is_cut: bool,
    /// How many bytes of it came, as they were sent.
    pub wire_bytes: u64,
}

/// The connections of one client in one generation.
pub struct Http {
    client: reqwest::Client,
    openings: Arc<Openings>,
    authorization: HeaderValue,
}

impl Http {
    /// Makes the client; no connection yet.
    pub fn new(
        generation: &'static Generation,
        settings: &Settings<'_>,
        authorization: HeaderValue,
    ) -> Result<Http, Failure> {
        let refused = |error: &dyn std::fmt::Display| {
            Failure::lasting(
                Status::Internal,
                format!("no HTTP client can be made: {error}"),
            )
        };
        let openings = Arc::<Openings>::default();
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(
                tls(settings.roots.clone()).map_err(|error| refused(&error))?,
            )
            .dns_resolver(Resolver { generation })
            .connector_layer(Watch(openings.clone()))
            .user_agent(USER_AGENT)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            .tcp_keepalive(PROBE)
            .http2_keep_alive_interval(PROBE)
            .http2_keep_alive_timeout(PROBE)
            // The key never travels on; `attempts` tells the truth; no proxy but ours.
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .no_proxy();
        if let Some((url, except)) = &settings.proxy {
            let proxy =
                Proxy::all((*url).clone()).map_err(|error| refused(&error.without_url()))?;
            builder = builder.proxy(proxy.no_proxy(except.and_then(NoProxy::from_string)));
        }
        let client = builder.build().map_err(|error| refused(&error))?;
        Ok(Http {
            client,
            openings,
            authorization,
        })
    }

    /// Sends one request and takes its answer.
    pub async fn exchange(&self, outgoing: &Outgoing<'_>, bounds: &Bounds<'_>) -> Exchanged {
        let connected = Cell::new(false);
        let is_https = outgoing.url.scheme() == "https";
        let sent = self.client.execute(self.request(outgoing));
        let sent = timeout_at(
            bounds.deadline,
            CONNECTED.scope(connected, async {
                if is_https {
                    self.openings.wait().await;
                }
                let sent = sent.await;
                (sent, CONNECTED.with(Cell::get))
            }),
        );
        match sent.await {
            Err(_) => Exchanged::lost(out_of_time("no answer had begun")),
            Ok((Err(error), connected)) => {
                let failure = Failure::of(&error, is_https);
                Exchanged {
                    // The connection was an old one, and it died before an answer began.
                    was_stale: !connected && failure.is_hang_up,
                    result: Err((None, failure)),
                }
            }
            Ok((Ok(response), _)) => take(response, bounds, is_https).await,
        }
    }

    fn request(&self, outgoing: &Outgoing<'_>) -> Request {
        let mut request = Request::new(outgoing.method.clone(), outgoing.url.clone());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if outgoing.json.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else if matches!(*outgoing.method, Method::POST | Method::PUT | Method::PATCH) {
            // A body is expected of these, and some gateways want to hear that there is none.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        for (name, value) in outgoing.headers {
            headers.insert(name, value.clone());
        }
        if let Some(json) = outgoing.json {
            *request.body_mut() = Some(json.to_owned().into());
        }
        request
    }
}

/// What came of a request.
pub struct Exchanged {
    /// The answer, or why it is not there, with its head where that had come.
    pub result: Result<Answer, (Option<Head>, Failure)>,
    /// Did a kept connection turn out to be dead before the answer began?
    pub was_stale: bool,
}

impl Exchanged {
    fn lost(failure: Failure) -> Exchanged {
        Exchanged {
            result: Err((None, failure)),
            was_stale: false,
        }
    }
}

/// Is this a success? Of the others only a little of the body is read.
pub fn is_success(status: u16) -> bool {
    matches!(status, 200..=205 | 207)
}

async fn take(mut response: Response, bounds: &Bounds<'_>, is_https: bool) -> Exchanged {
    (bounds.on_head)();
    let head = Head {
        status: response.status().as_u16(),
        version: response.version(),
        headers: std::mem::take(response.headers_mut()),
    };
    let taken = match is_success(head.status) {
        true => whole_body(response, &head, bounds, is_https).await,
        false => Ok(error_body(response, &head, bounds.deadline).await),
    };
    let result = match taken {
        Ok(Taken {
            body,
            is_cut,
            wire_bytes,
        }) => Ok(Answer {
            head,
            body,
            is_cut,
            wire_bytes,
        }),
        Err(failure) => Err((Some(head), failure)),
    };
    Exchanged {
        result,
        was_stale: false,
    }
}

/// A body with how it came.
struct Taken {
    body: Vec<u8>,
    is_cut: bool,
    wire_bytes: u64,
}

async fn whole_body(
    mut response: Response,
    head: &Head,
    bounds: &Bounds<'_>,
    is_https: bool,
) -> Result<Taken, Failure> {
    let announced = response.content_length();
    let is_encoded = head.headers.contains_key(CONTENT_ENCODING);
    if !is_encoded && announced.is_some_and(|length| length > bounds.max_bytes) {
        return Err(refusal(Refused::TooLarge, bounds.max_bytes));
    }
    let refuse = |refused| refusal(refused, bounds.max_bytes);
    // Made for the first piece: where there is none, nothing is encoded, whatever the head says.
    let mut collector = None;
    let mut received = 0_u64;
    loop {
        let piece = match timeout_at(bounds.deadline, response.chunk()).await {
            Err(_) => {
                return Err(out_of_time(&format!(
                    "{} of the body had come",
                    bytes(received)
                )));
            }
            Ok(Err(error)) => {
                let failure = Failure::of(&error, is_https);
                return Err(lost_body(failure, received, announced));
            }
            Ok(Ok(None)) => {
                let is_short = announced.is_some_and(|length| length != received);
                if is_short || !is_whole(response) {
                    let cause = "the stream was ended early";
                    let failure = Failure::passing(Status::ConnectionLost, cause);
                    return Err(lost_body(failure, received, announced));
                }
                let body = collector.map_or(Ok(Vec::new()), Collector::finish);
                return Ok(Taken {
                    body: body.map_err(refuse)?,
                    is_cut: false,
                    wire_bytes: received,
                });
            }
            Ok(Ok(Some(piece))) if piece.is_empty() => continue,
            Ok(Ok(Some(piece))) => piece,
        };
        received += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let collecting = match &mut collector {
            Some(collector) => collector,
            None => {
                collector.insert(Collector::new(&head.headers, bounds.max_bytes).map_err(refuse)?)
            }
        };
        collecting.push(&piece).map_err(refuse)?;
    }
}

/// What can be had of an error's body in a short time. What is broken in it changes nothing.
async fn error_body(mut response: Response, head: &Head, deadline: Instant) -> Taken {
    let mut wire_bytes = 0;
    let Ok(mut collector) = Collector::new(&head.headers, ERROR_BODY_BYTES) else {
        return Taken {
            body: Vec::new(),
            is_cut: false,
            wire_bytes,
        };
    };
    let until = deadline.min(Instant::now() + ERROR_BODY_TIME);
    let came_whole = loop {
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(None)) => break is_whole(response),
            Ok(Ok(Some(piece))) => {
                wire_bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                if collector.push(&piece).is_err() {
                    break false;
                }
            }
            _ => break false,
        }
    };
    let (body, is_cut) = collector.partial();
    Taken {
        body,
        is_cut: is_cut || !came_whole,
        wire_bytes,
    }
}

/// Did the peer end this body, of which nothing more comes? HTTP/2 can reset a stream without an error,
/// which the stack takes for the end; over HTTP/1.1 only a whole body ends without an error.
fn is_whole(response: Response) -> bool {
    response.version() != Version::HTTP_2 || reqwest::Body::from(response).is_end_stream()
}

fn out_of_time(state: &str) -> Failure {
    Failure::lasting(Status::Timeout, state)
}

fn lost_body(mut failure: Failure, received: u64, announced: Option<u64>) -> Failure {
    let of_how_many = announced.map(|length| format!(" of {length}"));
    failure.cause = format!(
        "after {received}{} bytes of the body: {}",
        of_how_many.unwrap_or_default(),
        failure.cause
    );
    failure
}

fn refusal(refused: Refused, max_bytes: u64) -> Failure {
    match refused {
        Refused::TooLarge => Failure::lasting(
            Status::ResponseTooLarge,
            format!("the body is longer than max_response_bytes, which is {max_bytes}"),
        ),
        Refused::Undecodable(why) => Failure::lasting(Status::InvalidResponse, why),
        Refused::NoMemory => Failure::lasting(
            Status::ResourceExhausted,
            "no memory for the body: free some, or lower max_response_bytes",
        ),
    }
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}

/// TLS 1.2 and 1.3 with these roots, HTTP/2 preferred.
fn tls(roots: Option<Arc<RootCertStore>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let roots = roots.unwrap_or_else(|| Arc::new(RootCertStore::empty()));
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// An `Authorization` that the stack neither shows nor compresses, wiped when the last copy goes.
pub fn authorization(basic: &Secret) -> io::Result<HeaderValue> {
    let bytes = Zeroizing::new(basic.expose().as_bytes().to_vec());
    let bytes = Bytes::from_owner(Wiped(bytes));
    let mut value = HeaderValue::from_maybe_shared(bytes).map_err(io::Error::other)?;
    value.set_sensitive(true);
    Ok(value)
}

struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
