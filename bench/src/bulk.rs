//! How fast a history is taken in, beside bare sqlx that inserts the same rows, as many a statement and a commit.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, SqliteConnection};
use systemprompt_events::{ExchangeFormat, ExportRequest, NewLog, Reader, SqliteLog};

use crate::Outcome;

const COLUMNS: usize = 16;
const ROWS_PER_STATEMENT: usize = 500;
const ROWS_PER_COMMIT: i64 = 10_000;

/// Exports the log, then imports it and inserts its rows in turn, each into a new log beside it; prints the number of
/// events, and a line of two durations in nanoseconds each time.
#[expect(clippy::print_stdout, reason = "a chore reads it")]
pub(crate) async fn compare(log: &Path, times: u32) -> Outcome {
    let file = log.with_extension("ndjson");
    let request = ExportRequest { format: ExchangeFormat::Ndjson, from: None, to: None, is_redacted: false };
    let mut output = BufWriter::new(File::create(&file)?);
    let exported = SqliteLog::open_read_only(log).await?.export(&request, &mut output).await?;
    output.flush()?;
    println!("{}", exported.extent.count());
    for _ in 0..times {
        let ours = import(&file, &log.with_extension("imported")).await?;
        let bare = insert(log, &log.with_extension("inserted")).await?;
        println!("{} {}", ours.as_nanos(), bare.as_nanos());
    }
    Ok(())
}

async fn import(file: &Path, to: &Path) -> Outcome<Duration> {
    remove(to)?;
    let begun = Instant::now();
    let reader = Reader::open(BufReader::with_capacity(1 << 17, File::open(file)?))?;
    NewLog::of(to, reader).await?.put_in_place().await?;
    Ok(begun.elapsed())
}

/// The rows are read before the time begins: a file is not what is compared.
async fn insert(from: &Path, to: &Path) -> Outcome<Duration> {
    let mut source = SqliteConnectOptions::new().filename(from).read_only(true).connect().await?;
    fresh(to).await?.close().await?;
    let options = SqliteConnectOptions::new().filename(to).synchronous(SqliteSynchronous::Full);
    let mut target = options.connect().await?;
    let (mut last, mut taken) = (0, Duration::ZERO);
    loop {
        let query = "SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?";
        let rows = sqlx::query(query).bind(last).bind(ROWS_PER_COMMIT).fetch_all(&mut source).await?;
        let Some(newest) = rows.last() else { return Ok(taken) };
        last = newest.try_get(0)?;
        let begun = Instant::now();
        write(&mut target, &rows).await?;
        taken += begun.elapsed();
    }
}

async fn write(target: &mut SqliteConnection, rows: &[SqliteRow]) -> Outcome {
    let mut transaction = target.begin_with("BEGIN IMMEDIATE").await?;
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let values = vec![format!("({})", ["?"; COLUMNS].join(", ")); rows.len()].join(", ");
        let mut query = sqlx::query(AssertSqlSafe(format!("INSERT INTO events VALUES {values}")));
        for row in rows {
            for column in 0..COLUMNS {
                query = match column {
                    0 | 3 | 5 | 6 => query.bind(row.try_get::<i64, _>(column)?),
                    1 | 11 | 12 | 13 | 15 => query.bind(row.try_get::<Option<Vec<u8>>, _>(column)?),
                    _ => query.bind(row.try_get::<String, _>(column)?),
                };
            }
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// A new log, whatever was there.
async fn fresh(path: &Path) -> Outcome<SqliteLog> {
    remove(path)?;
    Ok(SqliteLog::create(path).await?)
}

fn remove(path: &Path) -> Outcome {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
