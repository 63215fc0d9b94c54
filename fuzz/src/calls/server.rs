//! A server on this machine, within this process, that treats each file as its name says.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the versions of a file are.
pub const VERSIONS: &str = r#"[{"versionInfo":{"id":"v"}}]"#;
/// What any other document is.
pub const OBJECT: &str = r#"{"any":[1]}"#;
/// How long the answer for a big file is.
pub const BIG_BYTES: usize = 4096;

/// Starts it, for the life of the process; says where it is.
pub fn start() -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            loop {
                if let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(async {
                        let _left = serve(stream).await;
                    });
                }
            }
        });
    });
    format!("http://{}", told.recv().unwrap())
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    loop {
        let Some(request) = next_request(&mut stream, &mut read).await? else {
            return Ok(());
        };
        if !answer(&mut stream, &request).await? {
            return Ok(());
        }
    }
}

/// The next head; its body is read and forgotten.
async fn next_request(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
) -> std::io::Result<Option<String>> {
    loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().ok())?
            });
            let whole = end + 4 + length.unwrap_or(0_usize);
            if read.len() >= whole {
                read.drain(..whole);
                return Ok(Some(head));
            }
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

/// Answers; says whether the connection goes on.
async fn answer(stream: &mut TcpStream, head: &str) -> std::io::Result<bool> {
    let line = head.lines().next().unwrap_or_default();
    let path = line.split(' ').nth(1).unwrap_or_default();
    let document = match () {
        () if line.starts_with("DELETE") => "",
        () if path.ends_with("/versions") => VERSIONS,
        () => OBJECT,
    };
    let file = path.split('/').nth(3).unwrap_or_default();
    let (status, headers, body) = match file {
        "gone" => ("404 Not Found", "", format!(r#"{{"message":{head:?}}}"#)), // the key in it too
        "fail" => ("500 Oops", "", String::new()),
        "busy" => {
            let headers =
                "X-RateLimit-Reset: 2\r\nX-RateLimit-Limit: 2000\r\nX-RateLimit-Interval: 1000\r\n";
            ("429 Slowly", headers, "{}".to_owned())
        }
        "taken" => ("409 Conflict", "", "{}".to_owned()),
        "moved" => (
            "302 Found",
            "Location: http://127.0.0.1:1/\r\n",
            String::new(),
        ),
        "html" => ("200 OK", "", format!("<html>{head}")),
        "empty" => ("200 OK", "", String::new()),
        "knot" => ("200 OK", "Content-Encoding: gzip\r\n", "no gzip".to_owned()),
        "big" => ("200 OK", "", format!("[\"{}\"]", "x".repeat(BIG_BYTES - 4))),
        "reset" => {
            stream.set_zero_linger()?;
            return Ok(false);
        }
        "close" => return Ok(false),
        "hold" => {
            stream.read_u8().await?; // until the other side has left
            return Ok(false);
        }
        "garbage" => {
            stream.write_all(b"no protocol at all\r\n\r\n").await?;
            return Ok(false);
        }
        "part" => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,")
                .await?;
            return Ok(false);
        }
        "slow" => {
            tokio::time::sleep(Duration::from_millis(1)).await;
            ("200 OK", "", document.to_owned())
        }
        _ if document.is_empty() => {
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
            return Ok(file != "liar");
        }
        _ => ("200 OK", "", document.to_owned()),
    };
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(answer.as_bytes()).await?;
    Ok(file != "liar")
}
