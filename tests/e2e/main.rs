//! End-to-end promises, kept from outside: the real binary, real servers. This list is the table of contents.

mod again;
mod canary;
mod damage;
mod isolation;
mod life;
mod many;
mod names;
mod readme;
mod reference;
mod registry;
mod tidy;
mod transcripts;
