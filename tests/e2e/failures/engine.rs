//! A Docker engine that goes away: a proxy before the real one, which counts requests and stops answering.

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

#[derive(Default)]
struct State {
    /// Requests that are still let through.
    left: AtomicUsize,
    open: Mutex<Vec<UnixStream>>,
}

impl Engine {
    /// Listens at `socket`, and passes everything on.
    pub(crate) fn before(_docker: &Docker, socket: &Path) -> Engine {
        let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let real = PathBuf::from(host.strip_prefix("unix://").expect("the tests' engine has a socket"));
        let listener = UnixListener::bind(socket).expect("a socket can be made");
        let state = Arc::new(State { left: AtomicUsize::new(ENDLESS), open: Mutex::default() });
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
        thread::spawn(move || pass(answers, to_client, |_| true));
        let state = Arc::clone(self);
        thread::spawn(move || pass(client, engine, |bytes| state.admit(bytes)));
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

fn pass(mut from: UnixStream, mut to: UnixStream, mut admit: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !admit(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _closed_already = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
