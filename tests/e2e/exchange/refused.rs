//! Files that are not taken in, and what that leaves.

use super::*;

#[test]
fn another_history_is_refused_with_the_position_at_which_they_part() {
    let (sandbox, other) = (quiet(), quiet());
    let path = file(&sandbox, "other", exported(&other, ""));
    let refused = import_json(&sandbox, &path, &sandbox.project()).exits(4);
    assert_eq!(refused.error_code(), "import-other-history");
    let copy = sandbox.root().join("copy");
    let copied = Command::new("cp").arg("-a").arg(sandbox.project()).arg(&copy).status();
    assert!(copied.is_ok_and(|status| status.success()), "a project can be copied");
    sandbox.say("cloud tenant select my-project-prod").ok();
    sandbox.say(&format!("cloud tenant unselect --project {}", copy.display())).ok();
    let parted = file(&sandbox, "parted", exported(&sandbox, &format!("--project {}", copy.display())));
    let before = fs::read(sandbox.file("log.db")).expect("the log is there");
    let refused = import_json(&sandbox, &parted, &sandbox.project()).exits(4);
    assert_eq!(refused.error_code(), "import-other-history");
    let head = sandbox.say("history verify --json").ok().data()["head"]["position"].clone();
    assert!(refused.stdout.contains(&format!("position {head} ")), "{}", refused.whole());
    assert_eq!(fs::read(sandbox.file("log.db")).ok(), Some(before), "nothing was written");
    assert!(!sandbox.file("imported").exists(), "it goes on acting for its history");
}

#[test]
fn a_file_that_is_not_what_was_exported_leaves_nothing() {
    let sandbox = quiet();
    let whole = exported(&sandbox, "");
    let batch = exported(&sandbox, "--format cloudevents-batch");
    let lines: Vec<_> = whole.lines().collect();
    let without_a_line = [&lines[..3], &lines[4..]].concat().join("\n") + "\n";
    let cases = [
        ("cut", whole[..whole.len() / 2].to_owned(), "import-cut-off", 1),
        ("cut at a line", lines[..4].join("\n") + "\n", "import-cut-off", 1),
        ("cut batch", batch[..batch.len() / 2].to_owned(), "import-cut-off", 1),
        ("changed", batch.replacen("my-project-prod", "my-project-prot", 1), "import-damaged", 1),
        ("without a line", without_a_line, "import-damaged", 1),
        ("redacted", exported(&sandbox, "--redact"), "import-redacted", 4),
        ("newer", whole.replacen("\"version\":1", "\"version\":2", 1), "import-newer", 4),
        ("a registry", seed::REGISTRY.to_owned(), "import-not-an-export", 1),
        ("words", "what is this?".to_owned(), "import-not-an-export", 1),
        ("empty", String::new(), "import-not-an-export", 1),
    ];
    for (name, content, code, exit) in cases {
        let path = file(&sandbox, "case", content);
        let elsewhere = empty(&sandbox, &name.replace(' ', "-"));
        let refused = import_json(&sandbox, &path, &elsewhere).exits(exit);
        assert_eq!(refused.error_code(), code, "{name}: {}", refused.whole());
        assert!(!elsewhere.join(".systemprompt").exists(), "{name}: something is left");
    }
    // A directory that was there stays, without a log.
    let elsewhere = empty(&sandbox, "bare");
    fs::create_dir(elsewhere.join(".systemprompt")).expect("a directory can be made");
    import(&sandbox, &file(&sandbox, "case", &whole[..whole.len() / 2]), &elsewhere).exits(1);
    let left = fs::read_dir(elsewhere.join(".systemprompt")).expect("it is there").count();
    assert_eq!(left, 0, "nothing is left in it");
    let elsewhere = empty(&sandbox, "nowhere");
    let missing = import_json(&sandbox, &sandbox.root().join("missing"), &elsewhere).exits(3);
    assert_eq!(missing.error_code(), "no-file");
}

#[test]
fn an_event_that_cannot_follow_is_named_though_its_hash_fits() {
    let sandbox = quiet();
    let long = long::lengthened(&exported(&sandbox, ""), 20);
    // The tenant that is selected again and again was never there.
    let forged = long.replacen("ProjectInitialised", "TenantSelected", 1);
    let elsewhere = empty(&sandbox, "elsewhere");
    let refused = import_json(&sandbox, &file(&sandbox, "forged", forged), &elsewhere).exits(1);
    assert_eq!(refused.error_code(), "import-damaged", "{}", refused.whole());
    assert!(refused.stdout.contains("position 1"), "{}", refused.whole());
}

#[test]
fn an_event_that_a_rule_across_streams_refuses_is_not_taken_in() {
    let sandbox = quiet();
    let forged = long::followed_by(&exported(&sandbox, ""), |event| {
        event["stream"] = "profile/01980000-0000-7000-8000-00000000abcd".into();
        event["type"] = "ProfileCreated".into();
        event["schema"] = 1.into();
        let payload = serde_json::json!({
            "id": "01980000-0000-7000-8000-00000000abcd", "name": "stray", "tenant": "local_nobody", "text": "",
        });
        event["payload"] = if event["payload"].is_string() { payload.to_string().into() } else { payload };
    });
    let elsewhere = empty(&sandbox, "elsewhere");
    let refused = import_json(&sandbox, &file(&sandbox, "forged", forged), &elsewhere).exits(4);
    assert_eq!(refused.error_code(), "import-refused", "{}", refused.whole());
    assert!(refused.stdout.contains("position 12: there is no tenant `local_nobody`"), "{}", refused.whole());
    assert!(!elsewhere.join(".systemprompt").exists(), "nothing is left");
}

#[test]
fn a_directory_with_another_programs_registry_is_left_alone() {
    let sandbox = quiet();
    let path = file(&sandbox, "history.ndjson", exported(&sandbox, ""));
    let other = Sandbox::with_registry(seed::REGISTRY);
    let refused = import_json(&other, &path, &other.project()).exits(4);
    assert_eq!(refused.error_code(), "import-not-empty");
    assert!(!other.file("log.db").exists());
}
