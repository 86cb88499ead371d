//! What a server of a test's own hears and says over HTTP, and a port that leads to another one.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long a request may take to come, on a loaded machine.
const COMES_MAX: Duration = Duration::from_mins(2);
/// Where PostgreSQL listens at Supabase; the host alone is told.
const PORT: u16 = 5432;

/// Leads from PostgreSQL's usual port, at an address of this machine that nobody else has, to another port.
pub(super) fn forward(to: u16) -> String {
    let listener =
        (1..=u8::MAX).find_map(|number| TcpListener::bind(SocketAddr::from(([127, 54, 32, number], PORT))).ok());
    let listener = listener.expect("an address of the loopback network is free");
    let host = listener.local_addr().expect("a listener has an address").ip().to_string();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], to))) else { continue };
            for (mut from, mut to) in [(copy(&client), copy(&server)), (copy(&server), copy(&client))] {
                thread::spawn(move || {
                    let _whoever_hung_up = io::copy(&mut from, &mut to);
                    let _closed_already = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
    host
}

/// The same connection once more.
pub(super) fn copy(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a connection can be cloned")
}

/// One that came.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) token: String,
    pub(super) body: Value,
}

impl Request {
    /// The next one, if it is one that somebody signs with a token.
    pub(super) fn read(stream: &TcpStream) -> Option<Request> {
        let mut reader = BufReader::new(copy(stream));
        let mut head = String::new();
        while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
        let header = |wanted: &str| {
            let named = head.lines().filter_map(|line| line.split_once(": "));
            named.filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.to_owned()).next()
        };
        let mut words = head.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let token = header("authorization")?.strip_prefix("Bearer ")?.to_owned();
        Some(Request { method, path, token, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

/// An answer, as it is written; the header ends its line.
pub(super) fn written(status: u16, header: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n{header}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A request that is held up.
pub(super) struct Held {
    pub(super) came: Receiver<()>,
    pub(super) answer: Sender<()>,
}

impl Held {
    /// Waits until somebody asks.
    pub(super) fn until_it_comes(&self) {
        self.came.recv_timeout(COMES_MAX).expect("somebody asks");
    }

    /// Has it answered.
    pub(super) fn let_go(self) {
        self.answer.send(()).expect("somebody waits for an answer");
    }
}
