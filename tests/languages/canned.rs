//! A server that knows one answer.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Answers with this JSON, whatever it is asked, or with 404 where this text is in the path; once for
/// each connection, until the test program ends. Gives its address.
pub fn serve(json: String, unknown: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A caller that hangs up says so itself.
            let _ = stream.and_then(|stream| answer(stream, &json, unknown));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, json: &str, unknown: &str) -> io::Result<()> {
    let mut head = BufReader::new(&stream).lines();
    let path = head.next().transpose()?.unwrap_or_default();
    let _end_of_head = head.map_while(Result::ok).find(String::is_empty);
    let (status, json) = match path.contains(unknown) {
        true => (
            "404 Not Found",
            r#"{"message": "The requested file does not exist."}"#,
        ),
        false => ("200 OK", json),
    };
    let length = json.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-ik-requestid: canned\r\nconnection: close\r\n\r\n{json}"
    )
}
