//! The event stores that `cargo xtask bench` measures ours beside, each filled with the events of one of our logs.
//!
//! `append STORE LOG FILE EVENTS BATCH` appends the first events of a log to a new file, so many a commit; `load STORE
//! FILE` reads them all back and decodes them. STORE is `sqlite-es` or `umadb`. Both print how long that took, in
//! nanoseconds; opening the file and reading our log do not count.

mod events;
mod sqlite_es_store;
mod umadb_store;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: systemprompt-bench-peers append STORE LOG FILE EVENTS BATCH | load STORE FILE";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&words))) {
        Ok(taken) => {
            println!("{}", taken.as_nanos());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(words: &[&str]) -> Outcome<Duration> {
    match *words {
        ["append", store, log, file, count, batch] => {
            let (file, batch) = (Path::new(file), batch.parse()?);
            let events = events::read(Path::new(log), count.parse()?).await?;
            match store {
                "sqlite-es" => sqlite_es_store::append(file, &events, batch).await,
                "umadb" => umadb_store::append(file, &events, batch),
                _ => Err(USAGE.into()),
            }
        }
        ["load", "sqlite-es", file] => sqlite_es_store::load(Path::new(file)).await,
        ["load", "umadb", file] => umadb_store::load(Path::new(file)),
        _ => Err(USAGE.into()),
    }
}
