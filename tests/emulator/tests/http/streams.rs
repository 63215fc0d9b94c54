//! Faults over HTTP/2: a stream is reset, and its connection carries others on.

use std::error::Error;
use std::future::poll_fn;
use std::net::Ipv4Addr;

use axum::http::{Request, Response};
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use hyper::body::Bytes;
use imagekit_emulator::Emulator;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio_rustls::TlsConnector;

use crate::support::{BOUND, KEY, client_config, localhost, port, start_with_faults};

type Outcome<T> = Result<T, Box<dyn Error>>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connect(emulator: &Emulator) -> Outcome<SendRequest<Bytes>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port(emulator))).await?;
    let stream: Box<dyn Stream> = match client_config(emulator, &[b"h2"]) {
        None => Box::new(stream),
        Some(config) => Box::new(
            TlsConnector::from(config)
                .connect(localhost(), stream)
                .await?,
        ),
    };
    let (sender, connection) = h2::client::handshake(stream).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn ask(
    connection: &SendRequest<Bytes>,
    method: &str,
    fault: &str,
) -> Outcome<Result<Response<RecvStream>, h2::Error>> {
    let request = Request::builder()
        .method(method)
        .uri(
            "https://localhost/v1/files/66a100000000000000000001/versions/66a100000000000000000101",
        )
        .header("authorization", KEY)
        .header("x-emulator-fault", fault)
        .body(())?;
    let mut connection = connection.clone().ready().await?;
    let (answer, _) = connection.send_request(request, true)?;
    Ok(answer.await)
}

/// The bytes of a body until its end, and how it ended.
async fn body(answer: Response<RecvStream>) -> (usize, Result<(), h2::Error>) {
    let mut body = answer.into_body();
    let mut count = 0;
    while let Some(data) = poll_fn(|context| body.poll_data(context)).await {
        match data {
            Ok(bytes) => count += bytes.len(),
            Err(error) => return (count, Err(error)),
        }
    }
    (count, Ok(()))
}

fn is_reset(error: &h2::Error) -> bool {
    error.is_reset() && error.is_remote() && error.reason() == Some(Reason::INTERNAL_ERROR)
}

async fn check(emulator: &Emulator) -> Outcome<()> {
    let connection = connect(emulator).await?;
    for (fault, length) in [("drop-after-head", 0), ("truncate=20", 20)] {
        let answer = ask(&connection, "GET", fault).await??;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().contains_key("x-ik-requestid"));
        let (count, end) = body(answer).await;
        assert_eq!(count, length, "{fault}");
        assert!(is_reset(&end.expect_err(fault)));
    }
    let reset = ask(&connection, "DELETE", "drop-before-head").await?;
    assert!(is_reset(&reset.expect_err("no head")));
    for (fault, status) in [
        ("delay=1", 404),
        ("status=503", 503),
        ("rate-limited=5", 429),
        ("garbage", 200),
    ] {
        let answer = ask(&connection, "GET", fault).await??;
        assert_eq!(answer.status(), status, "{fault}: the version was deleted");
        let (count, end) = body(answer).await;
        assert!(count > 0 && end.is_ok(), "{fault}");
    }
    assert_eq!((emulator.connections(), emulator.requests()), (1, 7));
    Ok(())
}

#[test]
fn a_stream_is_reset_and_its_connection_goes_on() -> Outcome<()> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for emulator in start_with_faults() {
        runtime.block_on(async { tokio::time::timeout(BOUND, check(&emulator)).await })??;
    }
    Ok(())
}
