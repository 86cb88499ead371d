//! A Docker engine that goes away, or that is another: a proxy before the real one.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use systemprompt_tests::Docker;

/// What every request line ends with.
const REQUEST: &[u8] = b" HTTP/1.1\r\n";
const ENDLESS: usize = usize::MAX;

/// The engine as the program sees it.
pub(crate) struct Engine {
    socket: PathBuf,
    state: Arc<State>,
}

struct State {
    /// Requests that are still let through.
    left: AtomicUsize,
    open: Mutex<Vec<UnixStream>>,
    /// What the engine's id is replaced by in its answers; of the same length, which is part of an answer.
    id: Option<(Vec<u8>, Vec<u8>)>,
}

impl Engine {
    /// Listens at `socket`, and passes everything on.
    pub(crate) fn before(_docker: &Docker, socket: &Path) -> Engine {
        Engine::listening(socket, None)
    }

    /// The same with another identity: as far as anybody can tell it is another engine.
    pub(crate) fn another(docker: &Docker, socket: &Path) -> Engine {
        let id = docker.run(&["info", "--format", "{{.ID}}"]).expect("an engine has an id").trim().to_owned();
        let other: String = id.chars().map(|_| 'f').collect();
        Engine::listening(socket, Some((id.into_bytes(), other.into_bytes())))
    }

    fn listening(socket: &Path, id: Option<(Vec<u8>, Vec<u8>)>) -> Engine {
        let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let real = PathBuf::from(host.strip_prefix("unix://").expect("the tests' engine has a socket"));
        let listener = UnixListener::bind(socket).expect("a socket can be made");
        let state = Arc::new(State { left: AtomicUsize::new(ENDLESS), open: Mutex::default(), id });
        let accepting = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                accepting.accept(client, &real);
            }
        });
        Engine { socket: socket.to_owned(), state }
    }

    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// From now on this many requests are let through, and then all connections are cut.
    pub(crate) fn goes_away_after(&self, requests: usize) {
        self.state.left.store(requests, Ordering::SeqCst);
        if requests == 0 {
            self.state.cut();
        }
    }

    /// Lets everything through again; whether all requests had been used up.
    pub(crate) fn comes_back(&self) -> bool {
        self.state.left.swap(ENDLESS, Ordering::SeqCst) == 0
    }
}

impl State {
    fn accept(self: &Arc<State>, client: UnixStream, real: &Path) {
        if self.left.load(Ordering::SeqCst) == 0 {
            return;
        }
        let Ok(engine) = UnixStream::connect(real) else { return };
        let copy = |stream: &UnixStream| stream.try_clone().expect("a socket can be shared");
        self.open().extend([copy(&client), copy(&engine)]);
        let (answers, to_client) = (copy(&engine), copy(&client));
        let state = Arc::clone(self);
        thread::spawn(move || pass(answers, to_client, |bytes| state.rename(bytes)));
        let state = Arc::clone(self);
        thread::spawn(move || pass(client, engine, |bytes| state.admit(bytes)));
    }

    /// Puts the other id where the engine's own stands. It lies in one piece, at the beginning of an answer.
    fn rename(&self, bytes: &mut [u8]) -> bool {
        if let Some((id, other)) = &self.id {
            while let Some(place) = bytes.windows(id.len()).position(|window| window == id) {
                bytes[place..place + id.len()].copy_from_slice(other);
            }
        }
        true
    }

    /// Counts the requests that begin in these bytes; false when the engine is gone. A request line lies in one piece.
    fn admit(&self, bytes: &[u8]) -> bool {
        let requests = bytes.windows(REQUEST.len()).filter(|window| *window == REQUEST).count();
        let spent = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            ENDLESS => Some(ENDLESS),
            left => left.checked_sub(requests),
        });
        // Out of requests before this one: it does not reach the engine.
        if spent.is_err() || (requests == 0 && spent == Ok(0)) {
            self.left.store(0, Ordering::SeqCst);
            self.cut();
            return false;
        }
        true
    }

    fn cut(&self) {
        for stream in self.open().drain(..) {
            let _closed_already = stream.shutdown(Shutdown::Both);
        }
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<UnixStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pass(mut from: UnixStream, mut to: UnixStream, mut admit: impl FnMut(&mut [u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !admit(&mut buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _closed_already = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
