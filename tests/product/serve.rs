//! `kitae serve` says what `kitae predict` says, and ends when it is told to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::common::{QUICK, Workplace, flowers, interrupt};

/// An address where nobody listens.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// The status line and the body of the response to rows of a CSV file.
fn post(address: &str, path: &str, rows: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/csv\r\nAccept: text/csv\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{rows}",
        rows.len()
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

fn trained() -> Workplace {
    let workplace = Workplace::new();
    workplace.write("data.csv", &flowers(90));
    workplace.kitae(&format!("train data.csv --target kind --out m {QUICK} --quiet")).ok();
    workplace
}

#[test]
fn rows_are_answered_as_by_predict_until_ctrl_c() {
    let workplace = trained();
    workplace.kitae("predict m data.csv --interval 0.8 --out said.csv").ok();
    let address = free_address();
    let finished = workplace.run_and(&format!("serve m --listen {address}"), "listening at", |process| {
        let (status, answers) = post(&address, "/predict?interval=0.8", &flowers(90));
        assert_eq!(status, "HTTP/1.1 200 OK");
        assert_eq!(answers, workplace.read("said.csv"));
        let (status, error) = post(&address, "/predict", "length,width\n1,2\n");
        assert_eq!(status, "HTTP/1.1 400 Bad Request");
        assert!(error.contains("colour"), "{error}");
        interrupt(process);
    });
    assert!(finished.err.contains("stopped"), "{}", finished.err);
    finished.ok();
}

#[test]
fn what_cannot_be_served_is_said() {
    let workplace = trained();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = workplace.kitae(&format!("serve m --listen {address}")).fails(1);
    assert!(error.contains(&format!("cannot listen at {address}")), "{error}");
    let error = workplace.kitae("serve data.csv").fails(1);
    assert!(error.contains("data.csv"), "{error}");
    workplace.kitae("serve").fails(2);
}
