//! Bombs that no compiler makes, written in WebAssembly's own text: tables that are too large, too many, or grow on.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;

/// The contract, which says what a component is made for.
const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/wit/v1");

/// A provider whose every function does `body`, in a module with these `parts` as well.
fn provider(parts: &str, body: &str) -> Vec<u8> {
    // As the contract's records lie flat; what has more than sixteen parts is handed over in memory.
    let exports = [
        ("describe", 0),
        ("probe", 0),
        ("check", 2),
        ("plan", 1),
        ("run", 1),
        ("status", 15),
        ("orphans", 2),
        ("psql", 1),
    ];
    let function = |(export, params): (&str, usize)| {
        let params = "i32 ".repeat(params);
        let name = format!("systemprompt:provider/provider@1.0.0#{export}");
        format!("(func (export \"{name}\") (param {params}) (result i32) {body})")
    };
    let exports: String = exports.into_iter().map(function).collect();
    let realloc = "(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 8))";
    let text = format!("(module (memory (export \"memory\") 1) {realloc} {parts} {exports})");
    let mut module = wat::parse_str(&text).expect("it is a module");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(CONTRACT).expect("the contract is there");
    let world = resolve.select_world(&[package], Some("plugin")).expect("it has a world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("it fits the world");
    let encoded = ComponentEncoder::default().validate(true).module(&module).and_then(ComponentEncoder::encode);
    encoded.expect("it is a component")
}

#[test]
fn a_table_bomb_is_stopped_at_its_limit_and_nothing_is_installed() {
    let large = "it needs a table of more than 20000 elements";
    let many = "it is made of more than 100 modules, 4 memories or 8 tables";
    let grows = "(loop (drop (table.grow (ref.null func) (i32.const 1000))) (br 0)) unreachable";
    let tables = "(table 1 funcref)".repeat(9);
    for (parts, body, says) in [
        ("(table 1 funcref)", grows, large),
        ("(table 100000 funcref)", "unreachable", large),
        (tables.as_str(), "unreachable", many),
    ] {
        let sandbox = Sandbox::new();
        let output = install(&sandbox, &provider(parts, body)).exits(1);
        assert!(output.stderr.contains(&format!("was stopped: {says}")), "{}", output.whole());
        assert_harmless(&output);
        assert!(!sandbox.file("log.db").exists(), "a plugin that was not installed makes no project");
    }
}
