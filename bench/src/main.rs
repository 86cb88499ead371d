//! Helper of `cargo xtask bench`: fills a log through the model, and writes to one with and without it.
//!
//! `fill LOG EVENTS` makes a log as long as that; `select LOG TIMES` records selections through the model; `insert LOG
//! TIMES` writes the same rows with bare sqlx; `compare LOG OTHER TIMES` does both in turn and prints a line of two
//! durations in nanoseconds each time; `bulk LOG TIMES` does the same for taking in a whole history. `replay LOG` and
//! `rusqlite LOG` read every event back. But for these two comparisons, each prints how many nanoseconds it took. `fly ADDRESS
//! TOKEN APP` sends the requests of a creation at Fly.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore reads the one, a person the other")]

mod bare;
mod bulk;
mod fill;
mod fly;
mod plain;
mod replay;
mod selection;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use bare::BareLog;
use selection::Selections;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "systemprompt-bench fill LOG EVENTS | select LOG TIMES | insert LOG TIMES | \
    compare LOG OTHER TIMES | bulk LOG TIMES | replay LOG | rusqlite LOG | fly ADDRESS TOKEN APP";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&words)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(words: &[&str]) -> Outcome {
    match *words {
        ["fill", log, events] => {
            let begun = Instant::now();
            fill::fill(Path::new(log), events.parse()?).await?;
            print(begun.elapsed());
            Ok(())
        }
        ["select", log, times] => {
            let mut selections = Selections::open(Path::new(log)).await?;
            let begun = Instant::now();
            for _ in 0..times.parse()? {
                selections.select_next().await?;
            }
            print(begun.elapsed());
            leave_open(selections)
        }
        ["insert", log, times] => {
            let mut bare = BareLog::open(Path::new(log)).await?;
            let begun = Instant::now();
            for _ in 0..times.parse()? {
                bare.select_next().await?;
            }
            print(begun.elapsed());
            leave_open(bare)
        }
        ["compare", log, other, times] => compare(Path::new(log), Path::new(other), times.parse()?).await,
        ["fly", address, token, app] => fly::create(address, token, app),
        ["bulk", log, times] => bulk::compare(Path::new(log), times.parse()?).await,
        ["replay", log] => {
            print(replay::by_the_model(Path::new(log)).await?);
            Ok(())
        }
        ["rusqlite", log] => {
            print(replay::by_rusqlite(Path::new(log))?);
            Ok(())
        }
        _ => Err(format!("usage: {USAGE}").into()),
    }
}

fn print(taken: Duration) {
    println!("{}", taken.as_nanos());
}

/// A log that is closed is checkpointed, with syncs of its own; the program leaves that for later, and so must both sides.
fn leave_open<T>(log: T) -> ! {
    std::mem::forget(log);
    std::process::exit(0)
}

async fn compare(log: &Path, other: &Path, times: u32) -> Outcome {
    let (mut selections, mut bare) = (Selections::open(log).await?, BareLog::open(other).await?);
    for _ in 0..times {
        let begun = Instant::now();
        selections.select_next().await?;
        let ours = begun.elapsed();
        let begun = Instant::now();
        bare.select_next().await?;
        println!("{} {}", ours.as_nanos(), begun.elapsed().as_nanos());
    }
    Ok(())
}
