//! The tutorials for authors, followed to the letter: their commands are typed, their changes are made, and what they
//! show is what is printed.

use std::fs;
use std::path::{Path, PathBuf};

use systemprompt_tests::{binary, repository};

use super::{Sandbox, authored, tools, with_rust};
use crate::readme::matches;

/// What the reader does next.
#[derive(Debug)]
enum Doing {
    /// Type a command; what is printed, and its exit code.
    Type { command: String, code: i32, expected: Vec<String> },
    /// Change a file: some lines for others.
    Change { old: String, new: String },
}

/// A tutorial, and the file that its changes are made in.
struct Page {
    path: &'static str,
    code: &'static str,
}

#[test]
fn what_the_tutorial_says_is_what_happens() {
    follow(with_rust(), &Page { path: "docs/plugins/tutorial.md", code: "src/lib.rs" });
}

#[test]
fn what_the_tutorial_for_python_says_is_what_happens() {
    let test = "tutorial::what_the_tutorial_for_python_says";
    let Some(tools) = tools(test, "componentize-py", "SYSTEMPROMPT_TEST_COMPONENTIZE_PY") else { return };
    let mut sandbox = Sandbox::new();
    // Its reader has no `componentize-py` yet; pip installs it from a file that was fetched before.
    let wheels = Path::new(&tools).with_file_name("wheels");
    sandbox.set("PIP_NO_INDEX", "1");
    sandbox.set("PIP_FIND_LINKS", &wheels.display().to_string());
    sandbox.set("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    follow(sandbox, &Page { path: "docs/plugins/tutorial-python.md", code: "src/provider.py" });
}

fn follow(mut sandbox: Sandbox, page: &Page) {
    let text = fs::read_to_string(repository().join(page.path)).expect("the tutorial can be read");
    let doings = doings(&text);
    assert!(doings.len() > 10, "the tutorial has blocks to follow");
    let path = std::env::var("PATH").expect("a path");
    let ours = binary().parent().expect("BUG: a file has a directory").display().to_string();
    sandbox.set("PATH", &format!("{ours}:{path}"));
    let mut dir = sandbox.project();
    for doing in doings {
        match doing {
            Doing::Type { command, code, expected } => typed(&mut sandbox, &mut dir, &command, code, &expected),
            Doing::Change { old, new } => {
                let file = dir.join(page.code);
                let text = fs::read_to_string(&file).expect("the code can be read");
                assert_eq!(text.matches(&old).count(), 1, "the tutorial changes what is not there once: {old}");
                fs::write(&file, text.replace(&old, &new)).expect("the code can be written");
            }
        }
    }
}

fn typed(sandbox: &mut Sandbox, dir: &mut PathBuf, command: &str, code: i32, expected: &[String]) {
    if let Some(below) = command.strip_prefix("cd ") {
        dir.push(below);
        return;
    }
    // Native tests have another compiler than guests, so what both made is kept apart.
    let target = authored("here").join(if command.starts_with("cargo") { "native" } else { "guests" });
    sandbox.set("CARGO_TARGET_DIR", &target.display().to_string());
    let mut shell = sandbox.prepare(std::process::Command::new("sh"), ["-c", command]);
    shell.env("RUSTFLAGS", "-Dwarnings").current_dir(&*dir);
    let output = sandbox.start(shell).end().exits(code);
    let printed = format!("{}{}", output.stderr, output.stdout);
    let found: Vec<&str> = printed.lines().collect();
    assert!(
        matches(expected, &found),
        "`{command}` in the tutorial\n--- shows\n{}\n--- prints\n{printed}",
        expected.join("\n")
    );
}

fn doings(text: &str) -> Vec<Doing> {
    let mut doings = Vec::new();
    let mut block: Option<(&str, Vec<&str>)> = None;
    for line in text.lines() {
        match (block.take(), line.strip_prefix("```")) {
            (None, Some(kind)) => block = Some((kind, Vec::new())),
            (None, None) => {}
            (Some((kind, lines)), Some(_)) => doings.extend(done_by(kind, &lines)),
            (Some((kind, mut lines)), None) => {
                lines.push(line);
                block = Some((kind, lines));
            }
        }
    }
    doings
}

fn done_by(kind: &str, lines: &[&str]) -> Vec<Doing> {
    match kind {
        "diff" => {
            let only = |sign: char| {
                let kept = lines.iter().filter_map(|line| line.strip_prefix(sign).or_else(|| line.strip_prefix(' ')));
                kept.flat_map(|line| [line, "\n"]).collect::<String>()
            };
            vec![Doing::Change { old: only('-'), new: only('+') }]
        }
        "console" => commands(lines),
        other => panic!("the tutorial has a block of `{other}`, which nobody can follow"),
    }
}

fn commands(lines: &[&str]) -> Vec<Doing> {
    let mut typed: Vec<(String, i32, Vec<String>)> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            typed.push((command.to_owned(), 0, Vec::new()));
            continue;
        }
        let (_, code, expected) = typed.last_mut().expect("a block begins with a command");
        match line.strip_prefix("? ") {
            Some(number) => *code = number.parse().expect("an exit code"),
            None => expected.push((*line).to_owned()),
        }
    }
    typed.into_iter().map(|(command, code, expected)| Doing::Type { command, code, expected }).collect()
}
