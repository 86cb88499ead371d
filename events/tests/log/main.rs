//! The log from outside: what it promises, whatever happens to it.

mod conformance;
mod damage;
mod opening;
mod property;
mod requests;
mod support;
mod views;
