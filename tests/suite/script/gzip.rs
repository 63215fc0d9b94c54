//! Compressed bodies, and what is built to be far longer than it looks.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, Crc, FlushCompress};

/// The header of a member that has nothing optional.
const HEADER: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
const MIB: usize = 1 << 20;

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// An array of nothing but spaces, brackets included so many MiB long. Decoded it is nowhere in memory.
pub fn array_of_spaces(mib: usize) -> Vec<u8> {
    let between = Part::new(&[b' '; MIB], FlushCompress::Full);
    let first = [&b"["[..], &[b' '; MIB - 1]].concat();
    let last = [&[b' '; MIB - 1][..], b"]"].concat();
    let mut whole = Part::new(&first, FlushCompress::Full);
    for _ in 2..mib {
        whole.append(&between); // a full flush refers to nothing before it
    }
    whole.append(&Part::new(&last, FlushCompress::Finish));
    let (sum, size) = (whole.sum.sum(), whole.sum.amount());
    [
        HEADER,
        &whole.deflated,
        &sum.to_le_bytes(),
        &size.to_le_bytes(),
    ]
    .concat()
}

/// A part of a body, deflated.
struct Part {
    deflated: Vec<u8>,
    sum: Crc,
}

impl Part {
    fn new(bytes: &[u8], flush: FlushCompress) -> Self {
        let mut deflated = Vec::with_capacity(MIB);
        let mut compress = Compress::new(Compression::best(), false);
        let done = compress.compress_vec(bytes, &mut deflated, flush);
        done.expect("deflated bytes");
        assert_eq!(compress.total_in(), bytes.len() as u64, "all in one go");
        let mut sum = Crc::new();
        sum.update(bytes);
        Self { deflated, sum }
    }

    fn append(&mut self, next: &Self) {
        self.deflated.extend(&next.deflated);
        self.sum.combine(&next.sum);
    }
}

#[test]
fn what_is_built_to_be_long_is_good_gzip() {
    use std::io::Read;
    let (bytes, mut array) = (array_of_spaces(3), String::new());
    let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
    decoder.read_to_string(&mut array).expect("good gzip");
    assert!(array == ["[", &" ".repeat(3 * MIB - 2), "]"].concat());
}
