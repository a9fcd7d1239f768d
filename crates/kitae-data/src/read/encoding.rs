//! Text in other encodings than UTF-8: named by the user, told by a byte order mark, or by its zero bytes.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

/// An encoding of text, by the names of the web's Encoding Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// The encoding of that name.
    pub fn of(name: &str) -> Option<Self> {
        Encoding::for_label_no_replacement(name.as_bytes()).map(Self)
    }

    /// Its name in lower case.
    pub fn name(self) -> String {
        self.0.name().to_ascii_lowercase()
    }

    /// What the first bytes of a text say, if it is not UTF-8.
    pub(super) fn told_by(bytes: &[u8]) -> Option<Self> {
        let start = &bytes[..bytes.len().min(1 << 12)];
        match Encoding::for_bom(bytes) {
            Some((encoding, _)) if encoding == UTF_8 => None,
            // In UTF-16, delimiters and line ends have a zero byte: lines without are those of another
            // encoding.
            Some(_) if start.contains(&b'\n') && !start.contains(&0) => None,
            Some((encoding, _)) => Some(Self(encoding)),
            None => by_zeros(start).map(Self),
        }
    }

    /// What `bytes`, which are not UTF-8, are most probably; `None` if they are UTF-8 but for damage.
    pub(super) fn guessed(bytes: &[u8]) -> Option<Self> {
        let bytes = &bytes[..bytes.len().min(1 << 20)];
        let n_valid =
            bytes.utf8_chunks().flat_map(|chunk| chunk.valid().chars()).filter(|c| !c.is_ascii()).count();
        let n_invalid = bytes.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
        if n_valid > 2 * n_invalid {
            return None;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        detector.feed(bytes, true);
        Some(Self(detector.guess(None, Utf8Detection::Deny)))
    }

    pub(super) fn is_utf8(self) -> bool {
        self.0 == UTF_8
    }
}

impl TryFrom<String> for TextEncoding {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Self::of(&name).ok_or_else(|| format!("no encoding is called `{name}`"))
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.name()
    }
}

/// UTF-16 of texts in which most characters are of one byte: the other byte is zero.
fn by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let n_pairs = bytes.len() / 2;
    let n_zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let is_most = |n: usize| n_pairs > 1 && n * 5 > n_pairs;
    match (n_zeros(0), n_zeros(1)) {
        (even, odd) if is_most(odd) && even * 50 <= odd => Some(UTF_16LE),
        (even, odd) if is_most(even) && odd * 50 <= even => Some(UTF_16BE),
        _ => None,
    }
}

/// The bytes are not of this encoding.
#[derive(Debug, thiserror::Error)]
#[error("bytes that are not {}", .0.name())]
pub(super) struct NotText(pub(super) TextEncoding);

/// Reads another encoding as UTF-8.
pub(super) struct Decoding<R> {
    reader: R,
    encoding: TextEncoding,
    decoder: encoding_rs::Decoder,
    /// Bytes read and not yet decoded start at `start`.
    input: Vec<u8>,
    start: usize,
    output: Vec<u8>,
    given: usize,
    is_at_end: bool,
}

impl<R: Read> Decoding<R> {
    pub(super) fn new(reader: R, encoding: TextEncoding) -> Self {
        let decoder = encoding.0.new_decoder_with_bom_removal();
        Self {
            reader,
            encoding,
            decoder,
            input: Vec::new(),
            start: 0,
            output: Vec::new(),
            given: 0,
            is_at_end: false,
        }
    }

    /// Decodes the next block.
    fn next_block(&mut self) -> io::Result<()> {
        (self.given, self.start) = (0, 0);
        self.output.clear();
        self.input.clear();
        let n_read = self.reader.by_ref().take(1 << 16).read_to_end(&mut self.input)?;
        self.is_at_end = n_read == 0;
        loop {
            self.output.reserve((self.input.len() - self.start) * 3 + 16);
            let filled = self.output.len();
            self.output.resize(self.output.capacity(), 0);
            let (result, n_read, n_written) = self.decoder.decode_to_utf8_without_replacement(
                &self.input[self.start..],
                &mut self.output[filled..],
                self.is_at_end,
            );
            self.output.truncate(filled + n_written);
            self.start += n_read;
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, NotText(self.encoding)));
                }
            }
        }
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() && !self.is_at_end {
            self.next_block()?;
        }
        let n_bytes = buffer.len().min(self.output.len() - self.given);
        buffer[..n_bytes].copy_from_slice(&self.output[self.given..self.given + n_bytes]);
        self.given += n_bytes;
        Ok(n_bytes)
    }
}
