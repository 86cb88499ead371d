//! Undo and redo: apply and undo gives the former state, and the chain goes back and forward as it is told.

mod obstacles;
mod rehearsal;
mod restoring;

use std::{collections::BTreeSet, fmt::Write as _};

use proptest::test_runner::{Config, TestRunner};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
use systemprompt_events::{
    Append, Command, CommandId, Digest, EventId, EventRef, ExecuteError, Json, PluginCommand, ProfileCommand as Pf,
    ProfileId, ProjectCommand, Refusal, SessionCommand as Sn, SessionId, ShellCommand as Sh, TenantCommand as Tn,
    Timestamp, Undo, UndoPlan, UnitKind,
};
use uuid::Uuid;

use crate::property::requests;
use crate::support::TABLES;
use crate::support::{TestLog, adopt, delete, provenance, select, tenant_id};

/// What is true now: the open rows of every table. Left out is when: `valid_from`, `valid_to` and `updated_at` say when
/// a row changed last, and an undo is a change of its own. `created_at` and `created_position` stay what they were.
async fn open_rows(test: &TestLog) -> Digest {
    let mut connection = SqliteConnectOptions::new().filename(test.path()).connect().await.unwrap();
    let mut all = String::new();
    for table in TABLES {
        let columns = format!(
            "SELECT group_concat(format('quote(%s)', name), ', ') FROM pragma_table_info('{table}') \
             WHERE name NOT IN ('valid_from', 'valid_to', 'updated_at')"
        );
        let columns: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_one(&mut connection).await.unwrap();
        let rows = format!("SELECT concat_ws('|', {columns}) FROM {table} WHERE valid_to IS NULL ORDER BY 1");
        let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
        let _always = writeln!(all, "{table}\n{}", rows.join("\n"));
    }
    connection.close().await.unwrap();
    Digest::of(all.as_bytes())
}

/// Records what a plan says, and that it was an undo or a redo.
async fn carry_out(test: &mut TestLog, plan: &UndoPlan, mark: fn(CommandId) -> ProjectCommand) {
    let mut commands = plan.commands();
    commands.push(Command::Project(mark(plan.command_id)));
    test.execute(commands).await.expect("what is planned can be done");
}

async fn undo(test: &mut TestLog) -> UndoPlan {
    let plan = test.log.newest_undo(false).await.unwrap().expect("there is something to undo");
    assert_eq!(plan.obstacle(), None);
    carry_out(test, &plan, |command| ProjectCommand::MarkUndone { command }).await;
    plan
}

async fn redo(test: &mut TestLog) -> UndoPlan {
    let plan = test.log.newest_redo().await.unwrap().expect("there is something to redo");
    carry_out(test, &plan, |command| ProjectCommand::MarkRedone { command }).await;
    plan
}

fn on(command: Tn) -> Command {
    Command::Tenant(tenant_id("t1"), command)
}

fn rename(name: &str) -> Command {
    on(Tn::Rename { name: name.parse().unwrap() })
}

fn profile(number: u128) -> ProfileId {
    ProfileId::new(Uuid::from_u128(number))
}

fn of_profile(command: Pf) -> Command {
    Command::Profile(profile(1), command)
}

fn create_profile() -> Command {
    let (name, text) = ("local".parse().unwrap(), "a".to_owned());
    of_profile(Pf::Create { name, tenant: tenant_id("t1"), text })
}

fn edit_profile() -> Command {
    of_profile(Pf::Edit { before: Digest::of(b"a"), text: "b".into(), source: "command".into() })
}

fn secret(seal: u128) -> (systemprompt_events::SecretKey, Uuid, String) {
    ("API_KEY".parse().unwrap(), Uuid::from_u128(seal), format!("seal {seal}"))
}

fn tenants_secret(seal: u128) -> Command {
    let (key, seal_id, sealed) = secret(seal);
    on(Tn::SetSecret { key, seal_id, sealed })
}

fn profiles_secret(seal: u128) -> Command {
    let (key, seal_id, sealed) = secret(seal);
    of_profile(Pf::SetSecret { key, seal_id, sealed })
}

fn session(command: Sn) -> Command {
    Command::Session(tenant_id("t1"), command)
}

fn login(number: u128) -> Command {
    let (id, expires_at) = (SessionId::new(Uuid::from_u128(number)), Timestamp::from_millis(1_769_950_000_000));
    session(Sn::Start { id, user: "ada".into(), profile: profile(1), expires_at })
}

fn shell(command: Sh) -> Command {
    Command::Shell("00000000000000aa".parse().unwrap(), command)
}

fn plugin(command: PluginCommand) -> Command {
    Command::Plugin("other".parse().unwrap(), command)
}

fn register() -> Command {
    let (version, world, source) = ("1".to_owned(), "w".to_owned(), "file".to_owned());
    let (hash, capabilities, description) = (Digest::ZERO, vec!["log".to_owned()], Json::object());
    plugin(PluginCommand::Register { version, hash, world, capabilities, source, description })
}

fn grant() -> Command {
    plugin(PluginCommand::Grant { hash: Digest::ZERO, capabilities: vec!["log".into()], mac: "m".into() })
}

/// Each type of event that an inverse takes back, what has to be before it, and the command that leads to it.
fn reversible() -> Vec<(&'static str, Vec<Command>, Command)> {
    let key = || secret(1).0;
    let resume =
        Sn::Resume { id: SessionId::new(Uuid::from_u128(9)), user: "b".into(), expires_at: Timestamp::from_millis(1) };
    let enter = || shell(Sh::Switch { tenant: tenant_id("t1"), profile: Some(profile(1)) });
    let unselect = || Command::Project(ProjectCommand::UnselectTenant);
    let switch = |profile| session(Sn::SwitchProfile { profile });
    vec![
        ("TenantSelected", vec![], select("t1")),
        ("TenantSelected", vec![select("t2")], select("t1")),
        ("TenantUnselected", vec![select("t1")], unselect()),
        ("TenantRenamed", vec![], rename("other")),
        ("TenantProtected", vec![], on(Tn::Protect)),
        ("TenantUnprotected", vec![on(Tn::Protect)], on(Tn::Unprotect)),
        ("ExternalAccessAllowed", vec![], on(Tn::AllowExternalAccess)),
        (
            "ExternalAccessAllowed",
            vec![on(Tn::AllowExternalAccess), on(Tn::EndExternalAccess)],
            on(Tn::AllowExternalAccess),
        ),
        ("ExternalAccessEnded", vec![on(Tn::AllowExternalAccess)], on(Tn::EndExternalAccess)),
        ("ExternalAccessUndeclared", vec![on(Tn::AllowExternalAccess)], on(Tn::UndeclareExternalAccess)),
        ("TenantSecretSet", vec![], tenants_secret(1)),
        ("TenantSecretSet", vec![tenants_secret(1)], tenants_secret(2)),
        ("TenantSecretUnset", vec![tenants_secret(1)], on(Tn::UnsetSecret { key: key() })),
        ("ProfileCreated", vec![], create_profile()),
        ("ProfileEdited", vec![create_profile()], edit_profile()),
        ("ProfileDeleted", vec![create_profile(), profiles_secret(1), login(7), enter()], of_profile(Pf::Delete)),
        ("ProfileRestored", vec![create_profile(), of_profile(Pf::Delete)], of_profile(Pf::Restore)),
        ("ProfileSecretSet", vec![create_profile()], profiles_secret(1)),
        ("ProfileSecretSet", vec![create_profile(), profiles_secret(1)], profiles_secret(2)),
        ("ProfileSecretUnset", vec![create_profile(), profiles_secret(1)], of_profile(Pf::UnsetSecret { key: key() })),
        ("SessionStarted", vec![create_profile()], login(7)),
        ("SessionStarted", vec![create_profile(), login(7), switch(None)], login(8)),
        ("SessionResumed", vec![create_profile(), login(7)], session(resume)),
        ("SessionEnded", vec![create_profile(), login(7), switch(None)], session(Sn::End)),
        ("ProfileSwitched", vec![create_profile(), login(7)], switch(None)),
        ("ShellSwitched", vec![], shell(Sh::Switch { tenant: tenant_id("t1"), profile: None })),
        (
            "ShellSwitched",
            vec![create_profile(), enter()],
            shell(Sh::Switch { tenant: tenant_id("t2"), profile: None }),
        ),
        ("ShellLeft", vec![create_profile(), enter()], shell(Sh::Leave)),
        ("CapabilitiesGranted", vec![register()], grant()),
        ("GrantRevoked", vec![register(), grant()], plugin(PluginCommand::Revoke { hash: Digest::ZERO })),
    ]
}

/// A log with two tenants; the first says nothing of external access.
async fn two_tenants() -> TestLog {
    let mut test = TestLog::new().await;
    test.execute(vec![adopt("t1", "one"), adopt("t2", "two")]).await.unwrap();
    test
}

#[tokio::test]
async fn every_reversible_event_is_undone_and_done_again_to_the_last_cell() {
    let mut covered = BTreeSet::new();
    for (kind, given, command) in reversible() {
        let mut test = two_tenants().await;
        for command in given {
            test.execute(vec![command]).await.unwrap();
        }
        let before = open_rows(&test).await;
        let receipt = test.execute(vec![command]).await.unwrap();
        let recorded = test.log.event(&EventRef::Id(receipt.events[0])).await.unwrap().unwrap();
        assert_eq!(recorded.kind, kind);
        let after = open_rows(&test).await;
        assert_ne!(before, after, "{kind} changes something");
        undo(&mut test).await;
        assert_eq!(open_rows(&test).await, before, "{kind} is undone");
        redo(&mut test).await;
        assert_eq!(open_rows(&test).await, after, "{kind} is done again");
        undo(&mut test).await;
        assert_eq!(open_rows(&test).await, before, "{kind} is undone again");
        assert_eq!(test.log.verify().await.unwrap().faults, [], "{kind}");
        covered.insert(kind);
    }
    assert_eq!(covered.len(), 24, "each type with an inverse has its row here: {covered:?}");
}

/// Whether all that a request recorded is taken back by inverses.
fn is_reversible(plan: &UndoPlan) -> bool {
    plan.steps.iter().all(|step| matches!(step.undo, Undo::Inverse { .. }))
}

async fn undone_at_every_step(requests: Vec<Vec<Command>>) {
    let mut test = TestLog::new().await;
    for commands in requests {
        let before = open_rows(&test).await;
        let Ok(receipt) = test.execute(commands).await else { continue };
        let Some(first) = receipt.events.first() else { continue };
        let recorded = test.log.event(&EventRef::Id(*first)).await.unwrap().unwrap();
        let (plan, standing) = test.log.undo_of(&recorded).await.unwrap().unwrap();
        assert_eq!((standing.kind, standing.is_settled), (UnitKind::Own, false));
        if !is_reversible(&plan) {
            continue;
        }
        let after = open_rows(&test).await;
        let undone = undo(&mut test).await;
        assert_eq!(undone.command_id, receipt.command_id, "the newest change is undone first");
        assert_eq!(open_rows(&test).await, before, "undone: {:#?}", plan.steps);
        redo(&mut test).await;
        assert_eq!(open_rows(&test).await, after, "done again: {:#?}", plan.steps);
    }
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[test]
fn in_every_history_what_is_applied_and_undone_leaves_the_former_state() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&requests(), |requests| {
        runtime.block_on(undone_at_every_step(requests));
        Ok(())
    });
    outcome.unwrap();
}

async fn name(test: &mut TestLog) -> String {
    test.log.tenant(&tenant_id("t1")).await.unwrap().unwrap().name.to_string()
}

#[tokio::test]
async fn two_undos_go_two_commands_back_and_redo_goes_forward_until_something_else_is_done() {
    let mut test = two_tenants().await;
    for name in ["a", "b", "c"] {
        test.execute(vec![rename(name)]).await.unwrap();
    }
    undo(&mut test).await;
    undo(&mut test).await;
    assert_eq!(name(&mut test).await, "a");
    redo(&mut test).await;
    assert_eq!(name(&mut test).await, "b");
    redo(&mut test).await;
    assert_eq!(name(&mut test).await, "c");
    assert_eq!(test.log.newest_redo().await.unwrap(), None, "all is done again");
    undo(&mut test).await;
    undo(&mut test).await;
    undo(&mut test).await;
    assert_eq!(name(&mut test).await, "one");
    test.execute(vec![rename("d")]).await.unwrap();
    assert_eq!(test.log.newest_redo().await.unwrap(), None, "something else was done");
    undo(&mut test).await;
    assert_eq!(name(&mut test).await, "one");
    redo(&mut test).await;
    assert_eq!(name(&mut test).await, "d");
    assert_eq!(test.log.newest_redo().await.unwrap(), None, "what was undone before `d` is not done again after it");
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn what_a_command_recorded_is_undone_together() {
    let mut test = two_tenants().await;
    let before = open_rows(&test).await;
    test.execute(vec![create_profile(), profiles_secret(1), edit_profile(), login(7), select("t1")]).await.unwrap();
    let plan = undo(&mut test).await;
    assert_eq!(plan.events.len(), 5);
    assert_eq!(open_rows(&test).await, before);
}
