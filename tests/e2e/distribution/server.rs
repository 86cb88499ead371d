//! A web server on this machine that answers what it is told to.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// The whole of what is written for a request, by its path, or by that and what it is authorized with; a path without a
/// query stands for those with one.
type Answers = Arc<Mutex<BTreeMap<String, Answer>>>;

#[derive(Clone)]
struct Answer {
    content: Vec<u8>,
    /// Blanks follow for as long as somebody reads them.
    is_endless: bool,
}

/// The server.
pub(super) struct Server {
    /// `http://`, host and port.
    pub(super) origin: String,
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let origin = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let answers = Answers::default();
        let asked = Arc::default();
        let (served, noted) = (Arc::clone(&answers), Arc::clone(&asked));
        thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, &served, &noted)));
        Server { origin, answers, asked }
    }

    /// All that it was asked: method, path, and what that is authorized with.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Has it answer a path from now on.
    pub(super) fn has(&self, path: &str, head: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        self.writes(path, [head.as_bytes(), body].concat());
    }

    pub(super) fn writes(&self, path: &str, content: Vec<u8>) {
        self.answers_with(path, Answer { content, is_endless: false });
    }

    /// Has it answer a path with what never ends.
    pub(super) fn never_ends(&self, path: &str, head: &str) {
        let content = format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n").into_bytes();
        self.answers_with(path, Answer { content, is_endless: true });
    }

    fn answers_with(&self, path: &str, answer: Answer) {
        self.answers.lock().expect("no thread panicked").insert(path.to_owned(), answer);
    }

    pub(super) fn leads(&self, path: &str, to: &str) {
        self.has(path, &format!("302 Found\r\nlocation: {to}"), b"");
    }
}

fn answer(mut stream: TcpStream, answers: &Answers, asked: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().expect("a connection can be cloned"));
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let (method, path, right) = (
        head.split(' ').next().unwrap_or_default(),
        head.split(' ').nth(1).unwrap_or_default(),
        header("authorization: "),
    );
    asked.lock().expect("no thread panicked").push(format!("{method} {path} {right}").trim_end().to_owned());
    // Who is hung up on while still sending may not see the answer.
    let _body = io::copy(&mut reader.take(header("content-length: ").parse().unwrap_or(0)), &mut io::sink());
    let known = {
        let answers = answers.lock().expect("no thread panicked");
        let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
        let found = answers.get(&format!("{path} {right}")).or_else(|| answers.get(path));
        found.or_else(|| answers.get(&format!("{bare} {right}"))).or_else(|| answers.get(bare)).cloned()
    };
    let missing = || Answer {
        content: b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_vec(),
        is_endless: false,
    };
    let answer = known.unwrap_or_else(missing);
    // Whoever had enough does not wait for the rest.
    let _gone = stream.write_all(&answer.content).and_then(|()| {
        if answer.is_endless {
            io::copy(&mut io::repeat(b' '), &mut stream)?;
        }
        stream.shutdown(Shutdown::Both)
    });
}
