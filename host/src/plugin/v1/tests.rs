//! Guests written in WebAssembly's own text, which do what no compiler would have them do.

use std::collections::BTreeSet;

use systemprompt_events::PluginId;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::*;
use crate::places::Places;
use crate::plugin::catalog;
use crate::plugin::destination::Allowed;
use crate::plugin::engine;
use crate::plugin::maker::Maker;

/// Far less than anything here waits for.
const SOON: Duration = Duration::from_millis(20);

/// Sleeps for ten minutes, or as long as one call of the host may.
const SLEEPS: &str = "(call $sleep (i64.const 600000)) unreachable";

/// A provider whose every export does `body`, in a module with these `parts` as well.
fn provider(parts: &str, body: &str) -> Provider {
    let name = |export: &str| format!(r#"(export "systemprompt:provider/provider@1.0.0#{export}")"#);
    let function = |(export, params): (&str, usize)| {
        format!("(func {} (param {}) (result i32) {body})", name(export), "i32 ".repeat(params))
    };
    // As the contract's records lie flat: what has more than sixteen parts is handed over in memory.
    let exports = [("describe", 0), ("probe", 0), ("check", 2), ("plan", 1), ("run", 1), ("status", 15)];
    let exports: String = exports.into_iter().chain([("orphans", 2), ("psql", 1)]).map(function).collect();
    let module = format!(
        r#"(module
            (import "systemprompt:provider/clock@1.0.0" "sleep" (func $sleep (param i64)))
            (import "systemprompt:provider/log@1.0.0" "write" (func $log (param i32 i32 i32 i32)))
            (memory (export "memory") 16)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
            {parts} {exports})"#
    );
    let mut module = wat::parse_str(&module).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/wit/v1")).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    let wasm = ComponentEncoder::default().validate(true).module(&module).and_then(ComponentEncoder::encode).unwrap();
    let engine = engine::make(engine::Traces::Functions).unwrap();
    let component = Component::from_binary(&engine, &wasm).unwrap();
    Provider::new(engine, component, Demand::default()).unwrap()
}

/// A guest of its own, with all that it imports, before a world with nothing in it.
fn guest() -> Guest {
    let places = Places::find(&|_| Some("/nonexistent".into()), false).unwrap();
    let id: PluginId = "wat".parse().unwrap();
    let granted = BTreeSet::from(OFFERED.map(ToOwned::to_owned));
    Guest::new(id, Maker::Program, granted, Allowed::default(), catalog::nothing(&places))
}

/// Why a call was ended: the error's code and words.
fn ended<T>((world, answer): (World, Called<T>)) -> (&'static str, String) {
    drop(world);
    match answer {
        Err(PluginError::Stopped { code, reason, .. }) => (code, reason),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it answered"),
    }
}

async fn run(provider: &Provider) -> (&'static str, String) {
    ended(provider.run(guest(), &request()).await)
}

fn request() -> Request {
    let empty = || "{}".to_owned();
    Request { operation: "create".into(), operation_id: "1".into(), tenant: None, input: empty(), ext: None }
}

#[tokio::test]
async fn whatever_is_asked_of_a_plugin_that_only_waits_is_given_up_by_the_clock() {
    let provider = Provider { deadline: |_| Some(SOON), ..provider("", SLEEPS) };
    let tenant_free: [(&str, (&str, String)); 5] = [
        ("probe", ended(provider.probe(guest()).await)),
        ("check", ended(provider.check(guest(), &"{}".to_owned()).await)),
        ("plan", ended(provider.plan(guest(), &request()).await)),
        ("status", ended(provider.status(guest(), None).await)),
        ("orphans", ended(provider.orphans(guest(), &[]).await)),
    ];
    for (export, (code, reason)) in tenant_free {
        assert_eq!(code, "plugin-limit", "{reason}");
        assert_eq!(reason, format!("its `{export}` had not ended after 0 s, waiting included"));
    }
}

#[tokio::test]
async fn a_plugin_that_waits_before_it_is_asked_anything_is_given_up_as_well() {
    let parts = "(func $first (call $sleep (i64.const 600000))) (start $first)";
    let provider = Provider { deadline: |_| Some(SOON), ..provider(parts, "unreachable") };
    assert_eq!(ended(provider.status(guest(), None).await).0, "plugin-limit");
}

#[tokio::test]
async fn what_a_call_was_lent_comes_back_from_one_that_is_given_up() {
    let provider = Provider { deadline: |_| Some(SOON), ..provider("", SLEEPS) };
    let mut lent = guest();
    lent.world.tag = Some("lent".to_owned());
    let (world, answer) = provider.status(lent, None).await;
    assert!(answer.is_err());
    assert_eq!(world.tag.as_deref(), Some("lent"));
}

#[test]
fn an_operation_and_statements_take_as_long_as_they_need_and_nothing_else_does() {
    let all = [Export::Probe, Export::Check, Export::Plan, Export::Run, Export::Status, Export::Orphans, Export::Psql];
    let endless: Vec<_> = all.into_iter().filter(|export| deadline(*export).is_none()).collect();
    assert_eq!(endless, [Export::Run, Export::Psql]);
}

#[tokio::test]
async fn a_table_bomb_is_a_limit_and_says_which() {
    let grown = "(drop (table.grow (ref.null func) (i32.const 1000000))) unreachable";
    let large = "(table 100000 funcref)";
    let tables = "(table 1 funcref)".repeat(9);
    let elements = "it needs a table of more than 20000 elements";
    let parts = "it is made of more than 100 modules, 4 memories or 8 tables";
    for (declared, body, says) in
        [("(table 1 funcref)", grown, elements), (large, "unreachable", elements), (&tables, "unreachable", parts)]
    {
        assert_eq!(run(&provider(declared, body)).await, ("plugin-limit", says.to_owned()));
    }
}

#[tokio::test]
async fn a_memory_that_grows_too_far_is_a_limit_and_says_which() {
    let too_much = ("plugin-memory-limit", "it needs more than 64 MiB of memory".to_owned());
    assert_eq!(run(&provider("", "(drop (memory.grow (i32.const 2000))) unreachable")).await, too_much);
}

#[tokio::test]
async fn what_is_handed_over_at_once_has_an_end_before_it_is_copied() {
    // A text of more than the limit, of memory that the guest has.
    let body = "(drop (memory.grow (i32.const 400)))
        (call $log (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 20000000)) unreachable";
    assert_eq!(run(&provider("", body)).await, ("plugin-limit", "it handed over more than 16 MiB at once".to_owned()));
}
