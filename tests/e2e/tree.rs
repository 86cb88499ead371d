//! What every command keeps, walked over the whole tree: help, examples, `--json` with a published schema for success and
//! for errors, and no question where there is no terminal.
//!
//! A new command needs four things: sentences in its doc comments, `after_help` with examples of itself, a row in
//! `docs/json.md`, and `docs/schemas/<name>.v1.json`. Each failure below says which is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;
use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::schema::SCHEMAS;
use systemprompt_tests::{Help, Output, Sandbox, repository, seed, terminal, until};

use crate::hostile::plugin;

const ERROR: &str = "systemprompt/error/v1";

/// Commands of which no example succeeds on the document's own registry; [`what_needs_more_than_a_registry_answers_too`]
/// reads their documents.
const NEED_MORE: &[&str] = &[
    "cloud auth login",
    "cloud auth whoami",
    "cloud profile delete",
    "cloud secrets unset",
    "cloud tenant cancel",
    "cloud tenant restore",
    "cloud tenant resume",
    "cloud tenant rotate-credentials",
    "cloud tenant status",
    "env",
    "history redo",
    "history prove",
    "history verify-proof",
    "history import",
    "infra db migrate",
    "infra db psql",
    "plugin build",
    "plugin grant",
    "plugin install",
    "plugin push",
    "plugin remove",
    "plugin revoke",
    "plugin sign",
    "plugin upgrade",
];

#[test]
fn every_command_and_each_of_its_arguments_is_explained_in_words() {
    for help in Help::tree(&Sandbox::new()) {
        let name = help.name();
        let first = help.about.first().map_or("", String::as_str);
        assert!(
            is_sentence(first),
            "`{name} --help` begins with `{first}`: say what it does, in words, as a doc comment"
        );
        for (entry, about) in help.commands.iter().chain(&help.arguments).chain(&help.options) {
            assert!(is_sentence(about), "`{name} --help` says `{about}` of `{entry}`: say what it is, in words");
        }
    }
}

#[test]
fn every_command_shows_examples_of_itself() {
    for help in Help::tree(&Sandbox::new()).iter().filter(|help| !help.words.is_empty()) {
        let own = format!("systemprompt {}", help.name());
        assert!(!help.examples.is_empty(), "`{own} --help` has no examples: give it `after_help = \"Examples:…\"`");
        for example in &help.examples {
            assert!(example.starts_with(&own), "`{own} --help` has an example of something else: {example}");
        }
    }
}

#[test]
fn every_command_has_a_row_in_the_documentation_and_a_published_schema() {
    let answers = answers();
    let leaves: BTreeSet<_> = leaves().iter().map(Help::name).collect();
    for name in &leaves {
        assert!(answers.contains_key(name), "docs/json.md does not say which document `{name} --json` prints");
    }
    for (name, schemas) in &answers {
        assert!(leaves.contains(name), "docs/json.md speaks of `{name}`, which is no command (names are given whole)");
        for schema in schemas {
            assert!(SCHEMAS.contains_key(schema), "`{schema}` of `{name}` is not published in docs/schemas");
        }
    }
}

#[test]
fn every_schema_in_the_source_is_published_and_documented_and_no_other() {
    let pattern = Regex::new(r"systemprompt/[a-z-]+/v\d+").expect("BUG: a fixed pattern is valid");
    let of = |text: &str| pattern.find_iter(text).map(|found| found.as_str().to_owned()).collect::<BTreeSet<_>>();
    // Names of the same form elsewhere are what seals and grants are bound to.
    let (parts, printers) = (["host/src/view", "host/src/command"], ["host/src/ui.rs", "host/src/report.rs"]);
    let below = parts.iter().flat_map(|part| Sandbox::files_below(&repository().join(part)));
    let sources: Vec<_> = below.chain(printers.iter().map(|file| repository().join(file))).collect();
    let printed: BTreeSet<_> =
        sources.iter().flat_map(|path| of(&fs::read_to_string(path).expect("a source file can be read"))).collect();
    let published: BTreeSet<_> = SCHEMAS.keys().cloned().collect();
    assert_eq!(printed, published, "left: what the program prints; right: docs/schemas");
    assert_eq!(of(&json_page()), published, "left: docs/json.md; right: docs/schemas");
}

#[test]
fn every_schema_says_what_it_is_and_names_a_type_for_every_field() {
    for (name, schema) in &*SCHEMAS {
        let title = schema.published["title"].as_str().unwrap_or_default();
        assert!(is_sentence(title), "{name}: its title is `{title}`");
        let (_, rest) = name.split_once('/').expect("a name has parts");
        assert_eq!(schema.published["$id"], format!("urn:systemprompt:{}", rest.replace('/', ":")));
        untyped(&schema.published, name);
    }
}

#[test]
fn every_command_called_with_nothing_answers_in_one_document_and_asks_nothing() {
    let answers = answers();
    for help in leaves() {
        let sandbox = Sandbox::with_registry(seed::REGISTRY);
        let name = help.name();
        let output = terminal::unseen(&sandbox, &format!("systemprompt --json {name}"));
        check(&name, &answers, &output);
    }
}

#[test]
fn every_example_answers_in_one_published_document() {
    let (answers, mut silent) = (answers(), Vec::new());
    for help in leaves() {
        let (sandbox, name) = (Sandbox::with_registry(seed::REGISTRY), help.name());
        sandbox.say("cloud tenant select my-project").ok();
        if name != "cloud profile create" {
            sandbox.say("cloud profile create local").ok();
        }
        // What examples read from files.
        for (file, text) in
            [("url.txt", "postgres://me:secret@127.0.0.1:1/old\n"), ("token.txt", "a token\n"), ("fly.token", "")]
        {
            fs::write(sandbox.project().join(file), text).expect("a file can be written");
        }
        let mut own = answers[&name].is_empty();
        // What goes on until it is interrupted is tried where it is interrupted.
        let endless = [" -f", " --follow", " --watch"];
        for example in help.examples.iter().filter(|example| !endless.iter().any(|word| example.contains(word))) {
            // What becomes of the output is no concern of ours.
            let example = example.split(" | ").next().unwrap_or_default();
            let example = example.split(" > ").next().unwrap_or_default();
            let line = example.replacen("systemprompt ", "systemprompt --json ", 1);
            own |= check(&name, &answers, &terminal::unseen(&sandbox, &line)) != ERROR;
        }
        if !own && !NEED_MORE.contains(&name.as_str()) {
            silent.push(name);
        }
    }
    assert!(silent.is_empty(), "no example of these succeeds on the document's own registry: add one: {silent:?}");
}

#[test]
fn what_needs_more_than_a_registry_answers_too() {
    let (sandbox, answers) = (Sandbox::new(), answers());
    let file = plugin::file(&sandbox, "hostile.wasm", plugin::COMPONENT);
    let answered = |name: &str, arguments: &str| {
        let output = sandbox.say(&format!("{name} {arguments} --json")).ok();
        assert_ne!(check(name, &answers, &output), ERROR, "{}", output.whole());
    };
    answered("plugin install", &format!("{} --yes", file.display()));
    answered("plugin install", "--locked");
    answered("plugin revoke", "hostile docker");
    answered("plugin grant", "hostile --yes");
    answered("plugin keygen", "-o publisher.key --no-password");
    answered("plugin sign", &format!("{} --key publisher.key", file.display()));
    answered("plugin upgrade", "hostile --yes");
    answered("plugin remove", "hostile");
    answered("plugin install", &format!("{} --yes", file.display()));
    answered("cloud tenant create", "--type local --name mine --provider native");
    answered("cloud tenant status", "mine");
    answered("cloud tenant rotate-credentials", "mine -y");
    answered("cloud profile create", "local --tenant mine");
    answered("cloud profile delete", "local -y");
    terminal::unseen(&sandbox, "echo hush | systemprompt cloud secrets set API_KEY --stdin --tenant mine").ok();
    answered("cloud secrets unset", "API_KEY --tenant mine");
    answered("cloud tenant delete", "mine --grace 1h -y");
    answered("cloud tenant restore", "mine");
    answered("history undo", "");
    answered("history redo", "");
    answered("env", "--tenant mine");
    let fly = FakeFly::start();
    let login =
        format!("echo {} | systemprompt --json cloud auth login --token-stdin --api-url {}", fly.token(), fly.url());
    let login = terminal::unseen(&sandbox, &login).ok();
    assert_ne!(check("cloud auth login", &answers, &login), ERROR, "{}", login.whole());
    answered("cloud auth whoami", "--check");
    answered("cloud tenant create", "--region iad --name prod");
    answered("infra db psql", "--tenant prod");
    let migrations = sandbox.project().join("migrations");
    fs::create_dir(&migrations).expect("a directory can be made");
    fs::write(migrations.join("1_create_notes.sql"), "CREATE TABLE notes ();").expect("a file can be written");
    answered("infra db migrate", "--tenant mine");
    answered("history checkpoint", "");
    answered("history prove", "1 --output proof.json");
    answered("history verify-proof", &format!("proof.json --key {}", sandbox.say("history key").ok().stdout.trim()));
    sandbox.say("history export --output history.ndjson").ok();
    answered("history import", "history.ndjson");
    let mut creation = sandbox.spawn(plugin::creation("sleep").split_whitespace());
    until("a creation that takes its time", || {
        let listed = sandbox.say("cloud tenant list --json").ok().data();
        listed.to_string().contains("creating").then_some(())
    });
    creation.child.kill().expect("a child can be killed");
    creation.end().exits(137);
    answered("cloud tenant resume", "x --undo");
}

/// The schema of what a command printed, which has to be one of its own or an error that tells what to do.
#[track_caller]
fn check(name: &str, answers: &BTreeMap<String, BTreeSet<String>>, output: &Output) -> String {
    assert_ne!(
        output.code,
        terminal::WAITED,
        "`{}` waits for an answer although no stream is a terminal",
        output.command
    );
    if answers[name].is_empty() && output.code == 0 {
        return "none".to_owned();
    }
    let document = output.json();
    let schema = document["schema"].as_str().unwrap_or_default().to_owned();
    assert!(schema == ERROR || answers[name].contains(&schema), "`{name}` prints `{schema}`\n{}", output.whole());
    assert!(schema == ERROR || output.code <= 1, "an answer ends with 0, or 1 if it is bad news: {}", output.whole());
    assert!(schema != ERROR || output.code != 0, "an error does not end with 0: {}", output.whole());
    if let Some(help) = document["error"]["help"].as_str() {
        assert!(!help.starts_with("systemprompt "), "a command to type is a next step, not a help: {}", output.whole());
    }
    schema
}

/// The commands that do something.
fn leaves() -> Vec<Help> {
    Help::tree(&Sandbox::new()).into_iter().filter(|help| help.commands.is_empty()).collect()
}

/// Which documents a command prints; a row is "| `schema` | `command`, `command` | fields |", and the schema of those that
/// print another program's words is "none".
fn answers() -> BTreeMap<String, BTreeSet<String>> {
    let row =
        Regex::new(r"(?m)^\| (?:`(systemprompt/[a-z-]+/v\d+)`|none) \| ([^|]+) \|").expect("BUG: a fixed pattern");
    let command = Regex::new(r"`([a-z -]+)`").expect("BUG: a fixed pattern");
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for found in row.captures_iter(&json_page()) {
        for named in command.captures_iter(&found[2]) {
            let name = named[1].split(" -").next().unwrap_or_default().to_owned();
            let schemas = answers.entry(name).or_default();
            schemas.extend(found.get(1).map(|schema| schema.as_str().to_owned()));
        }
    }
    answers
}

fn json_page() -> String {
    fs::read_to_string(repository().join("docs/json.md")).expect("docs/json.md can be read")
}

/// Begins with a capital letter, a code or a bracket, and is more than a word.
fn is_sentence(text: &str) -> bool {
    let begins = text.chars().next().is_some_and(|first| !first.is_lowercase());
    begins && text.split_whitespace().count() > 1 && !text.starts_with("systemprompt ")
}

/// A field of which nothing is said is one that cannot be relied on.
#[track_caller]
fn untyped(schema: &serde_json::Value, path: &str) {
    for (field, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{field}");
        let said = ["type", "enum", "const", "$ref", "oneOf", "anyOf"].iter().any(|key| inner.get(key).is_some());
        assert!(said, "{path} has no type");
        untyped(inner, &path);
        untyped(&inner["items"], &path);
    }
}
