//! Given a stream, when an event happens, then this is its undo: every type of event has an answer.

#[path = "undo_test/outside.rs"]
mod outside;
#[path = "undo_test/work.rs"]
mod work;

use std::{collections::BTreeMap, fs, path::PathBuf};

use uuid::Uuid;

use super::{Compensation, Facet, Undo};
use crate::{
    Command, Digest, Event, OperationId, PluginCommand, PluginEvent, ProfileCommand, ProfileEvent, ProfileId,
    ProjectCommand, ProjectEvent, SecretKey, SessionCommand, SessionEvent, SessionId, ShellCommand, ShellEvent, State,
    Stream, TenantCommand, TenantEvent, TenantId, TenantType, Timestamp, codec,
};

#[expect(clippy::needless_pass_by_value, reason = "what is given is written where it is asked for")]
fn undo(stream: &str, given: Vec<Event>, event: impl Into<Event>) -> Undo {
    let stream: Stream = stream.parse().unwrap();
    let before = given.iter().fold(State::initial(&stream), |state, event| state.evolve(event).unwrap());
    let event = event.into();
    before.clone().evolve(&event).expect("the event can follow");
    Undo::of(&event, &stream, &before)
}

#[track_caller]
fn inverse(undo: Undo, facet: &Facet) -> Vec<Command> {
    match undo {
        Undo::Inverse { commands, facet: found } if found == *facet => commands,
        other @ (Undo::Inverse { .. }
        | Undo::Compensation { .. }
        | Undo::Irreversible { .. }
        | Undo::Part
        | Undo::Remark { .. }) => panic!("{other:?}"),
    }
}

fn tenant() -> TenantId {
    "t1".parse().unwrap()
}

fn adopted(resources: &str) -> Event {
    let event = TenantEvent::TenantAdopted {
        id: tenant(),
        name: "acme".parse().unwrap(),
        tenant_type: TenantType::Local,
        provider: "external".parse().unwrap(),
        region: None,
        resources: resources.parse().unwrap(),
    };
    event.into()
}

fn key() -> SecretKey {
    "API_KEY".parse().unwrap()
}

fn tenants_secret(seal: u128) -> Event {
    TenantEvent::TenantSecretSet { key: key(), seal_id: Uuid::from_u128(seal), sealed: format!("s{seal}") }.into()
}

fn profiles_secret(seal: u128) -> Event {
    ProfileEvent::ProfileSecretSet { key: key(), seal_id: Uuid::from_u128(seal), sealed: format!("s{seal}") }.into()
}

fn profile() -> ProfileId {
    ProfileId::new(Uuid::from_u128(1))
}

fn created() -> Event {
    let (name, text) = ("local".parse().unwrap(), "a".to_owned());
    ProfileEvent::ProfileCreated { id: profile(), name, tenant: tenant(), text }.into()
}

const PROFILE: &str = "profile/00000000-0000-0000-0000-000000000001";

#[test]
fn selecting_goes_back_to_what_was_selected() {
    let begun = || ProjectEvent::ProjectInitialised { log_id: crate::LogId::new(Uuid::nil()) }.into();
    let selected = |id: &str| Event::from(ProjectEvent::TenantSelected { tenant: id.parse().unwrap() });
    let select = |id: &str| Command::Project(ProjectCommand::SelectTenant { tenant: id.parse().unwrap() });
    let first = inverse(undo("project", vec![begun()], selected("t1")), &Facet::Selection);
    assert_eq!(first, [Command::Project(ProjectCommand::UnselectTenant)]);
    let second = inverse(undo("project", vec![begun(), selected("t1")], selected("t2")), &Facet::Selection);
    assert_eq!(second, [select("t1")]);
    let unselected = ProjectEvent::TenantUnselected { tenant: tenant() };
    let third = inverse(undo("project", vec![begun(), selected("t1")], unselected), &Facet::Selection);
    assert_eq!(third, [select("t1")]);
    assert!(matches!(undo("project", vec![], begun()), Undo::Irreversible { .. }));
}

#[test]
fn a_tenants_settings_go_back_to_what_they_were() {
    let plain = r#"{"database_url":"postgres://h/d"}"#;
    let (open, closed) = (r#"{"external_db_access":true}"#, r#"{"external_db_access":false}"#);
    let table: Vec<(Vec<Event>, TenantEvent, Facet, TenantCommand)> = vec![
        (
            vec![adopted(plain)],
            TenantEvent::TenantRenamed { name: "other".parse().unwrap() },
            Facet::Name,
            TenantCommand::Rename { name: "acme".parse().unwrap() },
        ),
        (vec![adopted(plain)], TenantEvent::TenantProtected, Facet::Protection, TenantCommand::Unprotect),
        (
            vec![adopted(plain), TenantEvent::TenantProtected.into()],
            TenantEvent::TenantUnprotected,
            Facet::Protection,
            TenantCommand::Protect,
        ),
        (
            vec![adopted(plain)],
            TenantEvent::ExternalAccessAllowed,
            Facet::ExternalAccess,
            TenantCommand::UndeclareExternalAccess,
        ),
        (
            vec![adopted(closed)],
            TenantEvent::ExternalAccessAllowed,
            Facet::ExternalAccess,
            TenantCommand::EndExternalAccess,
        ),
        (
            vec![adopted(open)],
            TenantEvent::ExternalAccessEnded,
            Facet::ExternalAccess,
            TenantCommand::AllowExternalAccess,
        ),
        (
            vec![adopted(open)],
            TenantEvent::ExternalAccessUndeclared,
            Facet::ExternalAccess,
            TenantCommand::AllowExternalAccess,
        ),
    ];
    for (given, event, facet, command) in table {
        let found = inverse(undo("tenant/t1", given, event.clone()), &facet);
        assert_eq!(found, [Command::Tenant(tenant(), command)], "{event:?}");
    }
}

#[test]
fn a_grant_goes_back_only_for_the_bytes_that_are_known_and_from_where_they_came() {
    let registered = |version: &str, source: &str| {
        let event = PluginEvent::PluginRegistered {
            id: "other".parse().unwrap(),
            version: version.into(),
            hash: Digest::of(version.as_bytes()),
            world: "w".into(),
            capabilities: vec!["docker".into(), "log".into()],
            source: source.into(),
            description: crate::Json::object(),
        };
        Event::from(event)
    };
    let granted = |version: &str, capability: &str| PluginEvent::CapabilitiesGranted {
        hash: Digest::of(version.as_bytes()),
        capabilities: vec![capability.into()],
        mac: "m".into(),
    };
    let hash = Digest::of(b"1");
    let by = |command| vec![Command::Plugin("other".parse().unwrap(), command)];
    let grant = PluginCommand::Grant { hash, capabilities: vec!["log".into()], mac: "m".into() };
    let undone = |given, event| undo("plugin/other", given, event);
    let first = undone(vec![registered("1", "file")], granted("1", "log"));
    assert_eq!(inverse(first, &Facet::Grant), by(PluginCommand::Revoke { hash }));
    let more = undone(vec![registered("1", "file"), granted("1", "log").into()], granted("1", "docker"));
    assert_eq!(inverse(more, &Facet::Grant), by(grant.clone()));
    let revoked = vec![registered("1", "file"), granted("1", "log").into()];
    let revoked = undone(revoked, PluginEvent::GrantRevoked { hash });
    assert_eq!(inverse(revoked, &Facet::Grant), by(grant));
    let upgraded = vec![registered("1", "file"), granted("1", "log").into(), registered("2", "file")];
    assert!(matches!(undone(upgraded.clone(), granted("2", "log")), Undo::Irreversible { .. }));
    assert!(matches!(undone(upgraded, PluginEvent::GrantRevoked { hash }), Undo::Irreversible { .. }));
    let from_elsewhere = vec![registered("1", "file"), granted("1", "log").into(), registered("1", "https://other")];
    assert!(matches!(undone(from_elsewhere.clone(), granted("1", "log")), Undo::Irreversible { .. }));
    assert!(matches!(undone(from_elsewhere, PluginEvent::GrantRevoked { hash }), Undo::Irreversible { .. }));
    let key = Event::from(PluginEvent::PublisherRecorded { key: "k".into() });
    let signed_since = vec![registered("1", "file"), granted("1", "log").into(), key];
    assert!(matches!(undone(signed_since, granted("1", "log")), Undo::Irreversible { .. }));
    assert!(matches!(undone(vec![registered("1", "embedded")], granted("1", "log")), Undo::Remark { .. }));
}

fn stream_of(kind: &str) -> Stream {
    match kind {
        "project" => Stream::Project,
        "tenant/<id>" => Stream::Tenant(tenant()),
        "profile/<id>" => Stream::Profile(profile()),
        "session/<tenant id>" => Stream::Session(tenant()),
        "shell/<id>" => Stream::Shell("00000000000000aa".parse().unwrap()),
        "operation/<id>" => Stream::Operation(OperationId::new(Uuid::from_u128(3))),
        "account/<provider>" => Stream::Account("other".parse().unwrap()),
        "plugin/<id>" => Stream::Plugin("other".parse().unwrap()),
        other => panic!("no such stream: {other}"),
    }
}

/// The answer of each type of event in short, on its fixture and whatever state it can have followed.
#[test]
fn every_type_of_event_has_an_answer() {
    let mut answers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in codec::kinds() {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/{}/v{}.json", kind.name, kind.schema));
        let event = codec::decode(kind.name, kind.schema, fs::read_to_string(path).unwrap().trim_end()).unwrap();
        let stream = stream_of(kind.stream);
        let given = match &stream {
            Stream::Tenant(_) if kind.name != "TenantAdopted" => vec![adopted("{}")],
            Stream::Profile(_) if kind.name != "ProfileCreated" => vec![created()],
            Stream::Project
            | Stream::Tenant(_)
            | Stream::Operation(_)
            | Stream::Plugin(_)
            | Stream::Profile(_)
            | Stream::Account(_)
            | Stream::Session(_)
            | Stream::Shell(_) => vec![],
        };
        let before = given.iter().fold(State::initial(&stream), |state, event| state.evolve(event).unwrap());
        let answer = match Undo::of(&event, &stream, &before) {
            Undo::Inverse { .. } => "inverse",
            Undo::Compensation { .. } => "compensation",
            Undo::Irreversible { why: "what was before it is not known" } => "unknown",
            Undo::Irreversible { .. } => "irreversible",
            Undo::Part => "part",
            Undo::Remark { .. } => "remark",
        };
        answers.entry(answer).or_default().push(kind.name);
    }
    for answered in answers.values_mut() {
        answered.sort_unstable();
    }
    let irreversible = [
        "AccountLoggedIn",
        "AccountLoggedOut",
        "DatabaseMigrated",
        "MigrationFailed",
        "PluginRemoved",
        "ProjectInitialised",
        "SyncTokenRotated",
        "TenantAbandoned",
        "TenantBroughtBack",
        "TenantCancelled",
        "TenantChangeAbandoned",
        "TenantDeleted",
        "TenantKeyDestroyed",
    ];
    assert_eq!(answers["irreversible"], irreversible);
    assert_eq!(answers["compensation"], ["TenantAdopted", "TenantChanged", "TenantCreated", "TenantSetAside"]);
    assert_eq!(answers["unknown"], ["CapabilitiesGranted", "GrantRevoked"], "of a plugin that nobody registered");
    assert_eq!(
        answers["remark"],
        [
            "CheckpointSigned",
            "CheckpointWitnessed",
            "DatabaseMoved",
            "HandEditKept",
            "PluginRegistered",
            "PublisherRecorded",
            "RegistrySynced",
            "TenantChangeUndone",
            "TenantCreationUndone",
            "TenantDeletionUndone",
            "TenantReappeared",
            "TenantReturnUndone",
            "TenantVanished"
        ]
    );
}
