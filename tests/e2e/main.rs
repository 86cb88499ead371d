//! End-to-end promises.
fn main() {}
