//! A plugin goes only when nothing is left that it alone can end.

use systemprompt_events::{
    AccountCommand, Command, Digest, ExecuteError, Json, PluginCommand, Refusal, TenantCommand as Tn, Timestamp,
};

use crate::support::{TestLog, login, operation_id, request, tenant_id};

fn plugin(command: PluginCommand) -> Command {
    Command::Plugin("docker".parse().unwrap(), command)
}

fn register() -> Command {
    plugin(PluginCommand::Register {
        version: "1".into(),
        hash: Digest::ZERO,
        world: "w".into(),
        capabilities: vec!["docker".into()],
        source: "file".into(),
        description: Json::object(),
    })
}

#[tokio::test]
async fn a_plugin_stays_while_a_tenant_of_it_is_made_used_set_aside_or_cancelled() {
    let mut test = TestLog::new().await;
    let on = |command| Command::Tenant(tenant_id("t1"), command);
    let (first, second) = (operation_id(1), operation_id(2));
    let (until, resources) = (Timestamp::from_millis(1_769_950_000_000), Json::object);
    test.execute(vec![register()]).await.unwrap();
    for steps in [
        vec![request("t1", "acme", 1)],
        vec![on(Tn::Created { operation: first, resources: resources() })],
        vec![
            on(Tn::StartDeletion { operation: second }),
            on(Tn::SetAside { operation: second, until, resources: resources() }),
        ],
        vec![
            on(Tn::StartReturn { operation: first }),
            on(Tn::BroughtBack { operation: first, resources: resources() }),
            on(Tn::StartChange { operation: second, kind: "cancel".into() }),
            on(Tn::Cancelled { operation: second, resources: resources() }),
        ],
    ] {
        test.execute(steps.clone()).await.unwrap();
        let refused = test.execute(vec![plugin(PluginCommand::Remove)]).await;
        let Err(ExecuteError::Refused(Refusal::PluginInUse { tenants, .. })) = refused else {
            panic!("after {steps:?}: {refused:?}");
        };
        assert_eq!(tenants, [tenant_id("t1")]);
    }
    test.execute(vec![on(Tn::Deleted { operation: None })]).await.unwrap();
    test.execute(vec![plugin(PluginCommand::Remove)]).await.unwrap();
    assert_eq!(test.log.plugins().await.unwrap(), []);
    // Whoever was about to make a tenant with it is told, and not left with one that nothing can end.
    let late = test.execute(vec![request("t2", "other", 3)]).await;
    assert!(matches!(late, Err(ExecuteError::Refused(Refusal::NoSuchPlugin { .. }))), "{late:?}");
    test.execute(vec![register(), request("t2", "other", 3)]).await.unwrap();
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_plugin_stays_while_somebody_is_logged_in_to_it_and_nobody_logs_in_to_one_that_went() {
    let mut test = TestLog::new().await;
    let account = |command| Command::Account("docker".parse().unwrap(), command);
    // What the program carries itself need never have been recorded.
    test.execute(vec![account(AccountCommand::LogIn(login(1)))]).await.unwrap();
    test.execute(vec![register()]).await.unwrap();
    let refused = test.execute(vec![plugin(PluginCommand::Remove)]).await;
    assert!(matches!(refused, Err(ExecuteError::Refused(Refusal::LoggedIn { .. }))), "{refused:?}");
    assert_eq!(test.log.plugins().await.unwrap().len(), 1);

    test.execute(vec![account(AccountCommand::LogOut), plugin(PluginCommand::Remove)]).await.unwrap();
    let late = test.execute(vec![account(AccountCommand::LogIn(login(2)))]).await;
    assert!(matches!(late, Err(ExecuteError::Refused(Refusal::NoSuchPlugin { .. }))), "{late:?}");
    assert_eq!(test.log.accounts(None).await.unwrap(), []);
    test.execute(vec![register(), account(AccountCommand::LogIn(login(2)))]).await.unwrap();
    assert_eq!(test.log.verify().await.unwrap().faults, []);
}
