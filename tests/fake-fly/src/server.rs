//! The HTTP server: a thread with a runtime of its own, and a task for each connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::route;
use crate::state::State;

mod exchange;
mod sabotage;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(state: &Arc<State>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, state.settings.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let state = Arc::clone(state);
        let run = move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, state) => {}
                    _told_or_dropped = stopped => {}
                }
            });
            // A command on a machine may still run; nobody waits for it.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("fake-fly".to_owned()).spawn(run)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _panicked_and_said_so = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let router = route::router(&state);
    loop {
        // A connection that broke off before it was taken is no reason to stop.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&state), router.clone()));
        }
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, router: Router) {
    let _slower_at_worst = stream.set_nodelay(true);
    let service = service_fn(|request| exchange::answer(Arc::clone(&state), router.clone(), request));
    let _closed_by_either = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
