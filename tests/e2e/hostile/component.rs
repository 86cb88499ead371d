//! Components that are harmful before they run: while they are compiled, or by what they import.

use std::fmt::Write as _;

use super::*;

/// Five seconds of computing are allowed for a small one; the rest is for a loaded machine.
const COMPILE_BOUND: Duration = Duration::from_mins(1);

/// One function of many loops, in which each of many variables may be another at each turn.
fn tangled(size: usize) -> Vec<u8> {
    let mut text = format!("(component (core module (func (param i64) (result i64) (local {})", "i64 ".repeat(size));
    for number in 0..size {
        let to = (number * 7 + 1) % size;
        let _ = write!(text, " loop local.get {number} i64.const {number} i64.add local.set {to}");
    }
    for number in 0..size {
        let _ = write!(text, " local.get {} i64.eqz br_if 0 end", number * 3 % size);
    }
    text.push_str(" local.get 0)))");
    wat::parse_str(&text).expect("it is a component")
}

#[test]
fn a_component_that_would_be_compiled_for_hours_is_refused_and_runs_nothing() {
    let sandbox = Sandbox::new();
    let bomb = tangled(1_000);
    assert!(bomb.len() < 20_000, "{} bytes", bomb.len());
    let begun = Instant::now();
    let output = install(&sandbox, &bomb).exits(4);
    assert!(begun.elapsed() < COMPILE_BOUND, "it took {} s", begun.elapsed().as_secs());
    assert_data_eq!(
        told(&output),
        str![[r#"
! error: this plugin is not compiled: it takes more than 5 s of computing
! help: nothing of it was run; ask its author for one that compiles in less
? 4

"#]]
    );
    assert!(!sandbox.file("log.db").exists(), "a plugin that was not installed makes no project");
}

#[test]
fn a_component_that_would_need_all_memory_to_compile_is_refused_and_runs_nothing() {
    let sandbox = Sandbox::new();
    let path = plugin::file(&sandbox, "bomb.wasm", &tangled(10_000));
    let output = sandbox.say(&format!("plugin test {} --json", path.display())).exits(4);
    assert_eq!(output.error_code(), "plugin-compile-limit", "{}", output.whole());
    assert!(output.whole().contains("MiB of memory"), "{}", output.whole());
}

#[test]
fn a_component_that_imports_what_no_world_offers_is_refused_by_name() {
    let sandbox = Sandbox::new();
    let text = r#"(component (import "wasi:cli/environment@0.2.0" (instance
        (export "get-arguments" (func (result (list string)))))))"#;
    let output = install(&sandbox, &wat::parse_str(text).expect("it is a component")).exits(4);
    assert!(output.stderr.contains("wasi:cli/environment"), "{}", output.whole());
    assert!(!sandbox.file("log.db").exists());
}
