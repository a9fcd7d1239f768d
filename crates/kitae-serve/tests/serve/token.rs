//! The token that a server may ask for.

use kitae_serve::Token;
use serde_json::json;

use crate::client::{Running, golden};

#[test]
fn nothing_about_a_model_is_told_without_the_token() {
    let server = Running::start(&[golden("classes")], |config| config.token = Token::new("open sesame"));
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 }).to_string();
    let ask = |headers: &[&str], path: &str| {
        let method = if path.ends_with("predict") { "POST" } else { "GET" };
        server.ask(method, path, headers, row.as_bytes())
    };
    for path in
        ["/predict", "/metrics", "/openapi.json", "/models", "/models/classes", "/v2/models/classes", "/no"]
    {
        for headers in [&[][..], &["Authorization: Bearer open"], &["Authorization: Basic open sesame"]] {
            let answer = ask(headers, path);
            assert!(answer.fault(401).contains("Authorization: Bearer TOKEN"), "{path}");
            assert!(answer.head.contains("www-authenticate: bearer"), "{}", answer.head);
        }
        let answer = ask(&["Authorization: Bearer open sesame"], path);
        assert_eq!(answer.status, if path == "/no" { 404 } else { 200 }, "{path}: {answer:?}");
    }
    for path in ["/", "/health", "/v2/health/live", "/v2/health/ready"] {
        let answer = server.get(path);
        assert!(answer.status == 200 && !answer.body.contains("tulip"), "{path}");
    }
}
