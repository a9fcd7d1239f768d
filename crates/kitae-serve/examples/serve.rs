//! Serves model folders without the command line of kitae, and so without Burn. Without arguments it serves a
//! small model, asks it once and stops. `cargo run --release --example serve -- 127.0.0.1:8080 MODEL_FOLDER…`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]
#![expect(clippy::print_stderr, reason = "a server tells its log")]

use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::time::Instant;

use kitae_serve::{ServeConfig, Server, serve};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kitae-infer/tests/golden/classes");
    match arguments.next() {
        Some(address) => {
            let folders: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
            Ok(serve(&folders, &config(&address)?, |line| eprintln!("{line}"))?)
        }
        None if stored.is_dir() => ask(&stored),
        None => {
            println!("Usage: cargo run --release --example serve -- 127.0.0.1:8080 MODEL_FOLDER…");
            Ok(())
        }
    }
}

fn config(address: &str) -> Result<ServeConfig, Box<dyn Error>> {
    let n_threads = available_parallelism()?;
    Ok(ServeConfig { n_threads, ..ServeConfig::new(address.parse()?, Instant::now) })
}

/// Serves a model at a free port and posts its stored rows to it.
fn ask(folder: &Path) -> Result<(), Box<dyn Error>> {
    let rows = std::fs::read_to_string(folder.join("new.csv"))?;
    let server = Server::bind(&[folder.into()], &config("127.0.0.1:0")?, |line| eprintln!("{line}"))?;
    let (address, stopper) = (server.address(), server.stopper());
    let running = std::thread::spawn(move || server.run());
    let response = post(address, "/predict", &rows);
    stopper.stop();
    running.join().map_err(|_| "the server has panicked")??;
    let response = response?;
    let (head, answers) = response.split_once("\r\n\r\n").ok_or("no body")?;
    println!("{answers}");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(answers.lines().count(), rows.lines().count(), "a header and an answer for each row");
    Ok(())
}

/// The whole response to rows of a CSV file.
fn post(address: SocketAddr, path: &str, csv: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/csv\r\nAccept: text/csv\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{csv}",
        csv.len()
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
