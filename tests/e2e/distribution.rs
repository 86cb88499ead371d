//! A plugin's way from its author to a user, and out again.

mod interrupted;
mod lifecycle;
mod locked;
mod makers;
mod registry;
mod server;
mod signed;
mod taken_back;
mod unread;
mod web;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use systemprompt_tests::{Output, Sandbox};

use crate::hostile::plugin::file;

/// Runs a command of `plugin` about a file.
fn of_file(sandbox: &Sandbox, word: &str, file: &Path, more: &str) -> Output {
    let head = ["plugin".as_ref(), word.as_ref(), file.as_os_str()];
    sandbox.run(head.into_iter().chain(more.split_whitespace().map(OsStr::new)))
}

/// Makes a pair of keys, and answers with the public one.
fn keygen(sandbox: &Sandbox, name: &str) -> String {
    let made = sandbox.say(&format!("plugin keygen -o {name} --no-password --json")).ok().data();
    made["key"].as_str().unwrap_or_default().to_owned()
}

/// A component, signed.
fn signed(sandbox: &Sandbox, name: &str, component: &[u8], key: &str) -> PathBuf {
    let path = file(sandbox, name, component);
    of_file(sandbox, "sign", &path, &format!("--key {key}")).ok();
    path
}

#[track_caller]
fn refused(output: &Output, exit: i32, code: &str) {
    assert_eq!((output.code, output.error_code()), (exit, code.to_owned()), "\n{}", output.whole());
}
