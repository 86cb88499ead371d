//! What every provider promises, tried on components: those that the program carries keep it, and one that does not is
//! found out.

use std::fs;

use serde_json::Value;
use systemprompt_tests::{Output, Sandbox};

use super::player;
use crate::hostile::plugin;

/// All promises are tried, and kept.
#[track_caller]
pub(crate) fn keeps_all(output: Output, promises_min: u64) {
    let data = output.ok().data();
    assert_eq!((data["broken"].as_u64(), data["not_tried"].as_u64()), (Some(0), Some(0)), "{data:#}");
    assert!(data["kept"].as_u64() >= Some(promises_min), "{data:#}");
}

#[test]
fn the_local_providers_keep_what_they_promise() {
    let sandbox = Sandbox::new();
    keeps_all(sandbox.say("plugin test native --json"), 49);
    keeps_all(sandbox.say("plugin test docker --json"), 49);
    keeps_all(sandbox.say("plugin test docker --config dedicated=true --json"), 49);
    assert!(!sandbox.file("").exists(), "no project is needed, and none is made");
}

#[test]
fn the_provider_for_any_postgresql_server_keeps_what_it_promises() {
    keeps_all(Sandbox::new().say("plugin test postgres --json"), 43);
}

#[test]
fn the_provider_for_fly_keeps_what_it_promises() {
    let fly = player::of_fly();
    let line = format!("plugin test fly --service https://api.machines.dev={fly} --json");
    keeps_all(Sandbox::new().say(&line), 25);
}

#[test]
fn the_provider_for_fly_keeps_what_it_promises_where_fly_manages_the_database() {
    let fly = player::of_fly_that_manages();
    let line = format!("plugin test fly --config database=managed --service https://api.machines.dev={fly} --json");
    let data = Sandbox::new().say(&line).exits(1).data();
    let promises = data["promises"].as_array().expect("a list of promises");
    // What Fly does not offer is refused, by its plan as well: that is all that is not as it is elsewhere.
    let (refused, others): (Vec<_>, Vec<_>) = promises.iter().partition(|tried| tried["about"] == "external-access");
    let says = |tried: &&Value| tried["why"].as_str().is_some_and(|why| why.contains("Fly has no address outside"));
    assert!(refused.len() >= 4 && refused.iter().all(says), "{refused:#?}");
    let kept = others.iter().filter(|tried| tried["outcome"] == "kept").count();
    let broken: Vec<_> = others.iter().filter(|tried| tried["outcome"] == "broken").collect();
    assert!(broken.is_empty() && kept >= 20, "{kept} kept, and broken: {broken:#?}");
}

/// What became of a promise.
fn outcome<'a>(data: &'a Value, about: &str, promise: &str) -> &'a Value {
    let promises = data["promises"].as_array().expect("a list of promises");
    let found = promises.iter().find(|tried| tried["about"] == about && tried["promise"] == promise);
    found.unwrap_or_else(|| panic!("{about} {promise} was not tried: {data:#}"))
}

/// The plugin that misbehaves, tried in one of its modes.
fn misbehaving(mode: &str) -> Value {
    let sandbox = Sandbox::new();
    let file = plugin::file(&sandbox, "hostile.wasm", plugin::COMPONENT);
    let fly = player::of_fly();
    let line =
        format!("plugin test {} --config mode={mode} --service https://localhost:9={fly} --json", file.display());
    sandbox.say(&line).exits(1).data()
}

#[test]
fn a_plugin_that_traps_or_computes_without_end_is_said_to_have_been_stopped() {
    for (mode, why) in [("trap", "it trapped"), ("spin", "it computed for more than 2 s without calling the host")] {
        let data = misbehaving(mode);
        let found = outcome(&data, "create", "takes the steps of its plan, which changes nothing");
        assert_eq!(found["outcome"], "broken");
        let said = found["why"].as_str().unwrap_or_default();
        assert!(said.contains("an undisturbed `create`: it was stopped") && said.contains(why), "{said}");
        let next = outcome(&data, "edit", "keeps what every operation promises");
        assert_eq!(next["outcome"], "not-tried", "what needs a tenant is not tried without one: {next}");
    }
}

#[test]
fn what_the_program_could_not_record_breaks_a_promise_in_a_rehearsal_too() {
    for (mode, why) in
        [("deep-result", "it handed over a result that is not usable"), ("deep-answer", "nested too deeply")]
    {
        let data = misbehaving(mode);
        let found = outcome(&data, "create", "takes the steps of its plan, which changes nothing");
        assert_eq!(found["outcome"], "broken");
        assert!(found["why"].as_str().is_some_and(|said| said.contains(why)), "{mode}: {found}");
    }
}

#[test]
fn a_plugin_whose_words_would_change_a_terminal_is_found_out() {
    let data = misbehaving("good");
    let found = outcome(&data, "contract", "says who it is, the same each time");
    assert_eq!(found["why"], r"the title has control characters: Hostile\u{1b}[2J\u{202e} provider");
}

#[test]
fn a_report_for_continuous_integration_has_a_case_for_each_promise() {
    let sandbox = Sandbox::new();
    let data = sandbox.say("plugin test native --junit report.xml --json").ok().data();
    let report = fs::read_to_string(sandbox.project().join("report.xml")).expect("there is a report");
    let cases = report.matches("<testcase ").count();
    assert_eq!(Some(cases), data["promises"].as_array().map(Vec::len), "{report}");
    assert!(report.contains("<testsuite name=\"rotate-credentials\" tests=\"6\""), "{report}");
    assert!(report.contains("failures=\"0\" errors=\"0\""), "{report}");
}
