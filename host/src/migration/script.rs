//! The same migrator as scripts of `psql`, for a database that only its provider reaches: what to run, and what it says.
//!
//! A file goes to the server as sqlx sends it: whole, as one query. As base64 in a script it passes `psql` by, which would
//! see commands of its own in it, and `\gexec` sends what the server makes of that back as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc::{CRC_32_ISO_HDLC, Crc};
use serde::Deserialize;
use sqlx::migrate::Migration;
use systemprompt_events::{Failure, FailureKind};

use super::run::LOCK;
use super::standing::{Done, ROWS_MAX};
use super::{TABLE, folder};
use crate::plugin::v1::PsqlEnded;
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// How answers look: values alone, and the first error is the end.
pub(crate) const OPTIONS: [&str; 3] = ["-qtA", "-v", "ON_ERROR_STOP=1"];
/// What `psql` ends with when the connection is not there, or not any more.
const NO_CONNECTION: i32 = 2;
/// In what a script, which may be shown to a server of another encoding, is written.
const ENCODING: &str = "\\encoding UTF8\n";
/// Another run holds a lock.
const BUSY: &str = "busy";
/// The table is not what it was when somebody looked.
const MOVED: &str = "moved";
/// From here on what fails is the migration.
const BEGAN: &str = "began";
const DONE: &str = "done";
/// The code of an end without a complaint and without all that was to be said.
pub(super) const UNFINISHED: &str = "migration-unfinished";

/// What the database says of its past.
#[derive(Debug, Deserialize)]
pub(super) struct Past {
    /// What it is called: the lock of sqlx's migrator follows from it.
    pub(super) database: String,
    /// Of all rows, so that it is seen when they change.
    pub(super) digest: String,
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    version: i64,
    description: String,
    success: bool,
    checksum: String,
    at: String,
}

/// What came of a look.
#[derive(Debug)]
pub(super) enum Looked {
    Past(Past),
    Busy,
    /// The server refuses.
    Refused(String),
    /// There was no server, or not until the end.
    Silent(Failure),
}

/// What came of an attempt to apply one migration.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// With the digest of the rows that there are now, where it could be had.
    Done(Option<String>),
    Busy,
    Moved,
    /// The migration, in the server's words.
    Failed(String),
    /// What comes before it.
    Refused(String),
    /// Nobody knows.
    Unknown(Failure),
}

impl Past {
    /// By version, as what a connection reads.
    pub(super) fn done(&self) -> BTreeMap<i64, Done> {
        let done = |row: &Row| {
            // One that is no hexadecimal number is not the file's either.
            let checksum = hex::decode(&row.checksum).unwrap_or_default();
            let description = one_line(&row.description, folder::NAME_CHARS_MAX);
            (row.version, Done { description, success: row.success, checksum, at: one_line(&row.at, 40) })
        };
        self.rows.iter().map(done).collect()
    }
}

/// Reads what was applied. With `alone` it is read only while no other run goes on.
pub(super) fn look(alone: Option<&str>) -> String {
    let lock = alone.map(lock).unwrap_or_default();
    let digest = digest();
    format!(
        "{ENCODING}{lock}select to_regclass('{TABLE}') is not null as is_there \\gset\n\
         \\if :is_there\n\
         select json_build_object('database', current_database(), 'digest', ({digest}), 'rows', coalesce((select \
         json_agg(r) from (select version, description, success, encode(checksum, 'hex') as checksum, \
         to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as at from {TABLE} \
         order by version limit {ROWS_MAX}) r), '[]'));\n\
         \\else\n\
         select json_build_object('database', current_database(), 'digest', md5(''), 'rows', '[]'::json);\n\
         \\endif\n"
    )
}

/// Applies one, if what was seen of the database still holds.
pub(super) fn apply(migration: &Migration, past: &Past) -> String {
    let (seen, lock, digest) = (&past.digest, lock(&past.database), digest());
    let (begin, commit) = if migration.no_tx { ("", "") } else { ("begin;\n", "commit;\n") };
    let (version, checksum) = (migration.version, hex::encode(&migration.checksum));
    let mut script = format!(
        "{ENCODING}{lock}create table if not exists {TABLE} (version bigint primary key, description text not null, \
         installed_on timestamptz not null default now(), success boolean not null, checksum bytea not null, \
         execution_time bigint not null);\n\
         select ({digest}) = '{}' as is_same \\gset\n\\if :is_same\n\\else\n\\echo {MOVED}\n\\q\n\\endif\n\
         select clock_timestamp() as began \\gset\n\\echo {BEGAN}\n{begin}\\o /dev/null\n",
        hex_digits(seen),
    );
    // Writing to a string cannot fail.
    let _always = write!(
        script,
        "select {} \\gexec\n\\o\n\
         insert into {TABLE} (version, description, success, checksum, execution_time) \
         values ({version}, {}, true, decode('{checksum}', 'hex'), -1);\n\
         {commit}\\echo {DONE}\nselect ({digest}) as digest \\gset\n\\echo :digest\n\
         update {TABLE} set execution_time = extract(epoch from clock_timestamp() - :'began'::timestamptz) * 1e9 \
         where version = {version};\n",
        text(migration.sql.as_str()),
        text(&migration.description),
    );
    script
}

/// Takes both locks, this program's and that of sqlx's migrator, or says that they are taken. They go with the session.
fn lock(database: &str) -> String {
    let others = 0x3d32_ad9e * i64::from(Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(database.as_bytes()));
    format!(
        "select pg_try_advisory_lock({LOCK}) and pg_try_advisory_lock({others}) as is_alone \\gset\n\
         \\if :is_alone\n\\else\n\\echo {BUSY}\n\\q\n\\endif\n"
    )
}

fn digest() -> String {
    format!(
        "select md5(coalesce(string_agg(version || ' ' || success || ' ' || encode(checksum, 'hex'), ',' \
         order by version), '')) from {TABLE}"
    )
}

/// A text that nothing on the way reads.
pub(crate) fn text(text: &str) -> String {
    format!("convert_from(decode('{}', 'base64'), 'UTF8')", STANDARD.encode(text))
}

/// What the database answered becomes part of a script only as what it should be.
fn hex_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect()
}

/// What a look says.
pub(super) fn looked(ended: &PsqlEnded) -> Looked {
    match (ended.exit_code, ended.stdout.trim()) {
        (0, BUSY) => Looked::Busy,
        (0, answer) => match serde_json::from_str(answer) {
            Ok(past) => Looked::Past(past),
            Err(error) => Looked::Refused(format!("what it says of its migrations cannot be understood: {error}")),
        },
        (NO_CONNECTION, _) => Looked::Silent(no_connection(ended)),
        _ => Looked::Refused(complaint(&ended.stderr)),
    }
}

/// What an attempt says.
pub(super) fn attempted(ended: &PsqlEnded) -> Attempt {
    let lines: Vec<&str> = ended.stdout.lines().map(str::trim).collect();
    let has = |wanted: &str| lines.contains(&wanted);
    if let Some(place) = lines.iter().position(|line| *line == DONE) {
        let digest = lines.get(place + 1).filter(|digest| digest.len() == 32);
        return Attempt::Done(digest.map(|digest| (*digest).to_owned()));
    }
    match ended.exit_code {
        NO_CONNECTION => Attempt::Unknown(no_connection(ended)),
        0 if has(BUSY) => Attempt::Busy,
        0 if has(MOVED) => Attempt::Moved,
        0 => Attempt::Unknown(unfinished()),
        _ if has(BEGAN) => Attempt::Failed(complaint(&ended.stderr)),
        _ => Attempt::Refused(complaint(&ended.stderr)),
    }
}

/// All went well, as far as it went.
fn unfinished() -> Failure {
    Failure {
        kind: FailureKind::Ambiguous,
        code: UNFINISHED.to_owned(),
        message: "`psql` ended without a complaint before the migration did".to_owned(),
        help: None,
    }
}

fn no_connection(ended: &PsqlEnded) -> Failure {
    Failure {
        kind: FailureKind::Ambiguous,
        code: "database-connection-failed".to_owned(),
        message: complaint(&ended.stderr),
        help: None,
    }
}

/// What the server says is wrong and, where it says so, in which line.
pub(crate) fn complaint(stderr: &str) -> String {
    let after = |line: &str, words: &[&str]| words.iter().find_map(|word| Some(line.split_once(word)?.1.to_owned()));
    let mut lines = stderr.lines().skip_while(|line| after(line, &["ERROR:  ", "FATAL:  "]).is_none());
    let Some(mut reason) = lines.next().and_then(|line| after(line, &["ERROR:  ", "FATAL:  "])) else {
        return one_line(stderr, MESSAGE_CHARS_MAX);
    };
    for line in lines {
        if let Some((number, text)) = line.strip_prefix("LINE ").and_then(|line| line.split_once(": ")) {
            reason = format!("line {number}: {reason}, in `{}`", one_line(text.trim(), 120));
        } else if let Some(more) = after(line, &["DETAIL:  ", "HINT:  "]) {
            reason = format!("{reason} ({more})");
        }
    }
    one_line(&reason, MESSAGE_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(exit_code: i32, stdout: &str, stderr: &str) -> PsqlEnded {
        PsqlEnded { exit_code, stdout: stdout.to_owned(), stderr: stderr.to_owned(), ext: None }
    }

    #[test]
    fn what_an_attempt_says_is_told_by_what_it_printed_and_how_it_ended() {
        let digest = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(
            attempted(&ended(0, &format!("began\ndone\n{digest}\n"), "")),
            Attempt::Done(Some(digest.to_owned()))
        );
        assert_eq!(attempted(&ended(3, "began\ndone\n", "ERROR:  no")), Attempt::Done(None), "the rest is for show");
        assert_eq!(attempted(&ended(0, "busy\n", "")), Attempt::Busy);
        assert_eq!(attempted(&ended(0, "moved\n", "")), Attempt::Moved);
        assert_eq!(attempted(&ended(3, "began\n", "ERROR:  no")), Attempt::Failed("no".to_owned()));
        assert_eq!(attempted(&ended(3, "", "ERROR:  no")), Attempt::Refused("no".to_owned()));
        assert!(matches!(attempted(&ended(0, "began\n", "")), Attempt::Unknown(_)));
        assert!(matches!(attempted(&ended(0, "", "")), Attempt::Unknown(_)));
        assert!(matches!(attempted(&ended(2, "began\n", "FATAL:  x")), Attempt::Unknown(_)));
    }

    #[test]
    fn a_complaint_names_line_and_details_and_no_notice() {
        let stderr = "NOTICE:  relation exists\nERROR:  relation \"note\" does not exist\nLINE 3: insert into note;\n\
                      \x20                   ^\nDETAIL:  a\nHINT:  b\n";
        assert_eq!(complaint(stderr), "line 3: relation \"note\" does not exist, in `insert into note;` (a) (b)");
        assert_eq!(complaint("psql: error: no\u{1b}[31m"), "psql: error: no [31m");
        assert_eq!(complaint("psql: error: connection failed: FATAL:  no role"), "no role");
    }

    #[test]
    fn what_the_database_is_called_and_says_becomes_no_statement() {
        let past = Past { database: "'); drop".to_owned(), digest: "ab'; drop".to_owned(), rows: Vec::new() };
        let sql = sqlx::SqlSafeStr::into_sql_str("select 'drop'");
        let migration = Migration::new(1, "drop".into(), sqlx::migrate::MigrationType::Simple, sql, false);
        assert!(!apply(&migration, &past).contains("drop"), "{}", apply(&migration, &past));
    }

    #[test]
    fn the_lock_of_others_is_the_one_that_sqlx_takes() {
        // As Python computes it: `zlib.crc32(b"postgres") * 0x3d32ad9e`.
        assert!(lock("postgres").contains("pg_try_advisory_lock(368907709894077238)"), "{}", lock("postgres"));
    }
}
