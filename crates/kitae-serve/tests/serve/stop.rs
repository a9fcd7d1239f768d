//! A server that is told to stop.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Client, Running, golden};

#[test]
fn what_was_accepted_is_answered_and_idle_connections_do_not_delay() {
    let server = Running::of("classes");
    let mut idle = server.connect();
    idle.ask("GET", "/v2/health/ready", &[], b"").ok();
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 });
    let body = json!({ "rows": vec![row; 20_000] }).to_string();
    // The head and half of the body are there when the server is told.
    let mut busy = server.connect();
    let head = format!("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    busy.send(head.as_bytes()).unwrap();
    let (first, rest) = body.as_bytes().split_at(body.len() / 2);
    busy.send(first).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    server.stopper().stop();
    while !server.log.lock().unwrap().iter().any(|line| line.starts_with("stopping")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(idle.is_closed());
    assert!(std::net::TcpStream::connect(server.address).is_err(), "a new connection was accepted");
    busy.send(rest).unwrap();
    let answer = busy.receive().unwrap();
    assert_eq!(answer.ok()["predictions"].as_array().unwrap().len(), 20_000);
    assert!(answer.head.contains("connection: close"), "{}", answer.head);
    assert_eq!(server.ended().last().unwrap(), "stopped");
}

#[test]
fn a_connection_that_does_nothing_ends_with_the_deadline() {
    let server =
        Running::start(&[golden("classes")], |config| config.stop_within = Duration::from_millis(100));
    let mut half = Client::new(server.address);
    half.send(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    server.stopper().stop();
    assert_eq!(server.ended().last().unwrap(), "stopped, with connections that were not done");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn told_twice_it_ends_at_once() {
    let server = Running::start(&[golden("classes")], |config| config.stop_within = Duration::from_secs(600));
    let mut half = Client::new(server.address);
    half.send(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let stopper = server.stopper();
    stopper.stop();
    while !server.log.lock().unwrap().iter().any(|line| line.starts_with("stopping")) {
        std::thread::sleep(Duration::from_millis(5));
    }
    stopper.stop();
    assert_eq!(server.ended().last().unwrap(), "stopped, with connections that were not done");
}
