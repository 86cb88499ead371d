//! What holds for every history: random requests, of which the rules take some and refuse others.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};
use systemprompt_events::{
    AccountCommand, Command, Digest, Entry, Event, EventId, EventLog, Expected, Failure, FailureKind, Json, MemoryLog,
    OperationCommand as Op, PluginCommand, Position, ProfileCommand as Pf, ProfileId, ProjectCommand, Recorded,
    SessionCommand as Sn, SessionId, ShellCommand as Sh, SqliteLog, TenantCommand as Tn, Timestamp, UndoKind,
};
use uuid::Uuid;

use crate::support::{
    Ids, TABLES, TestLog, adopt, adopt_in_cloud, delete, login, on, operation_id, provenance, request, select, start,
    tenant_id,
};

fn failure() -> Failure {
    Failure { kind: FailureKind::Broken, code: "x".into(), message: "y".into(), help: None }
}

/// A few ids and names, so that requests meet.
fn tenant_command() -> impl Strategy<Value = Command> {
    (0..4_u8, 0..3_u8, 0..3_u128, 0..27_u8).prop_map(|(tenant, name, operation, what)| {
        let (id, name) = (format!("t{tenant}"), format!("name-{name}"));
        let on = |command| Command::Tenant(tenant_id(&format!("t{tenant}")), command);
        let op = operation_id(operation);
        match what {
            0 => request(&id, &name, operation),
            1 => on(Tn::Created { operation: op, resources: Json::object() }),
            2 => on(Tn::CreationUndone { operation: op }),
            3 => adopt(&id, &name),
            4 => on(Tn::StartDeletion { operation: op }),
            5 => on(Tn::Deleted { operation: Some(op) }),
            6 => delete(&id),
            7 => on(Tn::DestroyKey),
            8 => on(Tn::StartChange { operation: op, kind: "rotate-credentials".into() }),
            9 => on(Tn::Changed { operation: op, config: None, resources: Json::object() }),
            10 => on(Tn::ChangeUndone { operation: op }),
            11 => on(Tn::Rename { name: name.parse().unwrap() }),
            12 => on(Tn::Protect),
            13 => on(Tn::Unprotect),
            14 => on(Tn::RotateSyncToken { secret: "pw".parse().unwrap(), version: 1 }),
            15 => on(Tn::AllowExternalAccess),
            16 => on(Tn::EndExternalAccess),
            18 => on(Tn::SetAside {
                operation: op,
                until: Timestamp::from_millis(1_769_950_000_000),
                resources: Json::object(),
            }),
            19 => on(Tn::StartReturn { operation: op }),
            20 => on(Tn::BroughtBack { operation: op, resources: Json::object() }),
            21 => on(Tn::ReturnUndone { operation: op }),
            22 => on(Tn::Cancelled { operation: op, resources: Json::object() }),
            23 => on(Tn::MarkVanished),
            24 => on(Tn::MarkReappeared),
            25 => adopt_in_cloud(&id, &name),
            _ => on(Tn::SealSecret {
                name: "pw".parse().unwrap(),
                version: 1 + u32::from(name.ends_with('1')),
                seal_id: Uuid::from_u128(operation),
                sealed: "c2VhbA==".into(),
            }),
        }
    })
}

fn operation_command() -> impl Strategy<Value = Command> {
    (0..3_u128, 1..3_u64, 0..3_u32, 0..12_u8).prop_map(|(operation, token, index, what)| {
        let undo = UndoKind::ALL[usize::try_from(index).unwrap() % 2];
        let command = match what {
            0 => return start(operation, Some("t1")),
            1 => Op::Claim { holder: "process 2".into() },
            2 => Op::BeginStep { token, name: format!("step {index}").parse().unwrap(), undo },
            3 => Op::FinishStep { token, index, result: Json::object() },
            4 => Op::FailStep { token, index, failure: failure() },
            5 => Op::StartUnwind { token, failure: failure() },
            6 => Op::BeginUndo { token, index },
            7 => Op::FinishUndo { token, index },
            8 => Op::FailUndo { token, index, failure: failure() },
            9 => Op::Succeed { token, result: Json::object() },
            10 => Op::Cancel { token, failure: failure() },
            _ => Op::Stick { token, failure: failure(), left: vec!["a role".into()] },
        };
        on(operation, command)
    })
}

fn other_command() -> impl Strategy<Value = Command> {
    let plugin = |command| Command::Plugin("docker".parse().unwrap(), command);
    let account = |command| Command::Account("fly".parse().unwrap(), command);
    let register = |version: u8| PluginCommand::Register {
        version: version.to_string(),
        hash: Digest::of(&[version]),
        world: "w".into(),
        capabilities: vec!["docker".into()],
        source: "embedded".into(),
        description: Json::object(),
    };
    let grant = |version: u8| PluginCommand::Grant {
        hash: Digest::of(&[version]),
        capabilities: vec!["docker".into()],
        mac: "m".into(),
    };
    prop_oneof![
        (0..4_u8).prop_map(|tenant| select(&format!("t{tenant}"))),
        Just(Command::Project(ProjectCommand::UnselectTenant)),
        Just(Command::Project(ProjectCommand::RecordSync { providers: vec!["fly".parse().unwrap()] })),
        (0..2_u8).prop_map(move |version| plugin(register(version))),
        (0..2_u8).prop_map(move |version| plugin(grant(version))),
        (0..2_u8).prop_map(move |version| plugin(PluginCommand::Revoke { hash: Digest::of(&[version]) })),
        (0..2_u8).prop_map(move |key| plugin(PluginCommand::RecordPublisher { key: format!("RW{key}") })),
        Just(plugin(PluginCommand::Remove)),
        (0..3_u128).prop_map(move |seal| account(AccountCommand::LogIn(login(seal)))),
        Just(account(AccountCommand::LogOut)),
    ]
}

/// Profiles, sessions and shells of the same few tenants.
fn daily_command() -> impl Strategy<Value = Command> {
    (0..4_u8, 0..4_u128, 0..3_u8, 0..13_u8).prop_map(|(tenant, number, name, what)| {
        let tenant = tenant_id(&format!("t{tenant}"));
        let (id, seal_id) = (ProfileId::new(Uuid::from_u128(number)), Uuid::from_u128(number + 1));
        let key = if name == 0 { "A_KEY" } else { "B_KEY" }.parse().unwrap();
        let (text, sealed) = (format!("name: p{name}\n"), String::from("c2VhbA=="));
        let profile = |command| Command::Profile(id, command);
        let session = |command| Command::Session(tenant.clone(), command);
        let shell = |command| Command::Shell(format!("{number:016x}").parse().unwrap(), command);
        match what {
            0 | 1 => profile(Pf::Create { name: format!("p{name}").parse().unwrap(), tenant, text }),
            2 => {
                let before = Digest::of(format!("name: p{}\n", number % 3).as_bytes());
                profile(Pf::Edit { before, text, source: "command".into() })
            }
            3 => profile(Pf::Delete),
            4 => profile(Pf::SetSecret { key, seal_id, sealed }),
            5 => profile(Pf::UnsetSecret { key }),
            6 => session(Sn::Start {
                id: SessionId::new(seal_id),
                user: "ada".into(),
                profile: id,
                expires_at: Timestamp::from_millis(1_769_940_000_000),
            }),
            7 => session(Sn::SwitchProfile { profile: Some(id) }),
            8 => session(Sn::End),
            9 => shell(Sh::Switch { tenant: tenant.clone(), profile: (name == 0).then_some(id) }),
            10 => shell(Sh::Leave),
            11 => Command::Tenant(tenant.clone(), Tn::SetSecret { key, seal_id, sealed }),
            _ => Command::Tenant(tenant.clone(), Tn::UnsetSecret { key }),
        }
    })
}

pub(crate) fn requests() -> impl Strategy<Value = Vec<Vec<Command>>> {
    let command =
        prop_oneof![4 => tenant_command(), 4 => operation_command(), 2 => other_command(), 5 => daily_command()];
    vec(vec(command, 1..4), 1..60)
}

/// Every row of every table that follows from the events, as text, at a position or of all time.
async fn rows(test: &TestLog, at: Option<Position>) -> Vec<Vec<String>> {
    let mut connection = SqliteConnectOptions::new().filename(test.path()).connect().await.unwrap();
    let mut tables = vec![];
    for table in TABLES {
        let columns =
            format!("SELECT name FROM pragma_table_info('{table}') WHERE name NOT LIKE 'valid\\_%' ESCAPE '\\'");
        let columns: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_all(&mut connection).await.unwrap();
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = match at {
            None => {
                format!("SELECT concat_ws('|', {}, valid_from, valid_to) FROM {table} ORDER BY 1", quoted.join(","))
            }
            Some(at) => format!(
                "SELECT concat_ws('|', {}) FROM {table} WHERE valid_from <= {at} AND (valid_to IS NULL OR {at} < valid_to) \
                 ORDER BY 1",
                quoted.join(",")
            ),
        };
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        tables.push(rows.iter().map(|row| row.get(0)).collect());
    }
    tables
}

/// A log with the same events, appended in other portions.
async fn copy(events: &[Recorded], portion: usize) -> TestLog {
    let directory = tempfile::tempdir().unwrap();
    let log = SqliteLog::create(&directory.path().join("log.db")).await.unwrap();
    let mut copy = TestLog { log, directory, ids: Ids::from(1 << 64) };
    let mut events = events.iter().peekable();
    while let Some(first) = events.next() {
        let mut entry = vec![first];
        while entry.len() < portion && events.peek().is_some_and(|next| same_portion(first, next)) {
            entry.extend(events.next());
        }
        append(&mut copy, &entry).await;
    }
    copy
}

fn same_portion(first: &Recorded, next: &Recorded) -> bool {
    first.stream == next.stream && first.time == next.time
}

async fn append(log: &mut TestLog, events: &[&Recorded]) {
    let mut ids = events.iter().map(|event| event.id);
    let entry = Entry {
        stream: events[0].stream.parse().unwrap(),
        expected: Expected::Any,
        events: events.iter().map(|recorded| recorded.event.clone()).collect::<Vec<Event>>(),
        command_id: systemprompt_events::CommandId::new(log.ids.uuid()),
        correlation_id: Uuid::nil(),
        causation_id: None,
        time: events[0].time,
        ids: &mut || ids.next().unwrap_or(EventId::new(Uuid::nil())),
    };
    log.log.append(&provenance(), entry).await.unwrap();
}

async fn holds(requests: Vec<Vec<Command>>, cut: usize) {
    let mut test = TestLog::new().await;
    let mut memory = MemoryLog::default();
    for commands in requests {
        // Refused ones leave nothing, which the comparisons below would notice.
        let _ = test.execute(commands).await;
    }
    let events = test.log.read(None, u32::MAX).await.unwrap();
    for recorded in &events {
        let mut id = Some(recorded.id);
        let entry = Entry {
            stream: recorded.stream.parse().unwrap(),
            expected: Expected::Any,
            events: vec![recorded.event.clone()],
            command_id: systemprompt_events::CommandId::new(recorded.id.uuid()),
            correlation_id: recorded.correlation_id,
            causation_id: recorded.causation_id,
            time: recorded.time,
            ids: &mut || id.take().unwrap(),
        };
        memory.append(&provenance(), entry).await.unwrap();
    }
    assert_eq!(memory.read(None, u32::MAX).await.unwrap().len(), events.len());

    assert!(events.iter().zip(1..).all(|(event, place)| event.position.get() == place), "positions are gapless");
    assert_eq!(test.log.verify().await.unwrap().faults, [], "the chain holds, and the tables follow from it");

    let caught_up = rows(&test, None).await;
    assert!(!test.log.rebuild().await.unwrap().changed);
    let drop_all = TABLES.map(|table| format!("DELETE FROM {table};")).concat();
    crate::opening::meddle(&test.path(), &drop_all).await;
    test.log.rebuild().await.unwrap();
    assert_eq!(rows(&test, None).await, caught_up, "rebuilt is caught up");
    assert_eq!(rows(&copy(&events, 1).await, None).await, caught_up, "one by one is in batches");

    let until = cut % events.len() + 1;
    let mut part = copy(&events[..until], 7).await;
    let at = Position::new(until as u64);
    assert_eq!(rows(&part, at).await, rows(&test, at).await, "a row held when a rebuild up to there says so");
    test.log.look_back(at.unwrap()).await.unwrap();
    assert_eq!(answers(&mut test.log).await, answers(&mut part.log).await, "and so does every query");
}

/// What the log says of everything, as text.
async fn answers(log: &mut SqliteLog) -> String {
    let now = (log.tenants().await.unwrap(), log.tenant_summaries().await.unwrap(), log.selected().await.unwrap());
    let daily = (log.profiles().await.unwrap(), log.sessions(None).await.unwrap());
    let secrets = (log.secrets().await.unwrap(), log.user_secrets(None).await.unwrap());
    let (operations, events) = (log.unfinished().await.unwrap(), log.read(None, u32::MAX).await.unwrap().len());
    format!("{now:#?}\n{daily:#?}\n{secrets:#?}\n{operations:#?}\n{events}")
}

#[test]
fn every_history_can_be_rebuilt_verified_and_looked_at_from_any_position() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 32, failure_persistence: None, ..Config::default() };
    let strategy = (requests(), any::<u16>());
    let outcome = TestRunner::new(config).run(&strategy, |(requests, cut)| {
        runtime.block_on(holds(requests, usize::from(cut)));
        Ok(())
    });
    outcome.unwrap();
}
