//! A provider in C: from an empty directory to a tenant, and what its author is told on the way.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use systemprompt_tests::{Sandbox, assert_data_eq, str};

use super::{are_told, assert_names_no_place, begun_with, change, keeps_every_promise, makes_a_tenant, say_in};

/// What the component may weigh.
const BYTES_MAX: u64 = 80_000;

/// A project in a world with a compiler of C; none where the tests were started without it.
fn begun(test: &str, name: &str) -> Option<(Sandbox, PathBuf)> {
    let tools = super::tools(test, "Zig", "SYSTEMPROMPT_TEST_ZIG")?;
    Some(begun_with(&tools, "c", name))
}

#[test]
fn an_author_gets_from_an_empty_directory_to_a_tenant_in_c() {
    let Some((sandbox, dir)) = begun("c::an_author_gets_to_a_tenant", "terse-postgres") else { return };
    let built = say_in(&sandbox, "terse-postgres", "plugin build --json").ok().data();
    assert_eq!((built["id"].as_str(), built["file"].as_str()), (Some("terse-postgres"), Some("terse-postgres.wasm")));
    let capabilities = serde_json::json!(["journal", "postgres", "secrets", "server"]);
    assert_eq!(built["capabilities"], capabilities, "it imports nothing of any system");
    assert!(built["bytes"].as_u64() < Some(BYTES_MAX), "{built}");
    assert_names_no_place(&fs::read(dir.join("terse-postgres.wasm")).expect("a component"), &sandbox);

    keeps_every_promise(&sandbox, "terse-postgres");

    sandbox.say("plugin install terse-postgres/terse-postgres.wasm --yes").ok();
    makes_a_tenant(&sandbox, "terse-postgres");
}

#[test]
fn the_tests_that_come_with_a_project_in_c_pass_and_find_a_forgotten_undo() {
    let Some((sandbox, dir)) = begun("c::the_tests_that_come_with_a_project", "acme") else { return };
    say_in(&sandbox, "acme", "plugin build").ok();
    let tested = || {
        let mut shell = sandbox.prepare(Command::new("sh"), ["tests/run.sh"]);
        let output = shell.current_dir(&dir).output().expect("a shell can be run");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        (output.status.success(), said)
    };
    assert_eq!(tested(), (true, "5 of 5 tests passed\n".to_owned()));

    change(&dir.join("src/provider.c"), ", .undo = undo_create_role}", "}");
    change(&dir.join("src/provider.c"), "static bool undo_create_role", "bool undo_create_role");
    let (passed, said) = tested();
    let what = ": what_was_made_is_taken_back_when_the_database_cannot_be_made: not so: !host_has(\"role\"";
    assert!(!passed && said.starts_with("tests/provider_test.c:") && said.contains(what), "{said}");
    assert!(said.ends_with("4 of 5 tests passed\n"), "{said}");
}

#[test]
fn the_same_source_in_c_gives_the_same_component_wherever_it_lies() {
    let test = "c::the_same_source";
    let Some((one, here)) = begun(test, "twin") else { return };
    let Some((other, there)) = begun(test, "twin") else { return };
    say_in(&one, "twin", "plugin build").ok();
    say_in(&other, "twin", "plugin build").ok();
    assert_ne!(here, there);
    let component = |dir: PathBuf| fs::read(dir.join("twin.wasm")).expect("a component");
    assert!(component(here) == component(there));
}

#[test]
fn a_mistake_in_c_is_told_with_file_and_line_and_what_is_undefined_stops_the_plugin() {
    let Some((sandbox, dir)) = begun("c::a_mistake_in_c", "acme") else { return };
    let code = dir.join("src/provider.c");
    // Mistakes that settings meet.
    let settled = "  task of_tenant = task_for(of);\n";
    let mistakes = "  if (of_tenant.port == 5998) return BROKEN(why, \"no-luck\", TEXT(\"that was no luck\"));\n  \
                    if (of_tenant.port == 5999) of_tenant.port *= INT64_MAX;\n";
    change(&code, settled, &format!("{settled}{mistakes}"));
    say_in(&sandbox, "acme", "plugin build").ok();

    let text = fs::read_to_string(&code).expect("the code can be read");
    let line = text.lines().position(|line| line.contains("no-luck")).expect("the mistake") + 1;
    let failed = say_in(&sandbox, "acme", "plugin run create acme.wasm --config port=5998").exits(1).whole();
    let told = format!("that was no luck (src/provider.c:{line}, in provider_create)");
    assert!(failed.contains(&told), "{failed}");

    let stopped = say_in(&sandbox, "acme", "plugin run create acme.wasm --config port=5999").exits(1).whole();
    assert!(stopped.contains("plugin `acme` was stopped: it trapped"), "{stopped}");
    let line = text.lines().position(|line| line.contains("INT64_MAX")).expect("the mistake") + 1;
    assert!(stopped.contains(&format!("  at provider_create (src/provider.c:{line}:")), "{stopped}");
}

#[test]
fn what_the_compiler_has_against_the_code_is_shown_and_an_earlier_component_stays() {
    let Some((sandbox, dir)) = begun("c::what_the_compiler_has_against_the_code", "acme") else { return };
    let mistakes = [
        ("  text name = TEXT(CLUSTER);", "  text name = TEXT(CLUSTER)", "src/provider.c:"),
        ("  (void)context, (void)result;\n", "", "unused parameter 'context'"),
        ("sp_server_stop(", "sp_docker_ping(", "sp_docker_ping"),
        ("#include \"provider.h\"", "#include <stdio.h>\n#include \"provider.h\"", "'stdio.h' file not found"),
        ("bool provider_status(", "bool provider_state(", "provider_status"),
    ];
    are_told(&sandbox, &dir.join("src/provider.c"), &mistakes);
}

#[test]
fn a_provider_in_c_asks_for_no_more_than_it_calls_and_can_do_without_the_rest() {
    let Some((sandbox, dir)) = begun("c::a_provider_in_c_asks_for_no_more", "small") else { return };
    let offered = "capabilities = [\"journal\", \"postgres\", \"secrets\", \"server\"]";
    fs::write(dir.join("src/provider.c"), include_str!("small.c")).expect("the code can be written");
    let more = say_in(&sandbox, "small", "plugin build --json").ok().data();
    change(&dir.join("plugin.toml"), offered, "capabilities = [\"journal\"]");
    let less = say_in(&sandbox, "small", "plugin build --json").ok().data();
    for built in [more, less] {
        assert_eq!(built["capabilities"], serde_json::json!(["journal"]));
    }
    let header = fs::read_to_string(dir.join("bindings/sp.h")).expect("the bindings can be read");
    assert!(
        header.contains("sp_journal_begin") && !header.contains("sp_postgres_"),
        "only what may be called is there"
    );
}

#[test]
fn a_provider_in_c_says_in_its_own_words_what_a_failed_step_means() {
    let Some((sandbox, dir)) = begun("c::a_provider_in_c_says_in_its_own_words", "small") else { return };
    let code = dir.join("src/provider.c");
    fs::write(&code, include_str!("small.c")).expect("the code can be written");
    let works = "  (void)context, (void)result, (void)why;\n  return true;";
    let fails = "  (void)context, (void)result;\n  return refused(why, \"disk-full\", TEXT(\"there is no room\"));";
    change(&code, works, fails);
    let created = "  (void)resources;\n  return STEP(op, &NOTHING, context, NULL, why);";
    let heard = "  (void)resources;\n  if (STEP(op, &NOTHING, context, NULL, why)) {\n    return true;\n  }\n  \
                 return refused(why, \"own-words\", TEXT(\"buy a disk\"));";
    change(&code, created, heard);
    say_in(&sandbox, "small", "plugin build").ok();
    let failed = say_in(&sandbox, "small", "plugin run create small.wasm").exits(1).whole();
    assert!(failed.contains("buy a disk"), "{failed}");
}

#[test]
fn a_bad_setting_of_a_provider_in_c_is_named() {
    let Some((sandbox, _)) = begun("c::a_bad_setting", "acme") else { return };
    say_in(&sandbox, "acme", "plugin build").ok();
    for (setting, said) in [
        ("port=80", "80 is no port"),
        ("port=99999999999999999999", "it has to be a whole number"),
        ("port=5433.5", "it has to be a whole number"),
        ("prt/~=1", "unknown field `prt/~`, expected `port`"),
    ] {
        let line = format!("plugin run create acme.wasm --config {setting}");
        let failed = say_in(&sandbox, "acme", &line);
        assert!(failed.code != 0 && failed.whole().contains(said), "{said}: {}", failed.whole());
    }
    sandbox.say("plugin install acme/acme.wasm --yes").ok();
    let refused = sandbox.say("cloud tenant create --type local --name shop --provider acme --config port=80");
    let said = "a port is a number from 1024 to 65535";
    assert!(refused.code != 0 && refused.whole().contains(said), "{}", refused.whole());
}

#[test]
fn a_compiler_of_c_that_is_missing_or_another_is_named_with_what_installs_it() {
    let mut sandbox = Sandbox::new();
    sandbox.say("plugin new acme --lang c").ok();
    sandbox.set("PATH", "/nonexistent");
    let missing = say_in(&sandbox, "acme", "plugin build").exits(6);
    let programs = sandbox.project().join("acme/.venv/bin");
    fs::create_dir_all(&programs).expect("a directory can be made");
    super::mistakes::program(&programs.join("python-zig"), "echo 0.9.1");
    let other = say_in(&sandbox, "acme", "plugin build").exits(6);
    assert_data_eq!(
        missing.transcript() + &other.transcript(),
        str![[r#"
$ systemprompt plugin build
! error: the C compiler of Zig makes a component of C, and cannot be run
! hint: run `python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1`
? 6
$ systemprompt plugin build
! error: the C compiler of Zig 0.17.1 is needed, and 0.9.1 is here
! hint: run `.venv/bin/pip install ziglang==0.17.1`
? 6

"#]]
    );
}
