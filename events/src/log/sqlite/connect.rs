//! Making and opening the file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    Mode, SqliteLog, checkpoint, no_checkpoint, schema,
    sql_error::{could_not_make_files, log_error},
};
use crate::LogError;

/// How long a writer waits for another: longer than any command of ours writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl SqliteLog {
    /// Makes the log, or opens the one that is there; its directory must exist.
    ///
    /// The file is readable by its owner alone, from its first byte. It is made under another name and linked into
    /// place when it is whole: of two processes that make it at once both end with the same log open, and one that
    /// is killed half-way leaves no half of a log.
    pub async fn create(path: &Path) -> Result<Self, LogError> {
        if !path.try_exists().map_err(io_error(path))? {
            let draft = draft_path(path);
            let made = make(&draft).await;
            let linked = made.and_then(|()| put_in_place(&draft, path).map_err(io_error(path)));
            // The link keeps the file; a draft that cannot be removed does no harm.
            let _ = fs::remove_file(&draft);
            linked?;
        }
        Self::open(path).await
    }

    /// Opens the log for reading and writing.
    pub async fn open(path: &Path) -> Result<Self, LogError> {
        must_exist(path)?;
        let mut connection = options(path).connect().await.map_err(log_error(path))?;
        schema::check(&mut connection, path).await?;
        no_checkpoint::on_close(&mut connection).await.map_err(log_error(path))?;
        checkpoint::when_large(&mut connection, path).await;
        Ok(Self { connection, path: path.to_owned(), mode: Mode::ReadWrite, checked: false })
    }

    /// Opens the log for reading: nothing is written, and the file may be one that cannot be.
    pub async fn open_read_only(path: &Path) -> Result<Self, LogError> {
        must_exist(path)?;
        let mut connection = connect_read_only(path).await?;
        schema::check(&mut connection, path).await?;
        Ok(Self { connection, path: path.to_owned(), mode: Mode::ReadOnly, checked: false })
    }

    /// Closes the log. What was committed is safe without it.
    pub async fn close(self) -> Result<(), LogError> {
        let Self { connection, path, mode: _, checked: _ } = self;
        connection.close().await.map_err(log_error(&path))
    }
}

/// Makes a whole and empty log, on disk when it returns.
async fn make(draft: &Path) -> Result<(), LogError> {
    create_private(draft).map_err(io_error(draft))?;
    let options = options(draft).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.map_err(log_error(draft))?;
    schema::create(&mut connection).await.map_err(log_error(draft))?;
    // As the last connection it checkpoints and removes the WAL: one whole file is left.
    connection.close().await.map_err(log_error(draft))
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "0")
        // A file from elsewhere may hold views and triggers of its own.
        .pragma("trusted_schema", "off")
}

/// In a directory that cannot be written `SQLite` cannot make the files beside the database. Without a WAL nothing is
/// lost by not making them; with one `SQLite` reads the files that are there.
async fn connect_read_only(path: &Path) -> Result<SqliteConnection, LogError> {
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).read_only(true);
    let connected = match options.clone().connect().await {
        Ok(mut connection) => {
            let probe = sqlx::query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await;
            probe.map(|_| connection)
        }
        Err(error) => Err(error),
    };
    match connected {
        Err(error) if could_not_make_files(&error) && checkpoint::wal_bytes(path) == 0 => {
            options.immutable(true).connect().await.map_err(log_error(path))
        }
        other => other.map_err(log_error(path)),
    }
}

fn must_exist(path: &Path) -> Result<(), LogError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(LogError::NotALog { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(LogError::Missing { path: path.to_owned() }),
        Err(error) => Err(io_error(path)(error)),
    }
}

/// A name that no other process and no other call of this one uses.
fn draft_path(path: &Path) -> PathBuf {
    static DRAFTS: AtomicU32 = AtomicU32::new(0);
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}-{number}", std::process::id()));
    name.into()
}

fn create_private(path: &Path) -> io::Result<File> {
    // Left by a process of the same number that was killed: nothing in it can matter.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whoever comes second finds the log of the first.
fn put_in_place(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        // A file system without links: a rename is as whole, only that it could replace the log of a faster one.
        Err(_) if !path.try_exists()? => fs::rename(draft, path)?,
        Err(error) => return Err(error),
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> LogError {
    move |source| LogError::Io { path: path.to_owned(), source }
}
