//! Manual pages: one for each command, which `man` can read without a complaint.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use systemprompt_tests::{Help, Sandbox, Screen};

#[test]
fn there_is_a_page_for_every_command_and_man_reads_each() {
    let sandbox = Sandbox::new();
    let written = sandbox.say("man --dir man1 --json").ok().data();
    let files: BTreeSet<String> =
        written["files"].as_array().into_iter().flatten().filter_map(|file| Some(file.as_str()?.to_owned())).collect();
    let expected: BTreeSet<String> = Help::tree(&sandbox)
        .iter()
        .map(|help| {
            format!(
                "{}.1",
                ["systemprompt"].into_iter().chain(help.words.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
            )
        })
        .collect();
    assert_eq!(files, expected);
    for file in &files {
        let path = sandbox.project().join("man1").join(file);
        let groff = ["-man", "-Kutf8", "-Tutf8", "-ww", "-z", path.to_str().expect("a path in /tmp is text")];
        let read = sandbox.start(sandbox.prepare(Command::new("groff"), groff)).end().ok();
        assert_eq!(read.stderr, "", "{file}");
        let source = fs::read_to_string(&path).expect("a page can be read");
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH EXAMPLES"] {
            assert!(source.contains(section), "{file} has no {section}");
        }
    }
}

#[test]
fn a_page_is_shown_on_a_terminal_and_its_source_is_printed_elsewhere() {
    let sandbox = Sandbox::new();
    let source = sandbox.say("man cloud tenant create").ok().stdout;
    assert!(source.contains(".TH systemprompt-cloud-tenant-create 1"), "{source}");
    assert_eq!(sandbox.say("man --json").ok().data()["name"], "systemprompt");

    let line = "systemprompt man cloud tenant create";
    let (code, text) = Screen::start(&sandbox, line, &[("MANPAGER", "cat")], (80, 160)).end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("SYNOPSIS") && text.contains("--dedicated") && !text.contains(".SH"), "{text}");
}

#[test]
fn without_man_a_terminal_gets_the_help() {
    let sandbox = Sandbox::new();
    let line = "PATH=/nonexistent; systemprompt man cloud tenant create";
    let (code, text) = Screen::start(&sandbox, line, &[], (80, 120)).end();
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Usage: systemprompt cloud tenant create") && !text.contains(".SH"), "{text}");
}

#[test]
fn a_command_that_there_is_not_is_told_with_the_one_that_was_meant() {
    let sandbox = Sandbox::new();
    let error = sandbox.say("man cloud tenent --json").exits(3).json();
    assert_eq!(error["error"]["code"], "command-not-found");
    assert_eq!(error["error"]["help"], "did you mean `tenant`?");
}
