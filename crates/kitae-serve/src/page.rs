//! The page at `/`: a form of the columns, and what the model says of them.

use std::sync::LazyLock;

use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use kitae_answer::page::{Page, base64};
use sha2::{Digest, Sha256};

/// The page in one piece, and the policy under which it runs: its own style and script, and no server but
/// this one.
static PAGE: LazyLock<(String, String)> = LazyLock::new(|| {
    let page = Page {
        header: include_str!("page_header.html"),
        more: include_str!("page_more.html"),
        script: include_str!("page.js"),
        ..Page::default()
    };
    let digest = |text: String| base64(&Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        digest(page.style()),
        digest(page.script())
    );
    (page.html(), policy)
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
