//! What the contract asks of answers, whatever the provider does: shapes, words, and what must not be in them.

use serde_json::{Value, json};

use super::harness::Harness;
use super::promise::{Broken, Kept, done, holds, not_stopped, same_world};
use crate::{Description, Failure};

/// Longer is no message.
const MESSAGE_CHARS_MAX: usize = 1_000;
/// Longer is no id.
const ID_CHARS_MAX: usize = 40;
/// What secrets look like to a provider.
const PLACEHOLDERS: [&str; 3] = ["{{secret:", "{{machine:", "{{account:"];

/// It says who it is in the shapes of the contract, and says the same each time.
pub fn it_describes_itself<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let description = harness.describe();
    not_stopped(&harness, "`describe`")?;
    holds(make().describe() == description, || "`describe` says something else the second time".to_owned())?;
    let Description { id, version, title, tenant_type, operations, config_schema, account_fields, regions, ext } =
        description;
    holds(is_name(&id) && id.chars().count() <= ID_CHARS_MAX, || {
        format!("the id `{id}` is not 1 to {ID_CHARS_MAX} of `a-z`, `0-9` and `-`, beginning with a letter")
    })?;
    readable("the version", &version)?;
    readable("the title", &title)?;
    holds(["local", "cloud"].contains(&tenant_type.as_str()), || {
        format!("the type of tenants is `{tenant_type}`, neither `local` nor `cloud`")
    })?;
    for needed in ["create", "delete"] {
        holds(operations.iter().any(|operation| operation == needed), || format!("it has no operation `{needed}`"))?;
    }
    for (number, operation) in operations.iter().enumerate() {
        holds(is_name(operation), || format!("the operation `{operation}` is not written as `rotate-credentials` is"))?;
        holds(!operations[..number].contains(operation), || format!("it names the operation `{operation}` twice"))?;
    }
    let is_object = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
    holds(is_object(&config_schema), || "its configuration schema is no JSON object".to_owned())?;
    holds(ext.as_deref().is_none_or(is_object), || "the `ext` of its description is no JSON object".to_owned())?;
    account_fields.iter().try_for_each(|field| readable("the title of a field of the account", &field.title))?;
    regions.iter().try_for_each(|region| readable("the title of a region", &region.title))
}

/// A configuration that is right has no errors; one that is wrong has errors, and is no failure.
pub fn a_configuration_is_judged_and_not_stumbled_over<P>(make: impl Fn() -> Harness<P>, config: &Value) -> Kept {
    let mut harness = make();
    let judged = harness.try_check(config);
    let errors = done(&harness, judged, "`check` of this configuration")?;
    holds(errors.is_empty(), || {
        let errors: Vec<_> = errors.iter().map(|error| format!("`{}`: {}", error.path, error.message)).collect();
        format!("`check` finds errors in {config}: {}", errors.join("; "))
    })?;
    for wrong in [json!(7), json!([]), json!("text")] {
        let judged = harness.try_check(&wrong);
        let errors = done(&harness, judged, &format!("`check` of {wrong}"))?;
        holds(!errors.is_empty(), || format!("`check` takes {wrong} for a configuration"))?;
    }
    let schema: Value = serde_json::from_str(&harness.describe().config_schema).unwrap_or_default();
    if schema["additionalProperties"] != json!(false) {
        return Ok(());
    }
    let mut unknown = config.clone();
    unknown["a-field-that-nobody-knows"] = json!(1);
    let judged = harness.try_check(&unknown);
    let errors = done(&harness, judged, "`check` with an unknown field")?;
    let named = |path: &str, message: &str| format!("{path} {message}").contains("a-field-that-nobody-knows");
    holds(errors.iter().any(|error| named(&error.path, &error.message)), || {
        "its schema allows no other fields, and `check` does not name one that nobody knows".to_owned()
    })
}

/// What a later version of the contract adds beside what this one says changes nothing.
pub fn what_is_new_is_ignored<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let run = |ext: Option<Value>| {
        let mut harness = make();
        if let Some(ext) = &ext {
            harness.set_ext(ext);
        }
        let plan = harness.plan("create");
        let plan = done(&harness, plan, "a plan of `create`")?;
        let created = harness.create();
        let created = done(&harness, created, "a `create` with an `ext` that nobody knows")?;
        Ok::<_, Broken>((plan, created, harness.everything()))
    };
    let (usual, new) = (run(None)?, run(Some(json!({ "from-a-later-version": [1, { "two": null }] })))?);
    holds(usual == new, || "an `ext` that nobody knows makes another plan, result or world".to_owned())
}

/// `probe`, `check`, `plan`, `status` and `orphans` only look; and what `status` says follows the tenant.
pub fn what_looks_changes_nothing<P>(make: impl Fn() -> Harness<P>, config: &Value) -> Kept {
    let mut harness = make();
    looking_changes_nothing(&mut harness, config, "before `create`")?;
    let created = harness.create();
    done(&harness, created, "an undisturbed `create`")?;
    looking_changes_nothing(&mut harness, config, "after `create`")?;
    let status = harness.status();
    let status = done(&harness, status, "`status` after `create`")?;
    holds(status.reachable, || format!("a tenant that was created is not reachable, but `{}`", status.state))?;
    let deleted = harness.delete();
    done(&harness, deleted, "an undisturbed `delete`")?;
    looking_changes_nothing(&mut harness, config, "after `delete`")?;
    let status = harness.status();
    not_stopped(&harness, "`status` after `delete`")?;
    let reachable = status.is_ok_and(|status| status.reachable);
    holds(!reachable, || "a tenant that was deleted is said to be reachable".to_owned())
}

fn looking_changes_nothing<P>(harness: &mut Harness<P>, config: &Value, when: &str) -> Kept {
    let before = harness.everything();
    let unchanged = |harness: &Harness<P>, what: &str| {
        not_stopped(harness, &format!("`{what}` {when}"))?;
        same_world(&harness.everything(), &before, || format!("`{what}` {when} has effects"))
    };
    let probed = harness.probe();
    unchanged(harness, "probe")?;
    let report = done(harness, probed, &format!("`probe` {when}"))?;
    readable("the summary of `probe`", &report.summary)?;
    // Whether these fail is up to what they find.
    drop(harness.try_check(config));
    unchanged(harness, "check")?;
    for operation in ["create", "delete"] {
        drop(harness.plan(operation));
        unchanged(harness, "plan")?;
    }
    drop(harness.status());
    unchanged(harness, "status")?;
    drop(harness.shared_status());
    unchanged(harness, "status")?;
    drop(harness.orphans(true));
    unchanged(harness, "orphans")
}

/// Failures that anybody can bring about have a code for programs and a message for people; plans have words.
pub fn messages_can_be_read<P>(make: impl Fn() -> Harness<P>) -> Kept {
    const UNKNOWN: &str = "an-operation-that-nobody-knows";
    let mut harness = make();
    let planned = harness.plan(UNKNOWN);
    let asked = harness.operation(UNKNOWN);
    not_stopped(&harness, "an operation that nobody knows")?;
    for (what, failure) in [("plan", planned.err()), ("run", asked.err())] {
        let Some(failure) = failure else {
            return Err(Broken(format!("`{what}` takes an operation that nobody knows")));
        };
        said_well(&failure, &format!("of `{what}` for an operation that nobody knows"))?;
    }
    let plans = ["create", "delete"].map(|operation| (operation, harness.plan(operation)));
    for (operation, plan) in plans {
        for step in done(&harness, plan, &format!("a plan of `{operation}`"))? {
            readable(&format!("the name of a step of `{operation}`"), &step.name)?;
            readable(&format!("the summary of step `{}`", step.name), &step.summary)?;
        }
    }
    let mut harness = bare(&make);
    for outcome in [harness.create().map(drop), harness.status().map(drop), harness.shared_status().map(drop)] {
        not_stopped(&harness, "a world without what it needs")?;
        outcome.err().map_or(Ok(()), |failure| said_well(&failure, "where what it needs is missing"))?;
    }
    Ok(())
}

/// A world in which nothing of what providers need is there.
fn bare<P>(make: impl Fn() -> Harness<P>) -> Harness<P> {
    let mut harness = make();
    harness.world().uninstall_postgres();
    harness.world().stop_docker();
    harness
}

/// The password in a tenant's URL is a placeholder, which the program made; and where people read, none stands.
pub fn passwords_are_secrets_of_the_program<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let created = harness.create();
    let created = done(&harness, created, "an undisturbed `create`")?;
    holds(created.is_object(), || "`create` returns no JSON object".to_owned())?;
    if let Some(url) = created["database_url"].as_str() {
        let password = url.split_once("://").and_then(|(_, rest)| rest.split_once(':')).map(|(_, rest)| rest);
        let is_placeholder = password.is_some_and(|rest| PLACEHOLDERS.iter().any(|begin| rest.starts_with(begin)));
        // The URL itself may hold what should be a secret.
        holds(is_placeholder, || "the password in `database_url` is not the placeholder of a secret".to_owned())?;
    }
    let (plan, status) = (harness.plan("delete"), harness.status());
    let mut words = harness.world().said.clone();
    words.extend(done(&harness, plan, "a plan of `delete`")?.into_iter().map(|step| step.summary));
    words.extend(done(&harness, status, "`status`")?.details.into_iter().map(|(_, value)| value));
    let shown = words.iter().find(|words| PLACEHOLDERS.iter().any(|begin| words.contains(begin)));
    shown.map_or(Ok(()), |words| Err(Broken(format!("the placeholder of a secret is shown to people: {words}"))))
}

/// It talks to no destination and asks for no field of the account but those that its description names.
pub fn it_asks_for_nothing_beyond_its_description<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    drop(harness.probe());
    drop(harness.create());
    drop((harness.status(), harness.shared_status(), harness.orphans(true)));
    drop(harness.delete());
    let beyond: Vec<_> = harness.world().beyond().map(str::to_owned).collect();
    holds(beyond.is_empty(), || format!("it asked for what its description does not name: {}", beyond.join(", ")))
}

/// What a user wants to be run in a tenant's database takes no step and changes nothing else; where it cannot be run, the
/// provider says so in readable words.
pub fn statements_change_nothing_else<P>(make: impl Fn() -> Harness<P>) -> Kept {
    let mut harness = make();
    let before = harness.everything();
    let ended = harness.psql(&["-qtA"], "select 1;\n");
    not_stopped(&harness, "`psql`")?;
    holds(harness.edges() == 0, || "`psql` takes steps, which no operation would finish".to_owned())?;
    same_world(&harness.everything(), &before, || "`psql` made another world".to_owned())?;
    ended.err().map_or(Ok(()), |failure| said_well(&failure, "of `psql`"))
}

fn said_well(failure: &Failure, which: &str) -> Kept {
    let detail = failure.detail();
    readable(&format!("the message {which}"), &detail.message)?;
    holds(!detail.message.trim_end().ends_with('.'), || {
        format!("the message {which} ends in a full stop, and goes on in others: {}", detail.message)
    })?;
    holds(is_name(&detail.code), || format!("the code {which} is not written as `port-taken` is: {}", detail.code))?;
    detail.help.as_deref().map_or(Ok(()), |help| readable(&format!("the help {which}"), help))
}

/// One line of something.
fn readable(what: &str, text: &str) -> Kept {
    holds(!text.trim().is_empty(), || format!("{what} is empty"))?;
    holds(!text.chars().any(char::is_control), || format!("{what} has control characters: {}", text.escape_debug()))?;
    holds(text.chars().count() <= MESSAGE_CHARS_MAX, || format!("{what} has more than {MESSAGE_CHARS_MAX} characters"))
}

/// Lower case letters, digits and dashes, beginning with a letter.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-')
}
