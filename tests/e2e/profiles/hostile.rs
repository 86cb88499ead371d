//! Files and logs that somebody prepared: what they name is not touched, and what they say not believed.

use super::*;

#[test]
fn a_link_in_the_place_of_a_profiles_directory_is_not_followed() {
    let sandbox = with_profile();
    let elsewhere = sandbox.root().join("elsewhere");
    let local = sandbox.file("profiles/local");
    fs::rename(&local, &elsewhere).expect("a directory can be moved");
    fs::write(elsewhere.join("secrets.json"), "{}").expect("a file can be written");
    std::os::unix::fs::symlink(&elsewhere, &local).expect("a link can be made");
    let before: Vec<_> = Sandbox::files_below(&elsewhere).into_iter().map(|path| fs::read(path).ok()).collect();
    let listed = sandbox.say("cloud tenant list").ok();
    assert!(listed.stderr.contains("is no directory"), "{}", listed.transcript());
    assert_ne!(sandbox.say("cloud profile edit local --discard --yes").code, 0);
    sandbox.say("cloud profile delete local -y").ok();
    let after: Vec<_> = Sandbox::files_below(&elsewhere).into_iter().map(|path| fs::read(path).ok()).collect();
    assert_eq!(before, after, "nothing behind the link changes");
}

#[test]
fn what_a_foreign_log_calls_our_files_is_not_touched() {
    let sandbox = with_profile();
    let victim = sandbox.root().join("victim.txt");
    fs::write(&victim, "precious").expect("a file can be written");
    let sql = format!(
        "UPDATE files SET stamp = '{0}' || char(9) || 'x' || char(9) WHERE name = 'profiles and sessions'; \
         INSERT OR REPLACE INTO files SELECT '{0}', digest, '', position FROM files LIMIT 1;",
        victim.display()
    );
    let status = std::process::Command::new("sqlite3").arg(sandbox.file("log.db")).arg(sql).status();
    assert!(status.expect("sqlite3 is here").success());
    sandbox.say("cloud profile create other").ok();
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "precious");
}

#[test]
fn a_file_that_cannot_be_read_keeps_nobody_from_working() {
    let sandbox = with_profile();
    let yaml = sandbox.file(YAML);
    let large = "#".repeat(5 << 20);
    for wrong in [large.as_bytes(), b"\xff\xfe"] {
        fs::write(&yaml, wrong).expect("a file can be written");
        sandbox.say("cloud tenant list").ok();
        assert_ne!(sandbox.say("cloud profile edit local --from-file --yes").code, 0);
        sandbox.say("cloud profile edit local --discard --yes").ok();
        assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    }
    fs::remove_file(&yaml).expect("it is there");
    fs::create_dir(&yaml).expect("a directory can be made");
    sandbox.say("cloud tenant list").ok();
    fs::remove_dir(&yaml).expect("it is there");
    sandbox.say("cloud tenant list").ok();
    assert_eq!(read(&sandbox, YAML), seed::PROFILE);
}

#[test]
fn what_a_file_says_does_not_reach_the_terminal_as_control_characters() {
    let sandbox = with_profile();
    let hostile = "display_name: \"\\e]0;pwned\\a\\u009b31m\"\nrate_limits:\n  \"\\e]0;field\\a\": 1\n";
    fs::write(sandbox.file(YAML), read(&sandbox, YAML) + hostile).expect("the file can be written");
    for line in [
        "cloud profile edit local --from-file",
        "cloud profile edit local --from-file --yes",
        "cloud profile show local",
        "cloud profile show local --json",
        "cloud profile edit local --unset display_name",
    ] {
        let output = sandbox.say(line);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(said.contains("pwned"), "{line}: {said:?}");
        assert!(!said.contains(|c: char| c.is_control() && c != '\n'), "{line}: {said:?}");
    }
}
