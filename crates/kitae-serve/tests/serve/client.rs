//! A server on a free port, and a client that speaks HTTP/1.1 byte by byte.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use kitae_serve::{ServeConfig, Server, Stopper};
use serde_json::Value;

/// A stored model.
pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden").join(name)
}

pub(crate) fn golden_file(model: &str, file: &str) -> String {
    fs::read_to_string(golden(model).join(file)).unwrap()
}

/// Puts a copy of a stored model into a folder, file by file, the digests last.
pub(crate) fn copy(name: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(golden(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_by_key(|path| path.ends_with("SHA256SUMS"));
    for file in files {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// A server that is stopped when it goes.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(models: &[PathBuf], change: impl FnOnce(&mut ServeConfig)) -> Self {
        let mut config = ServeConfig::new("127.0.0.1:0".parse().unwrap());
        config.n_threads = 2.try_into().unwrap();
        change(&mut config);
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = log.clone();
        let server = Server::bind(models, &config, move |line| lines.lock().unwrap().push(line.to_owned()));
        let server = server.unwrap();
        let (address, stopper) = (server.address(), server.stopper());
        let thread = std::thread::spawn(move || server.run().unwrap());
        Self { address, log, stopper, thread: Some(thread) }
    }

    /// The stored model `name`, as it comes.
    pub(crate) fn of(name: &str) -> Self {
        Self::start(&[golden(name)], |_| {})
    }

    pub(crate) fn connect(&self) -> Client {
        Client::new(self.address)
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        self.connect().ask(method, path, headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &["Content-Type: application/json"], body.as_bytes())
    }

    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until the server has ended; what it told.
    pub(crate) fn ended(mut self) -> Vec<String> {
        self.thread.take().unwrap().join().unwrap();
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stopper.stop();
            // A test that failed tells more than the server that it left.
            let _ = thread.join();
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of a request that was answered.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.json()
    }

    /// The sentence of a request that was refused.
    #[track_caller]
    pub(crate) fn fault(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

/// A connection that is kept.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        self.try_ask(method, path, headers, body).unwrap()
    }

    pub(crate) fn try_ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
        for header in headers {
            write!(head, "{header}\r\n").unwrap();
        }
        self.send(format!("{head}\r\n").as_bytes())?;
        self.send(body)?;
        self.receive()
    }

    /// Reads one answer, whose length must be told.
    pub(crate) fn receive(&mut self) -> std::io::Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
        }
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body)?;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Ok(Answer { status, head, body: String::from_utf8(body).unwrap() })
    }

    /// Whether the other side has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.stream.fill_buf(), Ok([]))
    }
}
