//! A body as it comes in: decoded, bounded, and never trusted to be as long as it says.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderName, TRANSFER_ENCODING};

/// What may have come before anything is decoded: the decoder keeps some, and little is lost on data
/// that does not compress.
const OVERHEAD: u64 = 128 << 10;

/// Why a body was not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is longer than the limit.
    TooLarge,
    /// Its encoding is unknown, or its data is not what the encoding says.
    Undecodable(String),
    /// There is no memory for it.
    NoMemory,
}

/// Takes a body piece by piece, up to a limit on what it becomes when decoded.
pub struct Collector {
    sink: Sink,
    received: u64,
}

enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Collector {
    /// A collector for a body with this head.
    pub fn new(headers: &HeaderMap, limit: u64) -> Result<Collector, Refused> {
        let bounded = Bounded {
            bytes: Vec::new(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX - 1),
            refused: None,
        };
        let sink = match encoding(headers)? {
            Encoding::Identity => Sink::Plain(bounded),
            Encoding::Gzip => Sink::Gzip(Box::new(MultiGzDecoder::new(bounded))),
        };
        Ok(Collector { sink, received: 0 })
    }

    /// Takes the next piece. After a refusal, [`Collector::partial`] gives what had fitted.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Refused> {
        match &mut self.sink {
            Sink::Plain(bounded) => bounded
                .write_all(piece)
                .map_err(|error| bounded.refusal(&error)),
            Sink::Gzip(decoder) => {
                self.received += u64::try_from(piece.len()).unwrap_or(u64::MAX);
                let written = decoder.write_all(piece);
                written.map_err(|error| decoder.get_mut().refusal(&error))?;
                let decoded = u64::try_from(decoder.get_ref().bytes.len()).unwrap_or(u64::MAX);
                // An endless stream may well decode to nothing, and cost much time.
                match self.received > decoded.saturating_mul(4).saturating_add(OVERHEAD) {
                    true => Err(Refused::Undecodable(
                        "its gzip data is longer than what it stands for".to_owned(),
                    )),
                    false => Ok(()),
                }
            }
        }
    }

    /// The whole body, once its framing is complete.
    pub fn finish(self) -> Result<Vec<u8>, Refused> {
        match self.sink {
            Sink::Plain(bounded) => Ok(bounded.bytes),
            Sink::Gzip(mut decoder) => match decoder.try_finish() {
                Ok(()) => Ok(std::mem::take(&mut decoder.get_mut().bytes)),
                Err(error) => Err(decoder.get_mut().refusal(&error)),
            },
        }
    }

    /// What has come so far, for an error whose body is only shown, and whether it is less than what
    /// was sent.
    pub fn partial(self) -> (Vec<u8>, bool) {
        match self.sink {
            Sink::Plain(bounded) => (bounded.bytes, bounded.refused.is_some()),
            Sink::Gzip(mut decoder) => {
                // The decoder may still hold the rest of it.
                let is_cut = decoder.try_finish().is_err();
                (std::mem::take(&mut decoder.get_mut().bytes), is_cut)
            }
        }
    }
}

enum Encoding {
    Identity,
    Gzip,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refused> {
    // The stack undoes the chunks, and leaves what else may be around them as it is.
    let codings = codings(headers, &TRANSFER_ENCODING);
    if codings.iter().any(|coding| coding != "chunked") || codings.len() > 1 {
        return Err(unasked("transferred", &codings, "only chunks can be taken"));
    }
    let codings = self::codings(headers, &CONTENT_ENCODING);
    match codings.as_slice() {
        [] => Ok(Encoding::Identity),
        [coding] if matches!(&**coding, "gzip" | "x-gzip") => Ok(Encoding::Gzip),
        codings => Err(unasked("encoded", codings, "only gzip was asked for")),
    }
}

/// What a header lists, in the order in which it was done to the body.
fn codings(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let values = headers.get_all(name).iter();
    let listed = values.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
    let listed = listed.collect::<Vec<_>>().join(",");
    let codings = listed.split(',').map(str::trim);
    let done = codings.filter(|coding| !coding.is_empty() && *coding != "identity");
    done.map(str::to_owned).collect()
}

fn unasked(how: &str, codings: &[String], instead: &str) -> Refused {
    let codings = super::failure::clean(&codings.join(", "));
    Refused::Undecodable(format!("it is {how} as {codings:?}, and {instead}"))
}

/// Bytes up to a limit. Room is made for what has come, never for what was announced.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    refused: Option<Refused>,
}

impl Bounded {
    fn refusal(&mut self, error: &io::Error) -> Refused {
        let own = self.refused.take();
        own.unwrap_or_else(|| Refused::Undecodable(format!("its gzip data is broken: {error}")))
    }

    fn refuse(&mut self, why: Refused) -> io::Error {
        self.refused = Some(why);
        io::Error::other("refused")
    }

    fn make_room(&mut self, more: usize) -> Result<(), io::Error> {
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            // One more for the NUL that C wants at the end.
            let wanted = (self.bytes.capacity() * 2).min(self.limit).max(needed) + 1;
            let reserved = self.bytes.try_reserve_exact(wanted - self.bytes.len());
            reserved.map_err(|_| self.refuse(Refused::NoMemory))?;
        }
        Ok(())
    }
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len();
        let fitting = piece.get(..room).unwrap_or(piece);
        self.make_room(fitting.len())?;
        self.bytes.extend_from_slice(fitting);
        match fitting.len() < piece.len() {
            true => Err(self.refuse(Refused::TooLarge)),
            false => Ok(piece.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn headers(encoding: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static(encoding))])
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn collect(encoding: &'static str, limit: u64, data: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut collector = Collector::new(&headers(encoding), limit)?;
        for piece in data.chunks(7) {
            collector.push(piece)?;
        }
        collector.finish()
    }

    #[test]
    fn a_body_within_the_limit_comes_out_as_it_was() {
        assert_eq!(collect("identity", 4, b"[12]").unwrap(), b"[12]");
        assert_eq!(collect("GZIP", 4, &gzip(b"[12]")).unwrap(), b"[12]");
        assert_eq!(
            collect("gzip", u64::MAX, &gzip(&[7; 100_000])).unwrap(),
            [7; 100_000]
        );
    }

    #[test]
    fn one_byte_more_than_the_limit_is_too_large() {
        assert!(matches!(collect("", 3, b"[12]"), Err(Refused::TooLarge)));
        assert!(matches!(
            collect("gzip", 3, &gzip(b"[12]")),
            Err(Refused::TooLarge)
        ));
    }

    #[test]
    fn broken_or_unknown_encodings_are_refused() {
        let whole = gzip(b"[1,2,3]");
        for (encoding, data) in [
            ("gzip", &whole[..whole.len() - 5]),
            ("gzip", &whole[..4]),
            ("gzip", b"[]"),
            ("gzip, gzip", &whole[..]),
            ("br", b"[]"),
        ] {
            let refused = collect(encoding, 100, data);
            assert!(
                matches!(refused, Err(Refused::Undecodable(_))),
                "{encoding}: {refused:?}"
            );
        }
    }

    #[test]
    fn what_decodes_to_nothing_is_not_taken_for_ever() {
        let endless = gzip(b"").repeat(10_000);
        assert!(matches!(
            collect("gzip", u64::MAX, &endless),
            Err(Refused::Undecodable(_))
        ));
    }

    #[test]
    fn what_fitted_of_an_error_body_is_kept() {
        let mut collector = Collector::new(&headers("gzip"), 2).unwrap();
        let _either = collector.push(&gzip(b"[12]"));
        assert_eq!(collector.partial(), (b"[1".to_vec(), true));
    }
}
