//! End-to-end promises, kept from outside: the real binary, real servers. This list is the table of contents.

#![allow(clippy::needless_raw_string_hashes, reason = "expected outputs are written by snapbox, which writes them so")]

mod again;
mod canary;
mod crash;
mod damage;
mod failures;
mod grants;
mod hostile;
mod isolation;
mod life;
mod many;
mod names;
mod readme;
mod reference;
mod registry;
mod tidy;
mod transcripts;
