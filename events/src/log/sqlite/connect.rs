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
    Mode, SqliteLog,
    beginning::Kept,
    checkpoint,
    files::Notes,
    no_checkpoint, overview,
    overview::Overview,
    schema,
    schema::Marks,
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

    /// Opens the log for reading and writing. What another version of the program built of its events is built anew.
    pub async fn open(path: &Path) -> Result<Self, LogError> {
        let mut connection = connect(path).await?;
        let marks = Marks::read(&mut connection).await.map_err(log_error(path))?;
        marks.check(path)?;
        let mut log = Self::opened(connection, path, marks.is_current()).await?;
        if !log.is_current {
            log.bring_up_to_date().await?;
        }
        Ok(log)
    }

    /// Opens the log for reading and writing, and looks at it and at what is noted of files beside it.
    pub async fn open_and_look(path: &Path, notes: Notes<'_>) -> Result<(Self, Overview), LogError> {
        let mut connection = connect(path).await?;
        let looked = overview::read(&mut connection, notes).await;
        if let Ok((marks, overview)) = looked
            && marks.is_current()
        {
            marks.check(path)?;
            return Ok((Self::opened(connection, path, true).await?, overview));
        }
        // What is no log at all has none of the tables, and one of another version may have others.
        connection.close().await.map_err(log_error(path))?;
        let mut log = Self::open(path).await?;
        let (_, overview) = overview::read(&mut log.connection, notes).await.map_err(log_error(path))?;
        Ok((log, overview))
    }

    async fn opened(mut connection: SqliteConnection, path: &Path, is_current: bool) -> Result<Self, LogError> {
        no_checkpoint::on_close(&mut connection).await.map_err(log_error(path))?;
        checkpoint::when_large(&mut connection, path).await;
        let (path, kept) = (path.to_owned(), Kept::default());
        Ok(Self { connection, path, mode: Mode::ReadWrite, checked: false, kept, is_current })
    }

    /// Opens the log for reading: nothing is written, and the file may be one that cannot be.
    pub async fn open_read_only(path: &Path) -> Result<Self, LogError> {
        must_exist(path)?;
        let (connection, marks) = connect_read_only(path, Marks::read).await.map_err(log_error(path))?;
        marks.check(path)?;
        Ok(Self::opened_read_only(connection, path, marks.is_current()))
    }

    /// Opens the log for reading, and looks at it and at what is noted of files beside it.
    pub async fn open_read_only_and_look(path: &Path, notes: Notes<'_>) -> Result<(Self, Overview), LogError> {
        let look = async |connection: &mut SqliteConnection| overview::read(connection, notes).await;
        must_exist(path)?;
        let looked = connect_read_only(path, look).await;
        if looked.is_err() {
            // What is no log at all has none of the tables, and one of another version may have others.
            let log = Self::open_read_only(path).await?;
            if !log.is_current {
                return Err(LogError::Outdated { path: path.to_owned() });
            }
        }
        let (connection, (marks, overview)) = looked.map_err(log_error(path))?;
        marks.check(path)?;
        Ok((Self::opened_read_only(connection, path, marks.is_current()), overview))
    }

    fn opened_read_only(connection: SqliteConnection, path: &Path, is_current: bool) -> Self {
        let (path, kept) = (path.to_owned(), Kept::default());
        Self { connection, path, mode: Mode::ReadOnly, checked: false, kept, is_current }
    }

    /// Closes the log. What was committed is safe without it.
    pub async fn close(self) -> Result<(), LogError> {
        let Self { connection, path, mode: _, checked: _, kept: _, is_current: _ } = self;
        connection.close().await.map_err(log_error(&path))
    }
}

/// Makes a whole and empty log, on disk when it returns.
pub(super) async fn make(draft: &Path) -> Result<(), LogError> {
    create_private(draft).map_err(io_error(draft))?;
    let options = options(draft).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.connect().await.map_err(log_error(draft))?;
    schema::create(&mut connection).await.map_err(log_error(draft))?;
    close_whole(connection, draft).await
}

/// Closes the last connection to a log, so that one whole file is left, without a WAL.
pub(super) async fn close_whole(mut connection: SqliteConnection, path: &Path) -> Result<(), LogError> {
    // Closing does the same and keeps its failure to itself: then the file would be put in place without its WAL.
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await.map_err(log_error(path))?;
    connection.close().await.map_err(log_error(path))
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
///
/// `first` is the first query, which reads the file and so tells whether that can be done.
async fn connect_read_only<T>(
    path: &Path,
    first: impl AsyncFn(&mut SqliteConnection) -> Result<T, sqlx::Error>,
) -> Result<(SqliteConnection, T), sqlx::Error> {
    let connect = async |options: SqliteConnectOptions| {
        let mut connection = options.connect().await?;
        let answer = first(&mut connection).await?;
        Ok((connection, answer))
    };
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).read_only(true);
    match connect(options.clone()).await {
        Err(error) if could_not_make_files(&error) && checkpoint::wal_bytes(path) == 0 => {
            connect(options.immutable(true)).await
        }
        other => other,
    }
}

pub(super) async fn connect(path: &Path) -> Result<SqliteConnection, LogError> {
    must_exist(path)?;
    options(path).connect().await.map_err(log_error(path))
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

/// A file that is not there is removed already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn create_private(path: &Path) -> io::Result<File> {
    // Left by a process of the same number that was killed: nothing in it can matter.
    remove(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whoever comes second finds the log of the first: says whether it is this one.
pub(super) fn put_in_place(draft: &Path, path: &Path) -> io::Result<bool> {
    let is_this = match fs::hard_link(draft, path) {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
        // A file system without links: a rename is as whole, only that it could replace the log of a faster one.
        Err(_) if !path.try_exists()? => fs::rename(draft, path).map(|()| true)?,
        Err(error) => return Err(error),
    };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()?;
    Ok(is_this)
}

pub(super) fn io_error(path: &Path) -> impl Fn(io::Error) -> LogError {
    move |source| LogError::Io { path: path.to_owned(), source }
}
