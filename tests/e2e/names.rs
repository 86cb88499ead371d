//! Whatever a person or a script types as a name: refused with the rule or handled, and never echoed as it is.

use std::fs;

use systemprompt_tests::{Output, Sandbox, assert_data_eq, file, seed, terminal};

/// The kernel takes arguments of up to 128 KiB, so a name of a megabyte never arrives.
const LONG: usize = 100_000;

fn strange() -> Vec<String> {
    let mut strange: Vec<String> = [
        "",
        " ",
        ".",
        "..",
        "../../etc/passwd",
        "a/b",
        "a b",
        "a\nb",
        "a\tb",
        "a\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "\u{9b}31m",
        "a\u{202e}b",
        "a\u{8}\u{8}b",
        "'; drop database postgres; --",
        "\"; drop role postgres; --",
        "$(touch pwned)",
        "`touch pwned`",
        "%s%n",
        "{{secret:db-password@1}}",
        "名前",
        "naïve",
        "ａ",
        "A",
        "1a",
        "-a",
        "a_b",
        "https://example.net",
    ]
    .map(str::to_owned)
    .into();
    strange.push("a".repeat(41));
    strange.push("a".repeat(LONG));
    strange.push("\u{1b}[2J".repeat(LONG / 8));
    strange
}

/// Nothing that a terminal would act on, and not a screenful.
#[track_caller]
fn is_harmless(output: &Output) {
    let text = format!("{}{}", output.stdout, output.stderr);
    let unsafe_character = |c: &char| (c.is_control() && *c != '\n') || matches!(*c, '\u{202a}'..='\u{202e}');
    let found = text.chars().find(unsafe_character);
    assert_eq!(found, None, "a control character was echoed:\n{}", text.escape_debug());
    assert!(text.len() < 3_000, "{} bytes were printed", text.len());
}

#[test]
fn a_strange_name_is_refused_with_the_rule_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    for name in strange() {
        let name_flag = format!("--name={name}");
        let args = ["cloud", "tenant", "create", "--type", "local", "--provider", "native", &name_flag];
        let output = sandbox.run(args).exits(2);
        is_harmless(&output);
        assert!(output.stderr.contains("1 to 40 of `a-z`, `0-9`, `-`"), "the rule is not told:\n{}", output.stderr);
        let output = sandbox.run(args.into_iter().chain(["--json"])).exits(2);
        is_harmless(&output);
        assert_eq!(output.error_code(), "usage");
    }
    assert!(!sandbox.file("").exists(), "nothing is made");
    assert!(!sandbox.project().join("pwned").exists(), "no shell was asked");
}

#[test]
fn a_name_of_a_megabyte_in_a_registry_is_shortened_and_does_not_flood_anybody() {
    let name = "n".repeat(1 << 20);
    let registry = format!(
        r#"{{"tenants": [{{"id": "local_19bff27604c", "name": "{name}", "tenant_type": "local"}}], "synced_at": "x"}}"#
    );
    let sandbox = Sandbox::with_registry(&registry);
    let listed = sandbox.say("cloud tenant list").ok();
    is_harmless(&listed);
    assert!(listed.whole().len() < 4096, "{} bytes are printed", listed.whole().len());
    let tenants = sandbox.say("cloud tenant list --json").ok().data();
    let taken = tenants["tenants"][0]["name"].as_str().expect("the tenant is taken in");
    assert!(taken.len() <= 40 && name.starts_with(taken), "{taken}");
    let events = sandbox.say("history log --json").ok();
    assert!(events.whole().len() < 65536, "{} bytes are recorded", events.whole().len());
    sandbox.say("history verify").ok();
}

#[test]
fn a_strange_id_region_provider_or_type_is_refused_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    for text in strange() {
        for flag in ["--id", "--region", "--provider", "--type"] {
            let odd = format!("{flag}={text}");
            let mut args = vec!["cloud", "tenant", "create", "--name", "a", &odd];
            if flag != "--type" {
                args.extend(["--type", "local"]);
            }
            if flag != "--provider" {
                args.extend(["--config", "bin_dir=/nonexistent", "--provider", "native"]);
            }
            let output = sandbox.run(&args);
            is_harmless(&output);
            assert!([2, 3, 4].contains(&output.code), "{}", output.whole());
        }
    }
    let left = sandbox.say("cloud tenant list --json").ok();
    assert_eq!(left.data()["total"], 0, "nothing is made");
}

#[test]
fn a_strange_setting_is_refused_and_nothing_is_made() {
    let sandbox = Sandbox::new();
    for text in strange() {
        for setting in [
            text.clone(),
            format!("{text}=1"),
            format!("nonsense={text}"),
            format!("bin_dir={text}"),
            format!("port={text}"),
        ] {
            if setting == "bin_dir=" {
                continue;
            }
            let args =
                ["cloud", "tenant", "create", "--type", "local", "--provider", "native", "--name", "a", "--config"];
            let output = sandbox.run(args.into_iter().chain([setting.as_str()]));
            is_harmless(&output);
            assert!([2, 4].contains(&output.code), "{}", output.whole());
        }
    }
    let left = sandbox.say("cloud tenant list --json").ok();
    assert_eq!(left.data()["total"], 0, "nothing is made");
    assert!(!sandbox.project().join("pwned").exists(), "no shell was asked");
}

#[test]
fn a_strange_tenant_is_not_found_wherever_one_is_named() {
    let mut sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    let before = fs::read(sandbox.file("tenants.json")).expect("the file is there");
    for text in strange() {
        for words in [&["select", "--"][..], &["show", "--"], &["delete", "-y", "--"]] {
            let output = sandbox.run(["cloud", "tenant"].iter().chain(words).copied().chain([text.as_str()]));
            is_harmless(&output);
            assert!([2, 3].contains(&output.code), "{}", output.whole());
        }
        let flag = format!("--tenant={text}");
        let output = sandbox.run(["cloud", "tenant", "show", &flag]);
        is_harmless(&output);
        assert!([2, 3].contains(&output.code), "{}", output.whole());
        if !text.is_empty() {
            let output = sandbox.run(["cloud", "tenant", "show", "my-project", &flag]);
            is_harmless(&output);
            assert_eq!(output.code, 2, "{}", output.whole());
            sandbox.set("SYSTEMPROMPT_TENANT", &text);
            let output = sandbox.run(["cloud", "tenant", "show"]).exits(3);
            is_harmless(&output);
            is_harmless(&sandbox.say("which --explain"));
            sandbox.set("SYSTEMPROMPT_TENANT", "");
        }
    }
    assert_eq!(fs::read(sandbox.file("tenants.json")).ok(), Some(before), "nothing is changed");
}

#[test]
fn a_strange_project_directory_is_not_found_or_handled() {
    let sandbox = Sandbox::new();
    for text in strange().iter().filter(|text| !text.is_empty() && !text.starts_with('.')) {
        let flag = format!("--project={}", sandbox.root().join("home").join(text.trim_start_matches('/')).display());
        let output = sandbox.run(["cloud", "tenant", "select", "x", &flag]);
        is_harmless(&output);
        assert!([2, 3].contains(&output.code), "{}", output.whole());
        let output = sandbox.run(["infra", "db", "up", "--provider", "docker", &flag]);
        is_harmless(&output);
        assert_ne!(output.code, 0, "{}", output.whole());
    }
    // One that exists and has such a name is a directory like any other; what is printed of it is harmless.
    let odd = sandbox.root().join("a b'\u{1b}[31m\"名前");
    fs::create_dir(&odd).expect("a directory can be made");
    fs::create_dir(odd.join(".systemprompt")).expect("a directory can be made");
    fs::write(odd.join(".systemprompt/tenants.json"), seed::REGISTRY).expect("a file can be written");
    for line in ["cloud tenant list", "cloud tenant select my-project", "which", "history verify", "doctor"] {
        let mut command = sandbox.command(line.split(' '));
        command.current_dir(&odd);
        let output = sandbox.start(command).end();
        is_harmless(&output);
        assert!(output.code == 0 || line == "doctor", "{}", output.whole());
    }
}

#[test]
fn a_terminal_gets_no_escapes_out_of_a_refused_name_either() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant list").ok();
    for (line, code) in [
        ("cloud tenant create --type local --name '\u{1b}]0;owned\u{7}x'", 2),
        ("cloud tenant create --type '\u{1b}]0;owned\u{7}x' --name a", 2),
        ("cloud tenant show '\u{1b}]0;owned\u{7}x'", 3),
        ("cloud tenant show --tenant '\u{1b}]0;owned\u{7}x'", 3),
        ("cloud tenant show a --tenant '\u{1b}]0;owned\u{7}x'", 2),
        ("'\u{1b}]0;owned\u{7}x'", 2),
        ("cloud tenant list '--\u{1b}]0;owned\u{7}x'", 2),
        ("cloud tenant select x --project '/\u{1b}]0;owned\u{7}x'", 3),
        ("history show '\u{1b}]0;owned\u{7}x'", 2),
        ("plugin show '\u{1b}]0;owned\u{7}x'", 3),
        ("plugin install '\u{1b}]0;owned\u{7}x'", 1),
    ] {
        let seen = terminal::see(&sandbox, line, code);
        assert!(!seen.contains("\u{1b}]") && !seen.contains('\u{7}'), "{line:?} printed {seen:?}");
    }
}

#[test]
fn the_oddest_name_and_id_that_are_allowed_work_all_the_way_to_the_database() {
    let sandbox = Sandbox::new();
    let name = format!("a{}0", "-0".repeat(19));
    assert_eq!(name.len(), 40);
    sandbox
        .run([
            "cloud",
            "tenant",
            "create",
            "--type",
            "local",
            "--provider",
            "native",
            "--name",
            &name,
            "--id",
            "select-1_OR_1",
        ])
        .ok();
    let session = sandbox.session(&[&format!("cloud tenant status {name}"), &format!("cloud tenant delete {name} -y")]);
    assert_data_eq!(
        session,
        file!["expected/names/the_oddest_name_and_id_that_are_allowed_work_all_the_way_to_the_database.session.txt"]
    );
}
