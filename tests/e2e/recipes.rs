//! The `justfile`: every recipe is there, and is one command that the program has.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use systemprompt_tests::{Output, Sandbox, binary, repository};

/// Recipes by name, each with its lines.
fn recipes() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(repository().join("justfile")).expect("there is a justfile");
    let mut recipes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(command) = line.strip_prefix("    ") {
            recipes.entry(current.clone()).or_default().push(command.to_owned());
        } else {
            let head = line.strip_suffix(':').unwrap_or_else(|| panic!("`{line}` is no recipe"));
            head.split(' ').next().unwrap_or_default().clone_into(&mut current);
        }
    }
    recipes
}

/// Runs a recipe's line as `just` would: by `sh`, with the words in the place of its variable.
fn run(sandbox: &Sandbox, recipe: &str, words: &str) -> Output {
    let recipes = recipes();
    let [line] = &recipes[recipe][..] else { panic!("`{recipe}` has several lines") };
    let (before, after) = line.split_once("{{").unwrap_or((line, "}}"));
    let line = format!("{before}{words}{}", after.split_once("}}").expect("a variable ends").1);
    let mut command = sandbox.prepare(Command::new("sh"), ["-c", &line]);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", binary().parent().expect("the program is in a directory").display()));
    sandbox.start(command).end()
}

#[test]
fn every_recipe_of_the_guide_is_one_command_that_there_is() {
    let recipes = recipes();
    for name in ["db-up", "db-down", "login", "session", "tenant", "profile", "status"] {
        let lines = recipes.get(name).unwrap_or_else(|| panic!("there is no recipe `{name}`"));
        assert!(lines.len() == 1 && lines[0].starts_with("systemprompt "), "{name}: {lines:?}");
        let sandbox = Sandbox::new();
        run(&sandbox, name, "--help").ok();
    }
}

#[test]
fn recipes_take_a_tenant_through_a_day() {
    let sandbox = Sandbox::new();
    run(&sandbox, "db-up", "--provider native").ok();
    run(&sandbox, "tenant", "create --type local --provider native --name one").ok();
    run(&sandbox, "tenant", "select one").ok();
    let status = run(&sandbox, "status", "").ok();
    assert!(status.stdout.contains("ready"), "{}", status.whole());
    run(&sandbox, "profile", "create local").ok();
    run(&sandbox, "session", "").ok();
    run(&sandbox, "db-down", "--provider native").ok();
    run(&sandbox, "status", "").exits(1);
}
