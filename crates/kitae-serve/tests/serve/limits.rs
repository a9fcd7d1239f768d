//! What is more than is accepted.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Running, golden};

#[test]
fn a_long_body_is_refused_before_it_is_read() {
    let server = Running::of("classes");
    let mut client = server.connect();
    let head = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 104857600\r\n\r\n";
    client.send(head.as_bytes()).unwrap();
    // Nothing of the body was sent.
    let answer = client.receive().unwrap();
    assert!(answer.fault(413).contains("at most 33554432 bytes"));
    assert!(client.is_closed());
}

#[test]
fn a_body_whose_length_is_not_told_is_read_up_to_the_limit() {
    let server = Running::start(&[golden("classes")], |config| config.limits.body_bytes = 1 << 16);
    let mut client = server.connect();
    let head = "POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head.as_bytes()).unwrap();
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
    let n_sent = (0..25_600).take_while(|_| client.send(&chunk).is_ok()).count();
    assert!(n_sent < 25_600, "all 100 MB were taken");
    assert_eq!(client.receive().unwrap().status, 413);
    server.get("/health").ok();
}

#[test]
fn more_rows_than_are_accepted_are_refused() {
    let server = Running::start(&[golden("classes")], |config| config.limits.rows = 2);
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 });
    server.post("/predict", &json!([row, row]).to_string()).ok();
    let three = json!([row, row, row]).to_string();
    assert!(server.post("/predict", &three).fault(413).contains("at most 2 rows"));
    let csv = "size,colour,day,price\n1,red,2024-02-02,30\n1,red,2024-02-02,30\n1,red,2024-02-02,30\n";
    let answer = server.ask("POST", "/predict", &["Content-Type: text/csv"], csv.as_bytes());
    assert!(answer.fault(413).contains("at most 2 rows"));
    let tensor =
        json!({ "inputs": [{ "name": "size", "shape": [3], "datatype": "FP64", "data": [1, 2, 3] }] });
    let answer = server.post("/v2/models/classes/infer", &tensor.to_string());
    assert!(answer.fault(413).contains("at most 2 rows"));
}

#[test]
fn a_full_queue_says_when_to_come_back() {
    let server = Running::start(&[golden("classes")], |config| {
        config.n_threads = 1.try_into().unwrap();
        config.limits.queue = 0;
    });
    // Long enough to be at work while the others come.
    let row = json!({ "size": 1.5, "colour": "red", "day": "2024-02-02", "price": 30 });
    let long = json!({ "rows": vec![row.clone(); 50_000] }).to_string();
    let address = server.address;
    let at_work = std::thread::spawn(move || {
        let mut client = crate::client::Client::new(address);
        client.ask("POST", "/predict", &[], long.as_bytes()).status
    });
    let mut client = server.connect();
    let mut refused = None;
    while refused.is_none() && !at_work.is_finished() {
        let answer = client.ask("POST", "/predict", &[], row.to_string().as_bytes());
        if answer.status != 200 {
            refused = Some(answer);
        }
    }
    let status = at_work.join().unwrap();
    // Whichever of the two came first made the other wait.
    let refused = refused.expect("one of the requests found the thread at work");
    assert!(refused.fault(503).contains("the queue is full"));
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert!([200, 503].contains(&status));
}

#[test]
fn what_does_not_arrive_in_time_is_given_up() {
    let server =
        Running::start(&[golden("classes")], |config| config.limits.time = Duration::from_millis(200));
    let start = Instant::now();
    let mut slow = server.connect();
    slow.send(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{").unwrap();
    assert!(slow.receive().unwrap().fault(408).contains("did not arrive within 0.2 s"));
    let mut idle = server.connect();
    idle.send(b"GET /health HT").unwrap();
    assert!(idle.receive().is_err());
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn connections_beyond_the_limit_wait_for_a_place() {
    let server = Running::start(&[golden("classes")], |config| config.limits.connections = 1);
    let mut first = server.connect();
    first.ask("GET", "/health", &[], b"").ok();
    let mut second = server.connect();
    second.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    drop(first);
    second.receive().unwrap().ok();
}
