//! What an error of the database means for a log.

use std::path::Path;

use crate::LogError;

/// Maps an error of the database at `path`.
pub(super) fn log_error(path: &Path) -> impl Fn(sqlx::Error) -> LogError {
    move |source| match primary_code(&source) {
        Some(libsqlite3_sys::SQLITE_IOERR) if no_room_for_shared_memory(&source) => LogError::Full,
        Some(libsqlite3_sys::SQLITE_BUSY | libsqlite3_sys::SQLITE_LOCKED) => LogError::Busy,
        Some(libsqlite3_sys::SQLITE_READONLY) => LogError::ReadOnly { path: path.to_owned() },
        Some(libsqlite3_sys::SQLITE_FULL) => LogError::Full,
        Some(libsqlite3_sys::SQLITE_CANTOPEN) => {
            LogError::Io { path: path.to_owned(), source: why_not_opened(path, source) }
        }
        Some(libsqlite3_sys::SQLITE_NOTADB) => LogError::NotALog { path: path.to_owned() },
        Some(libsqlite3_sys::SQLITE_CORRUPT | libsqlite3_sys::SQLITE_ERROR) => damaged(source.to_string()),
        Some(_) => LogError::Database { source },
        None => of_client(source),
    }
}

/// `SQLite` does not tell why it could not open a file, and the operating system does.
fn why_not_opened(path: &Path, source: sqlx::Error) -> std::io::Error {
    std::fs::File::open(path).err().unwrap_or_else(|| std::io::Error::other(source))
}

fn of_client(source: sqlx::Error) -> LogError {
    let is_about_content = matches!(
        source,
        sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::RowNotFound
    );
    if is_about_content { damaged(source.to_string()) } else { LogError::Database { source } }
}

fn damaged(reason: String) -> LogError {
    LogError::Damaged { position: None, reason }
}

/// `SQLite`'s result code without its extension.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// The index of the WAL, beside the log, could not be made or could not grow: that is how a full disk shows first.
fn no_room_for_shared_memory(error: &sqlx::Error) -> bool {
    let full = [libsqlite3_sys::SQLITE_IOERR_SHMOPEN, libsqlite3_sys::SQLITE_IOERR_SHMSIZE];
    let code = error.as_database_error().and_then(|error| error.code()?.parse().ok());
    code.is_some_and(|code: i32| full.contains(&code))
}

/// Whether `SQLite` could not make the files that it wants beside the log.
pub(super) fn could_not_make_files(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(libsqlite3_sys::SQLITE_CANTOPEN | libsqlite3_sys::SQLITE_READONLY))
}
