//! systemprompt.
fn main() {}
