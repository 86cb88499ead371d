//! Completion with live values, in real shells: what is typed before the tabulator, and what stands there after it.

use std::process::Command;

use systemprompt_tests::{Output, Sandbox, Screen, binary, seed};

/// A sandbox in which the shells find the program by its name.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let programs = binary().parent().expect("BUG: a program lies in a directory").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    sandbox.set("PATH", &format!("{programs}:{path}"));
    sandbox
}

/// What the program offers for a line, as bash asks it. The last word is the one that is being typed.
fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.command(["--", "systemprompt"].iter().chain(words));
    command.env("SYSTEMPROMPT_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    let output = sandbox.start(command).end().ok();
    assert_eq!(output.stderr, "", "whoever is typing is not disturbed");
    output.stdout.lines().map(ToOwned::to_owned).collect()
}

fn run(sandbox: &Sandbox, program: &str, args: &[&str]) -> Output {
    sandbox.start(sandbox.prepare(Command::new(program), args)).end()
}

#[test]
fn tenants_are_offered_by_name_and_once_something_is_typed_by_id() {
    let sandbox = sandbox();
    assert_eq!(offered(&sandbox, &["cloud", "tenant", "show", "my"]), ["my-project", "my-project-prod"]);
    assert_eq!(offered(&sandbox, &["cloud", "tenant", "delete", "local_"]), ["local_19bff27604c"]);
    assert_eq!(offered(&sandbox, &["history", "log", "--tenant", "my-project-"]), ["my-project-prod"]);
    assert_eq!(offered(&sandbox, &["history", "log", "--tenant=my-project-"]), ["--tenant=my-project-prod"]);
    let all = offered(&sandbox, &["cloud", "tenant", "select", ""]);
    assert!(all.starts_with(&["my-project".to_owned(), "my-project-prod".to_owned()]), "{all:?}");
    assert!(!all.iter().any(|offer| offer.starts_with("local_")), "nobody types an id from memory: {all:?}");
}

#[test]
fn regions_providers_types_and_commands_are_offered_too() {
    let sandbox = sandbox();
    assert_eq!(offered(&sandbox, &["cloud", "tenant", "create", "--region", ""]), ["iad"], "where a tenant is");
    assert_eq!(
        offered(&sandbox, &["cloud", "tenant", "create", "--provider", ""]),
        ["docker", "fly", "native", "postgres"]
    );
    assert_eq!(offered(&sandbox, &["plugin", "show", "n"]), ["native"]);
    assert_eq!(offered(&sandbox, &["cloud", "tenant", "create", "--type", ""]), ["local", "cloud"]);
    assert!(offered(&sandbox, &["history", "log", "--type", "TenantC"]).contains(&"TenantCreated".to_owned()));
    assert_eq!(offered(&sandbox, &["cloud", "ten"]), ["tenant"]);
    assert_eq!(offered(&sandbox, &["cloud", "tenant", "list", "--no-p"]), ["--no-pager"]);
    assert_eq!(offered(&sandbox, &["completions", ""])[..3], ["bash", "zsh", "fish"]);
}

#[test]
fn profiles_are_offered_wherever_one_is_named() {
    let sandbox = sandbox();
    sandbox.say("cloud tenant select my-project").ok();
    for name in ["local", "local-test", "staging"] {
        sandbox.say(&format!("cloud profile create {name}")).ok();
    }
    for command in ["show", "edit", "switch", "delete"] {
        assert_eq!(offered(&sandbox, &["cloud", "profile", command, "lo"]), ["local", "local-test"], "{command}");
    }
    assert_eq!(offered(&sandbox, &["env", "--profile", "st"]), ["staging"]);
    assert_eq!(offered(&sandbox, &["admin", "session", "switch", "s"]), ["staging"]);
}

#[test]
fn a_project_that_is_named_is_the_one_that_is_asked() {
    let sandbox = sandbox();
    let project = sandbox.project().display().to_string();
    let elsewhere = Sandbox::new();
    assert!(offered(&elsewhere, &["cloud", "tenant", "show", "my"]).is_empty());
    for words in [
        vec!["--project", &project, "which", "--tenant", "my-project-"],
        vec!["--project", &project, "cloud", "tenant", "show", "my-project-"],
    ] {
        assert_eq!(offered(&elsewhere, &words), ["my-project-prod"], "{words:?}");
    }
    let mut told = Sandbox::new();
    told.set("SYSTEMPROMPT_PROJECT", &project);
    assert_eq!(offered(&told, &["cloud", "tenant", "show", "my-project-"]), ["my-project-prod"]);
}

#[test]
fn where_nothing_can_be_read_nothing_is_offered_and_nothing_is_said_or_changed() {
    let empty = Sandbox::new();
    assert!(offered(&empty, &["cloud", "tenant", "show", "m"]).is_empty());
    assert!(!empty.file("").exists() && !empty.data().exists(), "nothing is made");

    let broken = sandbox();
    std::fs::write(broken.file("log.db"), "this is no log").expect("a file can be written");
    assert!(offered(&broken, &["cloud", "tenant", "show", "m"]).is_empty());

    let mut homeless = sandbox();
    homeless.set("HOME", "/nonexistent");
    assert_eq!(offered(&homeless, &["cloud", "tenant", "show", "my-project-"]), ["my-project-prod"]);
}

#[test]
fn every_script_is_one_that_its_shell_can_read() {
    let sandbox = sandbox();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.say(&format!("completions {shell}")).ok().stdout;
        let file = sandbox.root().join(format!("script.{shell}"));
        std::fs::write(&file, script).expect("a file can be written");
        let read = run(&sandbox, shell, &["-n", file.to_str().expect("a path in /tmp is text")]).ok();
        assert_eq!(read.whole().matches("error").count(), 0, "{}", read.whole());
    }
}

#[test]
fn a_tabulator_in_bash_finishes_the_name_of_a_tenant() {
    let sandbox = sandbox();
    let screen = Screen::start(&sandbox, "exec bash --noprofile --norc -i", &[("PS1", "READY ")], (100, 30));
    screen.wait_for("READY");
    screen.press("source <(systemprompt completions bash); echo LOADED $?\r");
    screen.wait_for("LOADED 0");
    screen.press("systemprompt cloud tenant show my-project-\t");
    screen.wait_for("show my-project-prod");
    screen.press("\x15systemprompt which --tenant=my-project-\t");
    screen.wait_for("--tenant=my-project-prod");
    screen.press("\x15systemprompt cloud tenant sh\t");
    screen.wait_for("systemprompt cloud tenant show");
    screen.press("\x15exit\r");
}

#[test]
fn a_tabulator_in_zsh_finishes_the_name_of_a_tenant() {
    let sandbox = sandbox();
    let screen = Screen::start(&sandbox, "exec zsh -f -i", &[("PS1", "READY ")], (100, 30));
    screen.wait_for("READY");
    screen.press("autoload -U compinit && compinit -u -D; source <(systemprompt completions zsh); echo LOADED $?\r");
    screen.wait_for("LOADED 0");
    screen.press("systemprompt cloud tenant show my-project-\t");
    screen.wait_for("show my-project-prod");
    screen.press("\x15exit\r");
}

#[test]
fn fish_offers_tenants_with_what_they_are() {
    let sandbox = sandbox();
    let ask = "systemprompt completions fish | source; complete --do-complete 'systemprompt cloud tenant show my-'";
    let offered = run(&sandbox, "fish", &["--no-config", "-c", ask]).ok();
    let lines: Vec<_> = offered.stdout.lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with("my-project\t") && line.contains("local_19bff27604c")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.starts_with("my-project-prod\t") && line.contains("iad")), "{lines:?}");
}
