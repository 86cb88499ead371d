//! What a person sees at a terminal: tables that fit, progress, colours where they are wanted, and a pager for what is long.

use std::sync::LazyLock;

use regex::Regex;
use systemprompt_tests::{Sandbox, Screen, assert_data_eq, file, seed, str};

/// A registry with what is hard to fit: long names, ids that begin alike, a region.
const CROWDED: &str = r#"{"tenants": [
    {"id": "local_19bff27604c", "name": "my-project", "tenant_type": "local",
     "database_url": "postgres://systemprompt:localdev@localhost:5432/systemprompt"},
    {"id": "local_19bff27604c0123456789", "name": "a-name-as-long-as-a-name-can-possibly-be", "tenant_type": "local"},
    {"id": "999bc654-9a64-49bc-98be-db976fc84e76", "name": "my-project-prod", "tenant_type": "cloud", "region": "iad",
     "hostname": "999bc6549a64.systemprompt.io"}
]}"#;

/// The program on a terminal; what it shows when it has ended.
#[track_caller]
fn shown(sandbox: &Sandbox, line: &str, columns: u16) -> String {
    let (code, text) = Screen::run(sandbox, line, columns).end();
    assert_eq!(code, 0, "{line}\n{text}");
    text
}

/// With the times of steps, ids and ports replaced by what is as wide.
fn alike(text: &str) -> String {
    static DIFFERING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let patterns = [
            (r"\(\d+\.\d s\)", "(0.0 s)"),
            (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "2026-01-01T00:00:00.000Z"),
            (r":\d{5}/", ":50000/"),
        ];
        let compiled = |(pattern, word)| (Regex::new(pattern).expect("BUG: a fixed pattern is valid"), word);
        patterns.into_iter().map(compiled).collect()
    });
    DIFFERING.iter().fold(text.to_owned(), |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
}

#[test]
fn the_list_fits_a_terminal_of_80_and_one_of_40_columns() {
    let sandbox = Sandbox::with_registry(CROWDED);
    sandbox.say("cloud tenant select my-project").ok();
    assert_data_eq!(shown(&sandbox, "cloud tenant list", 80), file!["expected/screens/list.80.txt"]);
    assert_data_eq!(shown(&sandbox, "cloud tenant list", 40), file!["expected/screens/list.40.txt"]);
    for id in ["local_19bff27604c", "local_19bff27604c0123456789", "999bc654-9a64..."] {
        assert!(shown(&sandbox, "cloud tenant list", 40).contains(id), "{id} can be typed as it is shown");
        sandbox.run(["cloud", "tenant", "show", id]).ok();
    }
}

#[test]
fn the_list_of_the_document_is_on_a_wide_terminal_what_it_shows() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    assert_eq!(shown(&sandbox, "cloud tenant list", 80), seed::LIST);
    assert_eq!(shown(&sandbox, "cloud tenant list", 200), seed::LIST);
}

#[test]
fn a_tenant_fits_a_terminal_of_80_and_one_of_40_columns() {
    let sandbox = Sandbox::with_registry(CROWDED);
    sandbox.say("cloud tenant list").ok();
    let show = |columns| alike(&shown(&sandbox, "cloud tenant show my-project", columns));
    assert_data_eq!(show(80), file!["expected/screens/show.80.txt"]);
    assert_data_eq!(show(40), file!["expected/screens/show.40.txt"]);
}

#[test]
fn a_creation_shows_its_steps_with_their_time_and_fits_80_and_40_columns() {
    for (columns, expected) in
        [(80, file!["expected/screens/create.80.txt"]), (40, file!["expected/screens/create.40.txt"])]
    {
        let sandbox = Sandbox::with_registry(r#"{"tenants": []}"#);
        // So that there is nothing to say about a new project and a new key.
        sandbox.say("infra db up --provider native").ok();
        let line = "cloud tenant create --type local --name my-project --provider native --id local_19bff27604c";
        let mut screen = Screen::run(&sandbox, line, columns);
        let (code, text) = screen.end();
        assert_eq!(code, 0, "{text}");
        assert_data_eq!(alike(&text), expected);
        let bytes = screen.bytes();
        assert!(bytes.contains("⠋") || bytes.contains("⠙"), "a spinner turned: {bytes}");
    }
}

#[test]
fn where_a_line_cannot_be_changed_each_step_has_a_plain_one() {
    let sandbox = Sandbox::new();
    let line = "systemprompt cloud tenant create --type local --name my-project --provider native";
    let mut screen = Screen::start(&sandbox, line, &[("TERM", "dumb")], (80, 50));
    let (code, text) = screen.end();
    assert_eq!(code, 0, "{text}");
    assert!(alike(&text).contains("  ✓ create role (0.0 s)\n"), "{text}");
    assert!(!screen.bytes().contains('\x1b'), "no escapes: {}", screen.bytes());

    let told = sandbox.say("cloud tenant delete my-project -y --verbose").ok();
    assert!(alike(&told.stderr).contains("(0.0 s)\n"), "a log is told when that is asked for: {}", told.whole());
}

#[test]
fn with_json_stream_each_step_is_a_document_of_one_line_and_the_last_is_the_answer() {
    let sandbox = Sandbox::new();
    let line = "cloud tenant create --type local --name my-project --provider native --json=stream";
    let created = sandbox.say(line).ok();
    let documents = created.stream();
    let (answer, progress) = documents.split_last().expect("there is an answer");
    assert_eq!(answer["schema"], "systemprompt/cloud-tenant/v1");
    let events: Vec<_> =
        progress.iter().map(|one| (one["data"]["event"].clone(), one["data"]["step"].clone())).collect();
    assert!(events.contains(&("began".into(), "create role".into())), "{events:?}");
    assert!(progress.iter().any(|one| one["data"]["event"] == "ended" && one["data"]["ok"] == true), "{events:?}");
    assert!(progress.iter().all(|one| one["schema"] == "systemprompt/progress/v1"));

    let failed = sandbox.say("cloud tenant show nonsense --json=stream").exits(3);
    assert_eq!(failed.stream().len(), 1, "an error is the last line: {}", failed.whole());
    let usage = sandbox.say("cloud tenant nonsense --json=stream").exits(2);
    assert_eq!(usage.stream()[0]["error"]["code"], "usage");
}

#[test]
fn colour_is_there_for_a_terminal_alone_unless_the_user_says_otherwise() {
    let sandbox = Sandbox::new();
    let bytes = |variables: &[(&str, &str)]| {
        let mut screen = Screen::start(&sandbox, "systemprompt cloud tenant show nonsense", variables, (80, 24));
        assert_eq!(screen.end().0, 3);
        screen.bytes()
    };
    assert!(bytes(&[]).contains("\x1b["), "on a terminal");
    for quiet in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        assert!(!bytes(&quiet).contains("\x1b["), "{quiet:?}");
    }
    let piped = |variable: Option<&str>| {
        let mut command = sandbox.command(["cloud", "tenant", "show", "nonsense"]);
        command.envs(variable.map(|name| (name, "1")));
        sandbox.start(command).end().exits(3).stderr
    };
    assert!(!piped(None).contains('\x1b'));
    assert!(piped(Some("CLICOLOR_FORCE")).contains("\x1b["));

    // Each stream for itself: the terminal may be one of them and not the other.
    for (streams, coloured) in [(">/dev/null", true), ("2>&1 >/dev/null | cat", false)] {
        let line = format!("systemprompt cloud tenant show nonsense {streams}");
        let mut screen = Screen::start(&sandbox, &line, &[], (80, 24));
        screen.end();
        assert_eq!(screen.bytes().contains("\x1b["), coloured, "{streams}: {}", screen.bytes());
    }
}

/// A history that is longer than a screen.
fn long_history() -> Sandbox {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    for _ in 0..8 {
        sandbox.say("cloud tenant select my-project").ok();
        sandbox.say("cloud tenant unselect").ok();
    }
    sandbox
}

#[test]
fn a_history_that_is_longer_than_the_screen_is_shown_in_a_pager() {
    let sandbox = long_history();
    let mut screen = Screen::start(&sandbox, "systemprompt history log", &[], (80, 10));
    screen.wait_for("TenantUnselected");
    let first = screen.text();
    assert!(!first.contains(" 1  20"), "the oldest is still below: {first}");
    screen.press("G");
    screen.wait_for("ProjectInitialised");
    screen.press("q");
    assert_eq!(screen.end().0, 0, "quitting early is no error");
}

#[test]
fn the_users_own_pager_is_taken_and_none_where_none_is_wanted_or_needed() {
    let sandbox = long_history();
    let run = |line: &str, variables: &[(&str, &str)], rows| {
        let mut screen = Screen::start(&sandbox, &format!("systemprompt {line}"), variables, (80, rows));
        let (code, text) = screen.end();
        assert_eq!(code, 0, "{text}");
        screen.bytes() + &text
    };
    let counted = run("history log", &[("PAGER", "sed -n 's/.*ProjectInitialised.*/PAGED/p'")], 10);
    assert!(counted.contains("PAGED") && !counted.contains("TenantSelected"), "{counted}");
    let own = run("history log", &[("SYSTEMPROMPT_PAGER", "head -n 1"), ("PAGER", "false")], 10);
    assert!(own.contains("TenantUnselected") && !own.contains("ProjectInitialised"), "{own}");
    for (line, variables, rows) in [
        ("history log --no-pager", &[("PAGER", "false")][..], 10),
        ("history log", &[("PAGER", "")], 10),
        ("history log", &[("PAGER", "cat")], 10),
        ("history log", &[("PAGER", "false")], 50),
        ("history log", &[("PAGER", "no-such-pager --at-all")], 10),
        ("history log --json", &[("PAGER", "false")], 10),
    ] {
        let printed = run(line, variables, rows);
        assert!(printed.contains("ProjectInitialised"), "{line} {variables:?}: {printed}");
    }
    let piped = sandbox.say("history log").ok();
    assert!(piped.stdout.contains("ProjectInitialised"), "no pager where no terminal is");
}

#[test]
fn a_pager_that_is_quit_at_once_is_no_error() {
    let sandbox = long_history();
    let line = "systemprompt history log --limit 10000";
    let (code, text) = Screen::start(&sandbox, line, &[("PAGER", "true")], (80, 10)).end();
    assert_eq!((code, text.as_str()), (0, "\n"));
}

#[test]
fn a_history_fits_a_narrow_terminal() {
    let sandbox = Sandbox::with_registry(CROWDED);
    sandbox.say("cloud tenant select my-project").ok();
    for columns in [80, 40] {
        let mut screen = Screen::run(&sandbox, "history log --no-pager", columns);
        assert_eq!(screen.end().0, 0);
        let printed = screen.bytes();
        for line in printed.lines() {
            assert!(line.trim_end().chars().count() <= usize::from(columns), "{columns}: {line}");
        }
    }
    assert_data_eq!(
        alike(&shown(&sandbox, "history log --limit 2", 40)),
        str![[r#"
     7  2026-01-01T00:00:00.000Z
        TenantSelected project
     6  2026-01-01T00:00:00.000Z
        RegistryImported project

"#]]
    );
}

/// A word that can be typed, such as an id, is whole in its line: the terminal breaks none.
#[test]
fn what_is_listed_every_day_fits_a_narrow_terminal() {
    const COLUMNS: u16 = 40;
    let sandbox = Sandbox::with_registry(CROWDED);
    let key = sandbox.root().join("key");
    std::fs::write(&key, "canary").expect("a file can be written");
    for line in [
        "cloud tenant select my-project",
        "cloud profile create local --set server.api_external_url=https://a-name-that-is-long.example.net:8443/",
        "cloud profile create production --tenant my-project-prod",
        "cloud tenant select my-project-prod",
    ] {
        sandbox.say(line).ok();
    }
    sandbox.run(["cloud", "secrets", "set", "A_RATHER_LONG_NAME", "--file", &key.display().to_string()]).ok();
    for line in [
        "cloud profile list",
        "cloud profile show local",
        "admin session list",
        "admin session show",
        "cloud secrets list",
        "cloud tenant rotate-sync-token my-project -y",
        "cloud tenant select a-name-as-long-as-a-name-can-possibly-be",
        "cloud tenant delete my-project-prod -y",
    ] {
        let mut screen = Screen::run(&sandbox, line, COLUMNS);
        let (code, text) = screen.end();
        assert_eq!(code, 0, "{line}\n{text}");
        let printed = screen.bytes();
        let long = printed.lines().map(str::trim_end).filter(|row| row.chars().count() > usize::from(COLUMNS));
        // A command to type is whole, whatever its length.
        let is_whole = |row: &str| row.starts_with("note:") || row.trim_start().starts_with("systemprompt ");
        let broken: Vec<_> = long.filter(|row| row.contains(' ') && !is_whole(row)).collect();
        assert!(broken.is_empty(), "{line}: {broken:?}");
    }
}
