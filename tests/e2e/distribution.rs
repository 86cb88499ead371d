//! A plugin's way from its author to a user, and out again.

mod lifecycle;
mod locked;
mod registry;
mod server;
mod signed;
mod taken_back;
mod web;

use std::ffi::OsStr;
use std::path::Path;

use systemprompt_tests::{Output, Sandbox};

/// Runs a command of `plugin` about a file.
fn of_file(sandbox: &Sandbox, word: &str, file: &Path, more: &str) -> Output {
    let head = ["plugin".as_ref(), word.as_ref(), file.as_os_str()];
    sandbox.run(head.into_iter().chain(more.split_whitespace().map(OsStr::new)))
}

#[track_caller]
fn refused(output: &Output, exit: i32, code: &str) {
    assert_eq!((output.code, output.error_code()), (exit, code.to_owned()), "\n{}", output.whole());
}
