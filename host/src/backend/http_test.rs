//! One request at a time, against a server of a few lines on this machine.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::super::ErrorKind;
use super::*;

/// Answers each connection with these bytes, and hands out what it was sent.
fn server(answer: Vec<u8>) -> (Origin, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let (told, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).unwrap();
            let _ended = told.send(String::from_utf8_lossy(&request[..length]).into_owned());
            let _ended = stream.write_all(&answer);
        }
    });
    (origin, heard)
}

fn exchange(origin: &Origin, path: &str) -> Exchange {
    let url = format!("{origin}{path}").parse().unwrap();
    Exchange { url, method: Method::GET, headers: Vec::new(), body: None, timeout: Duration::from_secs(20) }
}

async fn sent(origin: &Origin, exchange: Exchange) -> Result<Answer, BackendError> {
    Connection::open(origin, Reach::Granted).await?.send(exchange).await
}

#[tokio::test]
async fn a_request_is_sent_with_its_headers_and_body_and_nothing_of_this_machine() {
    let (origin, heard) =
        server(b"HTTP/1.1 201 Created\r\nX-One: 1\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}".into());
    let headers = vec![("authorization".to_owned(), Zeroizing::new("Bearer x".to_owned()))];
    let body = Some(Zeroizing::new("{\"a\":1}".to_owned()));
    let answer = sent(&origin, Exchange { method: Method::POST, headers, body, ..exchange(&origin, "/v1/apps?a=b") });
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (201, "{}"));
    assert_eq!(answer.headers, [("x-one".to_owned(), "1".to_owned()), ("content-length".to_owned(), "2".to_owned())]);
    let request = heard.recv().unwrap();
    assert!(request.starts_with("POST /v1/apps?a=b HTTP/1.1\r\n"), "{request}");
    let mut names: Vec<_> =
        request.lines().skip(1).filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "content-length", "content-type", "host", "user-agent"]);
    assert!(request.ends_with("{\"a\":1}"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (other, heard) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into());
    let (origin, _) = server(format!("HTTP/1.1 307 Moved\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n").into());
    assert_eq!(sent(&origin, exchange(&origin, "/")).await.unwrap().status, 307);
    assert!(heard.try_recv().is_err(), "the token would have gone along");
}

#[tokio::test]
async fn an_answer_without_end_is_left_unread() {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 99000000\r\n\r\n".to_vec();
    answer.resize(6 << 20, b'x');
    let (origin, _) = server(answer);
    let error = sent(&origin, exchange(&origin, "/")).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Ambiguous, "http-answer-too-large"));
}

#[tokio::test]
async fn whoever_does_not_answer_in_time_may_have_done_it_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin: Origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    // The listener takes the connection, and nobody reads from it.
    let hasty = Exchange { timeout: Duration::from_millis(200), ..exchange(&origin, "/") };
    let error = sent(&origin, hasty).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Ambiguous, "http-timeout"));
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_no_answer_either() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin: Origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // What comes before it was asked for is no answer, but a connection that is not to be used.
        let _request = stream.read(&mut [0; 4096]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{").unwrap();
        // The rest does not come before the other side has gone.
        let _gone = stream.read_to_end(&mut Vec::new());
    });
    let hasty = Exchange { timeout: Duration::from_millis(200), ..exchange(&origin, "/") };
    let error = sent(&origin, hasty).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Ambiguous, "http-timeout"));
}

#[tokio::test]
async fn an_answer_that_breaks_off_says_nothing_about_the_effect_and_one_that_was_not_sent_does() {
    let (origin, _) = server(Vec::new());
    let error = sent(&origin, exchange(&origin, "/")).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Ambiguous, "http-broken-off"));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin: Origin = format!("http://{}", nobody.local_addr().unwrap()).parse().unwrap();
    drop(nobody);
    let error = sent(&origin, exchange(&origin, "/")).await.unwrap_err();
    assert_eq!((error.kind, error.code), (ErrorKind::Retryable, "http-unreachable"));
}

#[tokio::test]
async fn this_machine_is_reached_only_where_the_user_said_so() {
    for (origin, code) in [
        ("https://127.0.0.1:9", "address-not-allowed"),
        ("https://localhost:9", "address-not-allowed"),
        ("https://169.254.169.254", "address-not-allowed"),
        ("http://127.0.0.1:9", "http-in-clear"),
        // In decimal, octal and hexadecimal, in fewer parts, in other digits, and as IPv6.
        ("https://2130706433", "address-not-allowed"),
        ("https://0177.0.0.1", "address-not-allowed"),
        ("https://0x7f.0.0.1", "address-not-allowed"),
        ("https://0x7f000001", "address-not-allowed"),
        ("https://127.1", "address-not-allowed"),
        ("https://①②⑦.⓪.⓪.①", "address-not-allowed"),
        ("https://[::ffff:7f00:1]", "address-not-allowed"),
        ("https://2852039166", "address-not-allowed"),
        ("https://0xa9fea9fe", "address-not-allowed"),
        ("https://0251.0376.0251.0376", "address-not-allowed"),
        ("https://0", "address-not-allowed"),
    ] {
        let error = Connection::open(&origin.parse().unwrap(), Reach::Public).await.map(drop).unwrap_err();
        assert_eq!((error.kind, error.code), (ErrorKind::Refused, code), "{origin}");
    }
    let in_clear = Connection::open(&"http://8.8.8.8".parse().unwrap(), Reach::Granted).await.map(drop).unwrap_err();
    assert_eq!(in_clear.code, "address-not-allowed");
}

#[tokio::test]
async fn a_name_whose_address_changes_later_is_talked_to_where_it_was_checked() {
    let (server, heard) = server(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".into());
    // By now the name leads nowhere: whoever looked it up again would find nothing.
    let moved: Origin = format!("http://moved.invalid:{}", server.port()).parse().unwrap();
    let checked = SocketAddr::from(([127, 0, 0, 1], server.port()));
    let connection = Connection::at(&moved, &[checked], Reach::Granted).unwrap();
    for _ in 0..2 {
        assert_eq!(connection.send(exchange(&moved, "/")).await.unwrap().status, 204);
        assert!(heard.recv().unwrap().contains("host: moved.invalid"));
    }
}

#[test]
fn a_name_that_leads_to_this_machine_among_others_is_refused() {
    let origin: Origin = "https://both.example".parse().unwrap();
    let both = [[8, 8, 8, 8], [127, 0, 0, 1]].map(|address| SocketAddr::from((address, 443)));
    let refused = Connection::at(&origin, &both, Reach::Public).map(drop).unwrap_err();
    assert_eq!(refused.code, "address-not-allowed");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
    let (origin, _) = server(Vec::new());
    for (name, value) in
        [("authorization", "canary\r\nx: y"), ("Host", "canary"), ("Transfer-Encoding", "canary"), ("a b", "canary")]
    {
        let headers = vec![(name.to_owned(), Zeroizing::new(value.to_owned()))];
        let error = sent(&origin, Exchange { headers, ..exchange(&origin, "/") }).await.unwrap_err();
        assert_eq!(error.code, "http-header");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn headers_are_counted_before_they_are_read() {
    let many = vec![("not a name".to_owned(), String::new()); 65];
    assert!(headers(&many).unwrap_err().message.contains("more than 64 headers"));
    let large = vec![("not a name".to_owned(), "x".repeat(33 << 10))];
    assert!(headers(&large).unwrap_err().message.contains("more than 32 KiB"));
}
