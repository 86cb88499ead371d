//! Known secrets, looked for everywhere that they must not be.

mod arguments;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemprompt_fake_fly::FakeFly;
use systemprompt_tests::{LogFile, Login, Sandbox, seed};

use crate::cloud::{application, logged_in, managed};
use crate::life::url;

fn password(url: &str) -> String {
    let (_, rest) = url.split_once("://").expect("a URL");
    let (login, _) = rest.rsplit_once('@').expect("a URL with a login");
    login.split_once(':').expect("a login with a password").1.to_owned()
}

/// Files in which the bytes stand, whatever else is in them.
fn files_with(dirs: &[PathBuf], secret: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    dirs.iter().flat_map(|dir| Sandbox::files_below(dir)).filter(holds).collect()
}

/// Runs whatever reads or changes, and looks into everything that was printed.
fn nothing_printed_holds(sandbox: &Sandbox, secret: &str, tenant: &str) {
    for line in [
        "cloud tenant list".to_owned(),
        format!("cloud tenant select {tenant}"),
        "cloud tenant show".to_owned(),
        "cloud tenant status".to_owned(),
        "history log".to_owned(),
        "history verify".to_owned(),
        "history rebuild".to_owned(),
        "which --explain".to_owned(),
        "doctor".to_owned(),
        "plugin list".to_owned(),
        "infra db status".to_owned(),
        "cloud tenant list --verbose".to_owned(),
    ] {
        for line in [line.clone(), format!("{line} --json")] {
            let whole = sandbox.say(&line).whole();
            assert!(!whole.contains(secret), "{whole}");
        }
    }
    let events = sandbox.say("history verify --json").data()["events"].as_i64().expect("a number");
    for position in 1..=events {
        let whole = sandbox.say(&format!("history show {position}")).ok().whole();
        assert!(!whole.contains(secret), "{whole}");
    }
}

fn private_everywhere(dir: &Path) {
    for file in Sandbox::files_below(dir) {
        let mode = fs::metadata(&file).expect("the file is there").permissions().mode() & 0o777;
        let is_lock = file.components().any(|part| part.as_os_str() == "locks");
        assert!(mode == 0o600 || is_lock, "{}: {mode:o}", file.display());
    }
}

#[test]
fn a_generated_password_is_in_the_registry_file_and_nowhere_else() {
    let sandbox = Sandbox::new();
    // A wide umask: the modes are ours, not the caller's.
    let line = format!(
        "umask 000; exec {} cloud tenant create --type local --name mine --provider native",
        systemprompt_tests::binary().display()
    );
    let command = sandbox.prepare(Command::new("sh"), ["-c", &line]);
    let created = sandbox.start(command).end().ok();
    let secret = password(&url(&sandbox, "mine"));
    assert!(secret.len() >= 20, "a password of {} characters", secret.len());
    assert!(!created.whole().contains(&secret));
    nothing_printed_holds(&sandbox, &secret, "mine");
    private_everywhere(&sandbox.file(""));
    private_everywhere(&sandbox.data().join("vault"));
    let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], &secret);
    assert_eq!(found, [sandbox.file("tenants.json")]);

    sandbox.say("cloud tenant delete mine -y").ok();
    let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], &secret);
    assert_eq!(found, [""; 0].map(PathBuf::from), "after delete it is nowhere");
}

/// PostgreSQL's programs, of which `initdb` also writes down the administrator's password that it is given.
fn telltale(sandbox: &Sandbox, capture: &Path) -> PathBuf {
    let found = Command::new("pg_config").arg("--bindir").output().expect("the tests need `pg_config`");
    let real = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    let bin_dir = sandbox.root().join("bin");
    fs::create_dir(&bin_dir).expect("a directory can be made");
    for program in ["initdb", "postgres", "pg_ctl"] {
        let capture = capture.display();
        let tell = format!(r#"for w in "$@"; do [ "$p" = --pwfile ] && cat "$w" > {capture}; p="$w"; done"#);
        let tell = if program == "initdb" { tell } else { String::new() };
        let path = bin_dir.join(program);
        fs::write(&path, format!("#!/bin/sh\n{tell}\nexec {real}/{program} \"$@\"\n")).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the mode can be set");
    }
    bin_dir
}

#[test]
fn a_password_that_fly_makes_is_in_the_registry_file_and_nowhere_else() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let mut printed = sandbox.say(&format!("{} --verbose --json", managed::create())).ok().whole();
    let url = || crate::cloud::url(&sandbox);
    let first = password(&url());
    printed += &sandbox.say("cloud tenant rotate-credentials my-project-prod -y --verbose").ok().whole();
    printed += &sandbox.say("cloud sync --verbose").ok().whole();
    let last = password(&url());
    assert!(!printed.contains(&first) && !printed.contains(&last), "{printed}");
    nothing_printed_holds(&sandbox, &last, "my-project-prod");
    private_everywhere(&sandbox.file(""));
    let found = |secret: &str| files_with(&[sandbox.root().to_owned(), sandbox.cache()], secret);
    assert_eq!(found(&last), [sandbox.file("tenants.json")]);
    assert_eq!(found(&first), [""; 0].map(PathBuf::from), "the first password is nowhere");
    sandbox.say("cloud tenant delete my-project-prod -y").ok();
    assert_eq!(found(&last), [""; 0].map(PathBuf::from), "after delete it is nowhere");
}

#[test]
fn the_administrators_password_is_in_no_file_and_nothing_that_is_printed() {
    let sandbox = Sandbox::new();
    // Outside of what is searched, and for the server's user to write.
    let outside = tempfile::tempdir_in("/tmp").expect("/tmp can be written to");
    fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o777)).expect("the mode can be set");
    let capture = outside.path().join("password");
    let bin_dir = telltale(&sandbox, &capture);
    let create = "cloud tenant create --type local --name mine --provider native --verbose --config";
    let mut printed = sandbox.say(&format!("{create} bin_dir={}", bin_dir.display())).ok().whole();
    let secret = fs::read_to_string(&capture).expect("it can be read").trim().to_owned();
    assert!(secret.len() >= 20, "a password of {} characters", secret.len());
    nothing_printed_holds(&sandbox, &secret, "mine");
    for line in ["infra db down --provider native", "infra db up --provider native", "cloud tenant delete mine -y"] {
        printed += &sandbox.say(line).ok().whole();
    }
    assert!(!printed.contains(&secret), "{printed}");
    assert_eq!(files_with(&[sandbox.root().to_owned(), sandbox.cache()], &secret), [""; 0].map(PathBuf::from));
}

#[test]
fn what_was_rotated_is_in_the_registry_file_and_what_it_replaced_is_nowhere() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name mine --provider native").ok();
    let first = password(&url(&sandbox, "mine"));
    let mut printed = String::new();
    for line in [
        "cloud tenant rotate-credentials mine -y",
        "cloud tenant rotate-credentials mine -y --overlap 1h --json",
        "cloud tenant rotate-credentials mine -y --verbose",
        "cloud tenant rotate-sync-token mine -y --json",
        "cloud tenant edit mine --name yours",
        "cloud tenant protect yours",
    ] {
        printed += &sandbox.say(line).ok().whole();
    }
    let last = password(&url(&sandbox, "yours"));
    let shown = sandbox.say("cloud tenant show yours --reveal --json").ok().data();
    let token = shown["resources"]["sync_token"].as_str().expect("a token").to_owned();
    for secret in [&last, &token] {
        assert!(!printed.contains(secret), "{printed}");
        nothing_printed_holds(&sandbox, secret, "yours");
        let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], secret);
        assert_eq!(found, [sandbox.file("tenants.json")]);
    }
    assert!(!printed.contains(&first), "{printed}");
    let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], &first);
    assert_eq!(found, [""; 0].map(PathBuf::from), "the first password is nowhere");
}

#[test]
fn a_password_on_the_command_line_is_taken_out_of_what_is_recorded_and_shown() {
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name owner --provider native").ok();
    let owner = url(&sandbox, "owner");
    let secret = "canary-5f1c9e-canary-in-a-coal-mine";
    let mut login = Login::to(&owner).expect("the owner can log in");
    login.run(&format!("alter role current_user password '{secret}'")).expect("a role may change its own password");
    login.close();
    let with_canary = owner.replace(&password(&owner), secret);
    for (name, args) in [
        ("apart", vec!["--database-url".to_owned(), with_canary.clone()]),
        ("together", vec![format!("--database-url={with_canary}")]),
    ] {
        let words = ["cloud", "tenant", "create", "--type", "local", "--name", name].map(str::to_owned);
        let created = sandbox.run(words.into_iter().chain(args)).ok();
        assert!(!format!("{}{}", created.stdout, created.stderr).contains(secret), "{}", created.whole());
        nothing_printed_holds(&sandbox, secret, name);
    }
    // Refused, in whatever way: what is printed of it has no password either.
    for url in [
        format!("postgres://u:{secret}@127.0.0.1:1/db"),
        format!("http://u:{secret}@127.0.0.1:1/db"),
        format!("postgres://u:{secret}@127.0.0.1:99999/db"),
        format!("postgres://u:{secret}@[::1"),
        format!("postgres://127.0.0.1:1/db?user=u&password={secret}"),
        format!("u:{secret}@127.0.0.1/db"),
        format!("postgres:/u:{secret}@127.0.0.1/db"),
    ] {
        for json in [&[][..], &["--json"]] {
            let words = ["cloud", "tenant", "create", "--type", "local", "--name", "refused", "--database-url", &url];
            let output = sandbox.run(words.iter().chain(json));
            assert_ne!(output.code, 0, "{}", output.whole());
            assert!(!format!("{}{}", output.stdout, output.stderr).contains(secret), "{}", output.whole());
        }
    }
    let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], secret);
    assert_eq!(found, [sandbox.file("tenants.json")]);
}

#[test]
fn a_password_comes_by_standard_input_too() {
    use std::io::Write;
    use std::process::Stdio;
    let sandbox = Sandbox::new();
    sandbox.say("cloud tenant create --type local --name owner --provider native").ok();
    let mut command = sandbox.command("cloud tenant create --type local --name piped --database-url -".split(' '));
    command.stdin(Stdio::piped());
    let mut running = sandbox.start(command);
    let owner = url(&sandbox, "owner");
    running.child.stdin.take().expect("a pipe").write_all(owner.as_bytes()).expect("it can be written");
    running.end().ok();
    assert_eq!(url(&sandbox, "piped"), owner);
}

#[test]
fn what_a_registry_brought_along_is_sealed_in_the_log() {
    let sandbox = Sandbox::with_registry(seed::REGISTRY);
    sandbox.say("cloud tenant select my-project").ok();
    for secret in ["localdev", "user:pass@", "sp_sync_abc123"] {
        nothing_printed_holds(&sandbox, secret, "my-project");
        let kept = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tenants."));
        let found = files_with(&[sandbox.root().to_owned(), sandbox.cache()], secret);
        let elsewhere: Vec<_> = found.into_iter().filter(|path| !kept(path)).collect();
        assert!(elsewhere.is_empty(), "{secret}: {elsewhere:?}");
    }
    private_everywhere(&sandbox.file(""));
    let mut log = LogFile::open(&sandbox.file("log.db"));
    let sealed = log.texts("select payload from events where type = 'SecretSealed'");
    assert_eq!(sealed.len(), 3, "{sealed:?}");
}

#[test]
fn a_token_and_a_password_at_fly_are_each_in_the_one_file_for_them_and_nowhere_else() {
    let fly = FakeFly::start();
    let sandbox = logged_in(&fly);
    let created = sandbox.say(&format!("{} --verbose", application::create())).ok().whole();
    let registry = fs::read(sandbox.file("tenants.json")).expect("the file is there");
    let registry: serde_json::Value = serde_json::from_slice(&registry).expect("it is JSON");
    let secret = password(registry["tenants"][0]["internal_database_url"].as_str().expect("it has a URL"));
    for (secret, file) in [(fly.token(), "credentials.json"), (&*secret, "tenants.json")] {
        assert!(secret.len() > 10 && !created.contains(secret), "{created}");
        nothing_printed_holds(&sandbox, secret, "my-project-prod");
        assert_eq!(files_with(&[sandbox.root().to_owned(), sandbox.cache()], secret), [sandbox.file(file)]);
    }
    let mut printed = String::new();
    for line in [
        "rotate-credentials my-project-prod -y --verbose",
        "edit my-project-prod --config app_image=registry.fly.io/shop:2 --verbose",
        "edit my-project-prod --external-db-access true",
    ] {
        printed += &sandbox.say(&format!("cloud tenant {line}")).ok().whole();
    }
    let new = fs::read_to_string(sandbox.file("tenants.json")).expect("the file is there");
    let new: serde_json::Value = serde_json::from_str(&new).expect("it is JSON");
    let new = password(new["tenants"][0]["database_url"].as_str().expect("it has a URL"));
    assert!(new != secret && !printed.contains(&new) && !printed.contains(&secret), "{printed}");
    nothing_printed_holds(&sandbox, &new, "my-project-prod");
    let everywhere = [sandbox.root().to_owned(), sandbox.cache()];
    assert_eq!(files_with(&everywhere, &new), [sandbox.file("tenants.json")]);
    assert_eq!(files_with(&everywhere, &secret), [""; 0].map(PathBuf::from));
    private_everywhere(&sandbox.file(""));
    sandbox.say("cloud auth logout").ok();
    assert_eq!(files_with(&[sandbox.root().to_owned()], fly.token()), [""; 0].map(PathBuf::from));
}
