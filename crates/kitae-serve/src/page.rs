//! The page at `/`: a form of the columns, and what the model says of them.

use std::sync::LazyLock;

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use sha2::{Digest, Sha256};

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page in one piece, and the policy under which it runs: its own style and script, and no server but this one.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = HTML.replacen("/*style*/", STYLE, 1).replacen("/*script*/", SCRIPT, 1);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    (page, policy)
});

pub(crate) async fn page() -> impl IntoResponse {
    let (page, policy) = &*PAGE;
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, page.as_str())
}

/// The SHA-256 of a text in base64.
fn digest(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digest = Sha256::digest(text);
    let mut written = String::with_capacity(44);
    for bytes in digest.chunks(3) {
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
    fn the_digest_of_nothing_is_the_known_one() {
        assert_eq!(digest(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn the_page_holds_style_and_script_and_asks_for_nothing_else() {
        let (page, policy) = &*PAGE;
        assert!(page.contains(STYLE) && page.contains(SCRIPT));
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src="));
        assert!(policy.contains(&digest(SCRIPT)));
    }
}
