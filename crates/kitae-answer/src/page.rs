//! The page: a form of the columns, and what the model says of them.

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const FORM: &str = include_str!("page/form.js");

/// What a page has beside the form. All of it is put in as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// An element of the head that says under which policy the page runs, if no header of a server does.
    pub policy: &'a str,
    /// Elements for the header.
    pub header: &'a str,
    /// Elements behind the form.
    pub more: &'a str,
    /// Further rules of style.
    pub style: &'a str,
    /// Where the answers come from: calls `show(model, answer)`, where `model` is [`Ready::description`] and
    /// `answer(rows, level)` gives [`Answer::json`].
    ///
    /// [`Ready::description`]: crate::Ready::description
    /// [`Answer::json`]: crate::Answer::json
    pub script: &'a str,
}

impl Page<'_> {
    /// All rules of style.
    pub fn style(&self) -> String {
        STYLE.to_owned() + self.style
    }

    /// The whole script.
    pub fn script(&self) -> String {
        FORM.to_owned() + self.script
    }

    /// The whole page.
    pub fn html(&self) -> String {
        let (style, script) = (self.style(), self.script());
        let parts = [
            ("<!--policy-->", self.policy),
            ("/*style*/", &style),
            ("<!--header-->", self.header),
            ("<!--more-->", self.more),
            ("/*script*/", &script),
        ];
        let (mut html, mut rest) = (String::new(), HTML);
        for (mark, part) in parts {
            let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
            html.extend([before, part]);
            rest = after;
        }
        html + rest
    }
}

/// Bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut written = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for bytes in bytes.chunks(3) {
        let number =
            (0..3).fold(0_u32, |number, at| number << 8 | u32::from(bytes.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = char::from(LETTERS[(number >> (18 - 6 * at)) as usize & 63]);
            written.push(if at > bytes.len() { '=' } else { letter });
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_stands_in_its_place() {
        let page = Page { policy: "P1", header: "H1", more: "<!--more-->", style: "S1", script: "J1" };
        let html = page.html();
        let places: Vec<usize> = ["P1", "S1</style>", "H1", "<!--more-->", "J1</script>"]
            .iter()
            .map(|part| html.find(part).unwrap())
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("src="));
    }

    #[test]
    fn base64_is_the_known_one() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
