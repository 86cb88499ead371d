//! Lists and texts of more than anybody needs: refused before there is work on any part of them.

use super::exports::is_stopped;
use super::*;

#[test]
fn a_list_that_is_too_long_is_refused_before_any_part_of_it_is_looked_up() {
    let sandbox = plugin::sandbox();
    for (mode, code) in [
        ("http-headers", "http-header"),
        ("http-long-header", "http-header"),
        ("http-many-secrets", "bad-template"),
        ("docker-env", "invalid-container"),
        ("docker-mounts", "invalid-container"),
        ("docker-volumes", "invalid-container"),
    ] {
        // A part that was looked up would be an unknown secret, or an engine that is not there.
        let output = sandbox.say(&format!("{} --json", creation(mode))).exits(4);
        assert_eq!(output.error_code(), code, "{mode}: {}", output.whole());
    }
    assert_eq!(sandbox.say("cloud tenant list --json").ok().data()["total"], 0);
    assert_carries_on(&sandbox);
}

#[test]
fn a_text_of_twenty_megabytes_is_not_even_copied() {
    let sandbox = plugin::sandbox();
    is_stopped(&sandbox, &creation("log-giant"), "it handed over more than 16 MiB at once");
}

#[test]
fn more_random_bytes_than_the_contract_names_are_not_quietly_fewer() {
    let sandbox = plugin::sandbox();
    is_stopped(&sandbox, &creation("random-much"), "it asked for more than 1024 random bytes at once");
}
