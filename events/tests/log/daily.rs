//! Profiles, sessions and shells: what the log keeps true across their streams.

use systemprompt_events::{
    Command, ExecuteError, ProfileCommand, ProfileId, Refusal, SessionCommand, SessionId, ShellCommand, ShellId,
    TenantCommand, Timestamp,
};
use uuid::Uuid;

use crate::support::{TestLog, adopt, delete, select, tenant_id};

fn profile(number: u128) -> ProfileId {
    ProfileId::new(Uuid::from_u128(number))
}

pub(crate) fn create(number: u128, name: &str, tenant: &str) -> Command {
    let text = format!("name: {name}\n");
    let create = ProfileCommand::Create { name: name.parse().unwrap(), tenant: tenant_id(tenant), text };
    Command::Profile(profile(number), create)
}

fn start(tenant: &str, with: u128) -> Command {
    let start = SessionCommand::Start {
        id: SessionId::new(Uuid::from_u128(77)),
        user: "ada".into(),
        profile: profile(with),
        expires_at: Timestamp::from_millis(1_769_950_000_000),
    };
    Command::Session(tenant_id(tenant), start)
}

fn shell() -> ShellId {
    "00000000000000aa".parse().unwrap()
}

pub(crate) fn enter(tenant: &str, with: Option<u128>) -> Command {
    Command::Shell(shell(), ShellCommand::Switch { tenant: tenant_id(tenant), profile: with.map(profile) })
}

fn set(number: u128) -> Command {
    let (key, seal_id, sealed) = ("API_KEY".parse().unwrap(), Uuid::from_u128(number), "c2VhbA==".into());
    Command::Profile(profile(number), ProfileCommand::SetSecret { key, seal_id, sealed })
}

async fn two_tenants() -> TestLog {
    let mut log = TestLog::new().await;
    log.execute(vec![adopt("local_1", "one"), adopt("local_2", "two")]).await.unwrap();
    log
}

async fn refused(log: &mut TestLog, command: Command) -> Refusal {
    match log.execute(vec![command]).await {
        Err(ExecuteError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_profiles_name_is_taken_once_and_free_again_when_it_is_deleted() {
    let mut log = two_tenants().await;
    log.execute(vec![create(1, "local", "local_1")]).await.unwrap();
    let taken = refused(&mut log, create(2, "local", "local_2")).await;
    assert_eq!(taken, Refusal::ProfileNameTaken { name: "local".parse().unwrap(), by: profile(1) });
    let delete = Command::Profile(profile(1), ProfileCommand::Delete);
    log.execute(vec![delete, create(2, "local", "local_2")]).await.unwrap();
    assert_eq!(log.log.profile_named(&"local".parse().unwrap()).await.unwrap().unwrap().id, profile(2));
}

#[tokio::test]
async fn a_profile_needs_a_tenant_that_lives() {
    let mut log = two_tenants().await;
    let nowhere = refused(&mut log, create(1, "local", "local_9")).await;
    assert_eq!(nowhere, Refusal::NoSuchTenant { id: tenant_id("local_9") });
    log.execute(vec![delete("local_2")]).await.unwrap();
    assert_eq!(
        refused(&mut log, create(1, "local", "local_2")).await,
        Refusal::TenantGone { id: tenant_id("local_2") }
    );
}

#[tokio::test]
async fn no_session_and_no_shell_uses_the_profile_of_another_tenant() {
    let mut log = two_tenants().await;
    log.execute(vec![create(1, "local", "local_1")]).await.unwrap();
    let (name, owner, tenant) = ("local".parse().unwrap(), tenant_id("local_1"), tenant_id("local_2"));
    let of_another = Refusal::ProfileOfAnother { name, owner, tenant };
    let switch = SessionCommand::SwitchProfile { profile: Some(profile(1)) };
    assert_eq!(refused(&mut log, start("local_2", 1)).await, of_another);
    assert_eq!(refused(&mut log, Command::Session(tenant_id("local_2"), switch)).await, of_another);
    assert_eq!(refused(&mut log, enter("local_2", Some(1))).await, of_another);
}

#[tokio::test]
async fn with_a_tenant_end_its_profiles_secrets_sessions_and_shells() {
    let mut log = two_tenants().await;
    let (key, seal_id, sealed) = ("A".parse().unwrap(), Uuid::from_u128(5), "c2VhbA==".into());
    let of_tenant = Command::Tenant(tenant_id("local_1"), TenantCommand::SetSecret { key, seal_id, sealed });
    let daily = vec![create(1, "a", "local_1"), create(2, "b", "local_2"), set(1), set(2), of_tenant];
    log.execute(daily).await.unwrap();
    log.execute(vec![start("local_1", 1), start("local_2", 2), enter("local_1", Some(1)), select("local_1")])
        .await
        .unwrap();
    assert_eq!(log.log.user_secrets(None).await.unwrap().len(), 3);

    let receipt = log.execute(vec![delete("local_1")]).await.unwrap();

    assert_eq!(
        receipt.events.len(),
        6,
        "deleted, session ended, profile left, shell left, profile deleted, unselected"
    );
    let left: Vec<_> = log.log.profiles().await.unwrap().into_iter().map(|profile| profile.name.to_string()).collect();
    assert_eq!(left, ["b"]);
    let sessions = log.log.sessions(None).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.tenant.as_str()).collect::<Vec<_>>(), ["local_2"]);
    assert_eq!(log.log.shell(&shell()).await.unwrap(), None);
    assert_eq!(log.log.user_secrets(None).await.unwrap().len(), 1);
    assert_eq!(log.log.selected().await.unwrap(), None);
    assert_eq!(log.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn with_a_profile_ends_its_use_and_nothing_else() {
    let mut log = two_tenants().await;
    log.execute(vec![create(1, "a", "local_1"), start("local_1", 1), enter("local_1", Some(1))]).await.unwrap();
    log.execute(vec![Command::Profile(profile(1), ProfileCommand::Delete)]).await.unwrap();
    let session = log.log.sessions(Some(&tenant_id("local_1"))).await.unwrap().remove(0);
    assert_eq!((session.profile, session.login.map(|login| login.user)), (None, Some("ada".into())));
    assert_eq!(log.log.shell(&shell()).await.unwrap(), Some((tenant_id("local_1"), None)));
}

#[tokio::test]
async fn a_session_goes_on_only_while_its_tenant_lives() {
    let mut log = TestLog::new().await;
    let resume = || {
        let (id, expires_at) = (SessionId::new(Uuid::from_u128(9)), Timestamp::from_millis(1));
        Command::Session(tenant_id("local_1"), SessionCommand::Resume { id, user: "ada".into(), expires_at })
    };
    assert_eq!(refused(&mut log, resume()).await, Refusal::NoSuchTenant { id: tenant_id("local_1") });
    log.execute(vec![adopt("local_1", "one"), resume()]).await.unwrap();
}
