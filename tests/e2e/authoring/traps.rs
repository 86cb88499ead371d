//! A provider that stops in the middle: its author is told where in the source that was, and a user in which functions.

use std::fs;

use systemprompt_tests::Sandbox;

use super::{change, say_in, with_rust};

/// Misfortunes that a setting meets, each in a function of its own.
const MISFORTUNES: &str = r"
#[inline(never)]
fn misfortune(port: u16) {
    let ports = std::hint::black_box(vec![1_u16, 2, 3]);
    match port {
        5999 => drop(std::hint::black_box(ports[usize::from(port)])), // beyond
        5998 => core::arch::wasm32::unreachable(), // unreachable
        5997 => while ports.iter().any(|other| *other != std::hint::black_box(port)) {}, // endless
        _ => {}
    }
}
";

/// A project whose provider has misfortunes, and its component.
fn unfortunate() -> (Sandbox, String) {
    let sandbox = with_rust();
    sandbox.say("plugin new acme-postgres").ok();
    let code = sandbox.project().join("acme-postgres/src/lib.rs");
    let create = "    fn create(op: &Operation<Config>) -> Result<Value, Failure> {\n";
    change(&code, create, &format!("{create}        misfortune(op.tenant()?.config.port);\n"));
    let text = fs::read_to_string(&code).expect("the code can be read") + MISFORTUNES;
    fs::write(&code, &text).expect("the code can be written");
    say_in(&sandbox, "acme-postgres", "plugin build").ok();
    (sandbox, text)
}

/// Where a line of the code is, as a trace names it.
fn place(code: &str, of: &str) -> String {
    format!("src/lib.rs:{}:", code.lines().position(|line| line.contains(of)).expect("such a line") + 1)
}

#[test]
fn an_author_is_told_what_stopped_a_provider_and_where_in_its_source() {
    let (sandbox, code) = unfortunate();
    let run = |port: u16| {
        say_in(&sandbox, "acme-postgres", &format!("plugin run create acme-postgres.wasm --config port={port}"))
    };
    let said = run(5999).exits(1).stdout;
    let beyond = place(&code, "// beyond");
    assert!(said.contains(&format!("it trapped: it panicked at {beyond}")), "{said}");
    assert!(said.contains("index out of bounds: the len is 3 but the index is 5999\n"), "{said}");
    let called = place(&code, "misfortune(op.tenant()");
    for (port, of) in [(5999, "// beyond"), (5998, "// unreachable"), (5997, "// endless")] {
        let trace = run(port).exits(1).stdout;
        let mut places = trace.lines().filter_map(|line| line.strip_prefix("  at "));
        let innermost = places.next().unwrap_or_default();
        assert!(innermost.starts_with(&format!("acme_postgres::misfortune ({}", place(&code, of))), "{trace}");
        let outer = places.next().unwrap_or_default();
        assert!(outer.starts_with("acme_postgres::MyProvider::create") && outer.contains(&called), "{trace}");
        assert_eq!(places.next(), None, "how the program called it says nothing to an author: {trace}");
    }

    let tested = "plugin test acme-postgres.wasm --config port=5998 --json";
    let tested = say_in(&sandbox, "acme-postgres", tested).exits(1).data();
    let broken = tested["promises"].as_array().expect("promises").iter().find(|tried| tried["outcome"] == "broken");
    let innermost = broken.expect("one is broken")["trace"][0].as_str().expect("a trace");
    assert!(innermost.contains(&place(&code, "// unreachable")), "{innermost}");
}

#[test]
fn a_user_of_an_installed_provider_is_told_in_which_of_its_functions_it_stopped() {
    let (sandbox, _) = unfortunate();
    sandbox.say("plugin install acme-postgres/acme-postgres.wasm --yes").ok();
    let line = "cloud tenant create --type local --name shop --provider acme-postgres --config port=5998";
    let told = sandbox.say(line).exits(1).stderr;
    let expected = "  at acme_postgres::misfortune\n  at acme_postgres::MyProvider::create\n";
    assert!(told.contains(expected), "{told}");
    let resumed = sandbox.say("cloud tenant resume shop --json").exits(1);
    assert_eq!(resumed.error_code(), "plugin-trap");
    let error: serde_json::Value = serde_json::from_str(&resumed.stdout).expect("a document");
    let trace = serde_json::json!(["acme_postgres::misfortune", "acme_postgres::MyProvider::create"]);
    assert_eq!(error["error"]["trace"], trace);
}
