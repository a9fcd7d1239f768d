//! Text that comes in and goes out: what a name or a cell holds never steers the terminal that shows it.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::path::Path;

use kitae_data::visible::visible;

use crate::failure::Failure;

/// A stream that shows control characters instead of sending them; new lines alone pass. JSON stays the same
/// JSON.
pub(crate) struct Text<'a> {
    stream: &'a mut dyn Write,
}

impl<'a> Text<'a> {
    pub(crate) fn new(stream: &'a mut dyn Write) -> Self {
        Self { stream }
    }

    /// For `write!` and `writeln!`, as of a stream of any kind.
    pub(crate) fn write_fmt(&mut self, text: Arguments) -> io::Result<()> {
        Write::write_fmt(self, text)
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }

    /// The stream itself, for what is made for machines byte by byte: tables, pages, scripts.
    pub(crate) fn raw(&mut self) -> &mut dyn Write {
        self.stream
    }
}

impl Write for Text<'_> {
    /// Formatting writes whole characters; bytes that are none are shown as such.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write_all(visible(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Text with the colours and weights that it was given, and no other control characters.
pub(crate) fn styled(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut shown = visible(parts.next().unwrap_or_default()).into_owned();
    for part in parts {
        let style = part
            .strip_prefix('[')
            .and_then(|rest| rest.split_once('m'))
            .filter(|(numbers, _)| numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'));
        shown += if style.is_some() { "\u{1b}" } else { "\\u001b" };
        shown += &visible(part);
    }
    shown
}

/// A path as a shell takes it for one word.
pub(crate) fn quoted(path: &Path) -> String {
    kitae_report::words::quoted(&path.display().to_string())
}

/// The text of a file that a user wrote.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_reach_the_terminal() {
        let mut bytes = Vec::new();
        let mut text = Text::new(&mut bytes);
        let name = "a\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}é";
        writeln!(text, "column `{name}`").unwrap();
        text.raw().write_all(b"a\r\n").unwrap();
        let expected = "column `a\\u001b]0;owned\\u0007\\u000d\\u009b31m\\u202eé`\na\r\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }

    #[test]
    fn styles_stay_and_nothing_else_does() {
        assert_eq!(
            styled("\u{1b}[1;31merror\u{1b}[0m: \u{1b}]0;owned\u{7}"),
            "\u{1b}[1;31merror\u{1b}[0m: \\u001b]0;owned\\u0007"
        );
        assert_eq!(styled("a\u{1b}[2J"), "a\\u001b[2J");
    }
}
