//! The user's own document, where it lies beside the repository: what the tests take from it stands there as they have
//! it, and each line that it types ends as it says.

use std::fs;

use systemprompt_tests::{Sandbox, repository, seed, skip};

const ID: &str = "local_19bff27604c";

/// The lines of the document's shell blocks, and what each ends with in a project whose one tenant has its local id.
const LINES: &[(&str, i32)] = &[
    // Asks for the name, for which there has to be a terminal.
    ("systemprompt cloud tenant create --type local", 2),
    ("systemprompt cloud tenant create --type local --name my-project", 0),
    ("systemprompt cloud tenant create --region iad", 2),
    ("systemprompt cloud tenant list", 0),
    ("systemprompt cloud tenant select local_19bff27604c", 0),
    ("systemprompt cloud tenant show", 0),
    // Its cloud tenant is not one of this project.
    ("systemprompt cloud tenant show 999bc654-9a64-49bc-98be-db976fc84e76", 3),
    ("systemprompt cloud tenant rotate-credentials <tenant-id> -y", 0),
    ("systemprompt cloud tenant rotate-sync-token <tenant-id> -y", 0),
    ("systemprompt cloud tenant delete <tenant-id> -y", 0),
    // It is gone since the line before.
    ("systemprompt cloud tenant cancel <tenant-id> -y", 3),
];

/// The document; none where the repository stands alone.
fn document(test: &str) -> Option<String> {
    let found = fs::read_to_string(repository().join("../shared/seed/tenants.md")).ok();
    if found.is_none() {
        skip(test, "the user's document is not beside the repository");
    }
    found
}

/// What stands between fences that begin with this word.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let mut parts = document.split("\n```");
    let _before_the_first = parts.next();
    let inside = parts.step_by(2).filter_map(|part| part.split_once('\n'));
    inside.filter(|(named, _)| *named == language).map(|(_, block)| block).collect()
}

#[test]
fn what_the_tests_take_from_the_document_stands_there() {
    let Some(document) = document("what_the_tests_take_from_the_document_stands_there") else { return };
    assert_eq!(blocks(&document, "json"), [seed::REGISTRY.trim_end()]);
    assert!(blocks(&document, "").contains(&seed::LIST.trim_end()), "{:?}", blocks(&document, ""));
    let profile = format!("# profiles/local/profile.yaml\n{}", seed::PROFILE.trim_end());
    assert_eq!(blocks(&document, "yaml"), [profile]);
}

#[test]
fn each_line_that_the_document_types_ends_as_it_says() {
    let Some(document) = document("each_line_that_the_document_types_ends_as_it_says") else { return };
    let shell = blocks(&document, "bash").join("\n");
    let typed: Vec<_> = shell.lines().filter(|line| line.starts_with("systemprompt ")).collect();
    assert_eq!(typed, LINES.iter().map(|(line, _)| *line).collect::<Vec<_>>(), "each is known, and none is lost");
    let sandbox = Sandbox::new();
    for (line, code) in LINES {
        let line = line.trim_start_matches("systemprompt ").replace("<tenant-id>", ID);
        let line =
            if line.ends_with("--name my-project") { format!("{line} --provider native --id {ID}") } else { line };
        sandbox.say(&line).exits(*code);
    }
}

#[test]
fn what_comes_after_a_creation_in_the_document_works_for_a_local_tenant() {
    let Some(document) = document("what_comes_after_a_creation_in_the_document_works_for_a_local_tenant") else {
        return;
    };
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name my-project --provider native").ok();
    fs::create_dir(sandbox.project().join("migrations")).expect("a directory can be made");
    fs::write(sandbox.project().join("migrations/1_notes.sql"), "create table notes(text text);")
        .expect("a file can be written");
    for line in ["cloud tenant select my-project", "cloud profile create production", "infra db migrate"] {
        let is_there = line.contains("select") || document.contains(&format!("`systemprompt {line}`"));
        assert!(is_there, "the document has `{line}`");
        sandbox.say(line).ok();
    }
}
