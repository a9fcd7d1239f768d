//! Where and how models are served.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// Where and how models are served.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What a request must bring as `Authorization: Bearer …`; nothing if it is not set.
    pub token: Option<Token>,
    /// How much is accepted.
    pub limits: Limits,
    /// How many requests are worked on at once.
    pub n_threads: NonZeroUsize,
    /// How long accepted requests may take once the server is told to stop.
    pub stop_within: Duration,
    /// How often a model folder is looked at for a new model.
    pub look_every: Duration,
}

impl ServeConfig {
    /// Without a token, with the usual limits, on one thread.
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            token: None,
            limits: Limits::default(),
            n_threads: NonZeroUsize::MIN,
            stop_within: Duration::from_secs(10),
            look_every: Duration::from_secs(1),
        }
    }
}

/// How much is accepted; what is beyond gets an answer that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Rows of a request.
    pub rows: usize,
    /// How long a request may take to arrive, and again to be answered.
    pub time: Duration,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Requests that wait while all threads work.
    pub queue: usize,
}

impl Default for Limits {
    /// 32 MiB, 100 000 rows, 30 s, 1024 connections, 256 waiting requests.
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            rows: 100_000,
            time: Duration::from_secs(30),
            connections: 1024,
            queue: 256,
        }
    }
}

/// A secret, kept as its SHA-256.
///
/// ```
/// use kitae_serve::Token;
///
/// let token = Token::new("a secret\n").expect("more than blanks");
/// assert!(token.is("a secret") && !token.is("another"));
/// assert!(Token::new(" \n").is_none());
/// ```
#[derive(Clone, Debug)]
pub struct Token([u8; 32]);

impl Token {
    /// The text without blanks around it; none if nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(Sha256::digest(text).into()))
    }

    /// Whether `text` is the secret. The time that this takes tells nothing of how much of it is right.
    pub fn is(&self, text: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(text).into();
        // All bytes are looked at; of digests even the first that differs would tell nothing.
        digest.iter().zip(&self.0).fold(0, |different, (a, b)| different | (a ^ b)) == 0
    }
}
