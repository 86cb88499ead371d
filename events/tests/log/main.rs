//! The log from outside: what it promises, whatever happens to it.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod conformance;
mod damage;
mod opening;
mod property;
mod requests;
mod support;
mod views;
