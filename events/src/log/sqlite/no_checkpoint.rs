//! Keeps `SQLite` from checkpointing when the last connection closes.
#![expect(unsafe_code, reason = "SQLite has no SQL for this setting, only a C function")]

use sqlx::SqliteConnection;

/// A short-lived process that closes the last connection would checkpoint, with four more syncs a command; we
/// checkpoint when the WAL is large instead. Where `SQLite` refuses, all still works, only slower.
pub(super) async fn on_close(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    let on: std::ffi::c_int = 1;
    // SAFETY: the handle is that of an open connection, which the guard keeps locked; this option takes an `int` and a
    // pointer to where the new setting is written, which may be null (https://sqlite.org/c3ref/c_dbconfig_defensive.html).
    unsafe {
        libsqlite3_sys::sqlite3_db_config(
            handle.as_raw_handle().as_ptr(),
            libsqlite3_sys::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
            on,
            std::ptr::null_mut::<std::ffi::c_int>(),
        );
    }
    Ok(())
}
