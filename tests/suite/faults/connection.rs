//! Connections that are refused, dropped, reset or cut, at every place of an answer.

use super::peer::{Blackhole, Refusing};
use super::row::{Row, row};
use super::said::{FAILED, H200, LOST, chunked, good, length, starts};
use crate::script::Over::{H1, Tls};
use crate::script::Step::{PauseMs, Read, Reset, StopReading};
use crate::script::send;

#[rustfmt::skip]
pub fn rows() -> Vec<Row> {
    let cut = || vec![Read, length(10, "[1,")];
    let delimited = || vec![Read, starts("Connection: close\r\n\r\n[]")];
    vec![
        row(1, "refused").over(&[H1, Tls]).peer("", false, |over| Box::new(Refusing::new(over)))
            .gives(FAILED, 3).says("127.0.0.1:").tells("httpStatus", ()).tells("responseBody", ()),
        row(2, "blackhole, own deadline").peer("", false, |over| Box::new(Blackhole::new(over)))
            .timeout(1500).gives("timeout", 1).takes(1499..1750),
        row(3, "blackhole, connect timeout").peer("", false, |over| Box::new(Blackhole::new(over)))
            .set("--connect-timeout-ms", 300).gives(FAILED, 3).takes(900..4000),
        row(5, "reset on accept").does([Reset]).gives(LOST, 3),
        row(6, "close on accept").does([]).gives(LOST, 3),
        row(7, "close after request").over(&[H1, Tls]).does([Read]).gives(LOST, 3).says("before"),
        row(8, "reset after request").over(&[H1, Tls]).does([Read, Reset]).gives(LOST, 3),
        row(9, "half a status line").does([Read, send("HTTP/1.")]).gives(LOST, 3),
        row(10, "only the status line").over(&[H1, Tls]).does([Read, send("HTTP/1.1 200 OK\r\n")]).gives(LOST, 3),
        row(11, "mid-headers").over(&[H1, Tls]).does([Read, send(H200)]).gives(LOST, 3),
        row(12, "mid-body, length").over(&[H1, Tls]).does(cut()).gives(LOST, 3).says("3 of 10"),
        row(13, "mid-body, reset").over(&[H1, Tls]).does([cut(), vec![PauseMs(50), Reset]].concat()).gives(LOST, 3),
        row(14, "mid-chunk").over(&[H1, Tls]).does([Read, chunked("5\r\n[1")]).gives(LOST, 3),
        row(15, "final chunk missing").over(&[H1, Tls]).does([Read, chunked("2\r\n[]\r\n")]).gives(LOST, 3),
        row(16, "final CRLF missing").does([Read, chunked("2\r\n[]\r\n0\r\n")]).gives(LOST, 3),
        row(17, "chunk size not a number").does([Read, chunked("zz\r\n[]\r\n0\r\n\r\n")]).gives(LOST, 3),
        row(18, "chunk size overflows").does([Read, chunked("fffffffffffffffff\r\n[]\r\n0\r\n\r\n")]).gives(LOST, 3),
        row(19, "chunk size negative").does([Read, chunked("-1\r\n[]\r\n0\r\n\r\n")]).gives(LOST, 3),
        row(20, "chunk data overruns").does([Read, chunked("2\r\n[]XX0\r\n\r\n")]).gives(LOST, 3),
        row(21, "chunk extension of 20 kB")
            .does([Read, chunked(format!("2;{}\r\n[]\r\n0\r\n\r\n", "a".repeat(20_000)))]).gives(LOST, 3),
        row(22, "close-delimited, clean").does(delimited()).gives("ok", 1).json("[]"),
        row(23, "close-delimited, reset").does([delimited(), vec![PauseMs(50), Reset]].concat()).gives(LOST, 3),
        row(24, "server stops reading").does([Read, StopReading, good(), PauseMs(200)]).gives("ok", 1).json("[]"),
        row(25, "lost once, then good").over(&[H1, Tls])
            .connections("", [vec![Read, Reset], vec![Read, good()]]).gives("ok", 2).json("[]"),
        row(26, "truncated twice, then good")
            .connections("", [cut(), cut(), vec![Read, good()]]).gives("ok", 3).json("[]"),
        row(27, "HTTP/1.0").does([Read, send("HTTP/1.0 200 OK\r\n\r\n[]")]).gives("ok", 1).json("[]"),
    ]
}
