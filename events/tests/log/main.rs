//! The log from outside: what it promises, whatever happens to it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod clocks;
mod conformance;
mod daily;
mod damage;
mod flipped;
mod glance;
mod moments;
mod opening;
mod property;
mod removal;
mod requests;
mod structure;
mod support;
mod taking_in;
mod timeline;
mod undo;
mod views;
