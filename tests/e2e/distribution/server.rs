//! A web server on this machine that answers what it is told to.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The whole of what is written for a request, by its path, or by that and what it is authorized with.
type Answers = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// The server.
pub(super) struct Server {
    /// `http://`, host and port.
    pub(super) origin: String,
    answers: Answers,
}

impl Server {
    pub(super) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let origin = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let answers = Answers::default();
        let served = Arc::clone(&answers);
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &served)));
        Server { origin, answers }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Has it answer a path from now on.
    pub(super) fn has(&self, path: &str, head: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        self.writes(path, [head.as_bytes(), body].concat());
    }

    pub(super) fn writes(&self, path: &str, answer: Vec<u8>) {
        self.answers.lock().expect("no thread panicked").insert(path.to_owned(), answer);
    }

    pub(super) fn leads(&self, path: &str, to: &str) {
        self.has(path, &format!("302 Found\r\nlocation: {to}"), b"");
    }
}

fn answer(mut stream: TcpStream, answers: &Answers) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().expect("a connection can be cloned"));
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let path = head.split(' ').nth(1).unwrap_or_default();
    let right = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
    let known = {
        let answers = answers.lock().expect("no thread panicked");
        answers.get(&format!("{path} {right}")).or_else(|| answers.get(path)).cloned()
    };
    let missing = || b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec();
    // Whoever had enough does not wait for the rest.
    let _gone = stream.write_all(&known.unwrap_or_else(missing)).and_then(|()| stream.shutdown(Shutdown::Both));
}
