//! Who goes first: flag, variable, this shell, the project.

use super::*;

/// Flag, variable, selection, with tenant or profile: who decides.
#[test]
fn the_first_that_is_set_decides_and_which_explains_it() {
    const LOCAL: &str = "my-project";
    const PROD: &str = "my-project-prod";
    /// Flags, variables, the tenant that is chosen, and why.
    type Row<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a str, &'a str);
    let table: &[Row<'_>] = &[
        (&[], &[], LOCAL, "selected in this project"),
        (&[], &[("SYSTEMPROMPT_PROFILE", "production")], PROD, "the tenant of SYSTEMPROMPT_PROFILE"),
        (&[], &[("SYSTEMPROMPT_TENANT", PROD)], PROD, "by SYSTEMPROMPT_TENANT"),
        (
            &["--profile", "local"],
            &[("SYSTEMPROMPT_TENANT", PROD)],
            LOCAL,
            "the tenant of the profile on the command line",
        ),
        (&["--tenant", LOCAL], &[("SYSTEMPROMPT_TENANT", PROD)], LOCAL, "named on the command line"),
        (&["--tenant", LOCAL], &[("SYSTEMPROMPT_PROFILE", "production")], LOCAL, "named on the command line"),
    ];
    let sandbox = project();
    for (flags, variables, tenant, source) in table {
        let mut command = sandbox.command(["which", "--explain", "--json"].iter().chain(*flags));
        command.envs(variables.iter().copied());
        let output = command.output().expect("it runs");
        let which: Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!(which["data"]["tenant"]["name"], *tenant, "{flags:?} {variables:?}: {which:#}");
        assert_eq!(which["data"]["tenant_from"], *source, "{flags:?} {variables:?}");
        assert_eq!(which["data"]["candidates"].as_array().map(Vec::len), Some(6));
    }
}

#[test]
fn a_tenant_and_a_profile_of_another_contradict_each_other() {
    let sandbox = project();
    let output = sandbox.say("which --tenant my-project --profile production");
    assert_eq!(output.code, 2, "{}", output.transcript());
    let mut command = sandbox.command(["which"]);
    command.env("SYSTEMPROMPT_TENANT", "my-project").env("SYSTEMPROMPT_PROFILE", "production");
    assert_eq!(command.output().expect("it runs").status.code(), Some(2));
}

/// What is selected is not what is acted on wherever something goes before it.
#[test]
fn what_goes_before_a_selection_in_this_terminal_is_said() {
    let sandbox = project();
    let with = |line: &str, name: &str, value: &str| {
        let mut command = sandbox.command(line.split(' '));
        command.env(name, value);
        sandbox.start(command).end().ok().stderr
    };
    let (tenant, profile) = ("SYSTEMPROMPT_TENANT", "SYSTEMPROMPT_PROFILE");
    for line in ["cloud tenant select my-project", "cloud profile switch local", "admin session switch local"] {
        let said = with(line, tenant, "my-project-prod");
        assert!(said.contains("act on tenant `my-project-prod` (999bc654-"), "{line}: {said}");
        assert!(said.contains("by SYSTEMPROMPT_TENANT; to change that, run `unset SYSTEMPROMPT_TENANT`"), "{said}");
        let said = with(line, profile, "production");
        assert!(
            said.contains("act on tenant `my-project-prod`") && said.contains("`unset SYSTEMPROMPT_PROFILE`"),
            "{said}"
        );
        assert_eq!(with(line, tenant, "my-project"), "", "{line}");
    }
    let listed = with("cloud tenant list", tenant, "my-project-prod");
    assert!(listed.contains("act on tenant `my-project-prod`"), "{listed}");
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");

    sandbox.say("cloud profile create other --tenant my-project").ok();
    let said = with("cloud profile switch local", profile, "other");
    assert!(said.contains("use profile `other`, by SYSTEMPROMPT_PROFILE"), "{said}");

    let said = in_a_shell(
        &sandbox,
        "systemprompt admin session switch production --shell >/dev/null 2>&1; systemprompt cloud tenant select my-project 2>&1",
    );
    let remedy = "by this shell's session; to change that, run `systemprompt admin session logout --shell`";
    assert!(said.contains("act on tenant `my-project-prod`") && said.contains(remedy), "{said}");
    sandbox.say("cloud tenant allow my-project-prod --yes").ok();
    let ran = sandbox.run(["exec", "--tenant", "my-project-prod", "--", "true"]).ok();
    assert!(ran.stderr.contains("note: tenant `my-project-prod` (999bc654-"), "{}", ran.whole());
}

#[test]
fn where_a_variable_names_a_profile_that_is_not_there_nothing_is_selected() {
    let sandbox = project();
    let before = show(&sandbox);
    for line in ["cloud tenant select my-project-prod", "admin session switch production"] {
        let mut command = sandbox.command(line.split(' '));
        command.env("SYSTEMPROMPT_PROFILE", "gone");
        let refused = sandbox.start(command).end().exits(3);
        assert!(refused.stderr.contains("profile not found: gone"), "{}", refused.whole());
        assert!(refused.stderr.contains("SYSTEMPROMPT_PROFILE"), "{}", refused.whole());
        assert_eq!(show(&sandbox), before, "{line}");
    }
}

/// In a shell that was switched to another tenant: flags and variables go before its session, and that before the selection.
#[test]
fn flags_and_variables_go_before_the_shells_session() {
    let sandbox = project();
    let table = [
        ("", "", "my-project-prod", "by this shell's session", "production", "by this shell's session"),
        (
            "SYSTEMPROMPT_TENANT=my-project",
            "",
            "my-project",
            "by SYSTEMPROMPT_TENANT",
            "local",
            "used last in this tenant",
        ),
        (
            "SYSTEMPROMPT_PROFILE=local",
            "",
            "my-project",
            "the tenant of SYSTEMPROMPT_PROFILE",
            "local",
            "by SYSTEMPROMPT_PROFILE",
        ),
        ("", "--tenant my-project", "my-project", "named on the command line", "local", "used last in this tenant"),
        (
            "",
            "--profile local",
            "my-project",
            "the tenant of the profile on the command line",
            "local",
            "named on the command line",
        ),
        (
            "SYSTEMPROMPT_TENANT=my-project",
            "--profile production",
            "my-project-prod",
            "the tenant of the profile on the command line",
            "production",
            "named on the command line",
        ),
    ];
    for (variable, flag, tenant, tenant_from, profile, profile_from) in table {
        let printed = in_a_shell(
            &sandbox,
            &format!(
                "systemprompt admin session switch production --shell >/dev/null 2>&1; \
                 {variable} systemprompt which --json {flag}"
            ),
        );
        let which: Value = serde_json::from_str(&printed).expect("one document");
        let data = &which["data"];
        assert_eq!((&data["tenant"]["name"], &data["tenant_from"]), (&tenant.into(), &tenant_from.into()), "{which:#}");
        let chosen = (&data["profile"]["name"], &data["profile"]["from"]);
        assert_eq!(chosen, (&profile.into(), &profile_from.into()), "{which:#}");
    }
    let other = in_a_shell(&sandbox, "systemprompt which --json");
    assert!(other.contains("selected in this project"), "{other}");
}
