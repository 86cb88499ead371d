//! Given a log, when an event comes that its own stream allows, then the rules across streams are asked, too.

use uuid::Uuid;

use super::Whole;
use crate::{
    CommandId, Digest, Event, EventId, Json, LogId, OperationId, Position, ProfileEvent, ProfileId, ProjectEvent,
    Provenance, Recorded, SessionEvent, SessionId, ShellEvent, Stream, TenantEvent, TenantId, TenantType, Timestamp,
    Version, codec,
    log::{FaultKind, intake::Intake},
    recorded::StoredEvent,
};

/// Events one after the other, each at the end of the log and of its stream.
#[derive(Default)]
struct Story(Vec<Recorded>);

impl Story {
    fn then(mut self, stream: &str, event: impl Into<Event>) -> Self {
        let event = event.into();
        let encoded = codec::encode(&event).unwrap();
        let number = self.0.len() as u64 + 1;
        let version = self.0.iter().filter(|recorded| recorded.stream == stream).count() as u64 + 1;
        let mut recorded = Recorded {
            position: Position::new(number).unwrap(),
            id: EventId::new(Uuid::from_u128(u128::from(number))),
            stream: stream.to_owned(),
            version: Version::new(version).unwrap(),
            kind: encoded.kind,
            schema: encoded.schema,
            time: Timestamp::from_millis(0),
            provenance: Provenance { actor: "ada".into(), host: "h".into(), cli: "c".into(), argv: vec![] }.into(),
            command_id: CommandId::new(Uuid::from_u128(u128::from(number))),
            correlation_id: Uuid::nil(),
            causation_id: None,
            payload: encoded.payload,
            hash: Digest::ZERO,
            event,
        };
        let before = self.0.last().map_or(Digest::ZERO, |last| last.hash);
        recorded.hash = StoredEvent::of(&recorded).hash_after(&before);
        self.0.push(recorded);
        self
    }

    fn adopt(self, id: &str, name: &str) -> Self {
        let event = TenantEvent::TenantAdopted {
            id: tenant(id),
            name: name.parse().unwrap(),
            tenant_type: TenantType::Local,
            provider: "external".parse().unwrap(),
            region: None,
            resources: Json::object(),
        };
        self.then(&format!("tenant/{id}"), event)
    }

    fn delete(self, id: &str) -> Self {
        self.then(&format!("tenant/{id}"), TenantEvent::TenantDeleted { operation: None })
    }

    fn profile(self, number: u128, name: &str, owner: &str) -> Self {
        let id = profile(number);
        let (name, text) = (name.parse().unwrap(), String::new());
        let event = ProfileEvent::ProfileCreated { id, name, tenant: tenant(owner), text };
        self.then(&Stream::Profile(id).to_string(), event)
    }

    fn log_in(self, owner: &str, with: u128) -> Self {
        let event = SessionEvent::SessionStarted {
            id: SessionId::new(Uuid::from_u128(9)),
            user: "ada".into(),
            profile: profile(with),
            expires_at: Timestamp::from_millis(1),
        };
        self.then(&format!("session/{owner}"), event)
    }

    /// What the last event is refused with, whose forerunners are not; it is the same where it is taken in.
    #[track_caller]
    fn refusal(self) -> String {
        let (mut whole, mut intake) = (Whole::default(), Intake::new());
        let (last, before) = self.0.split_last().unwrap();
        for recorded in before {
            whole.check(&recorded.happened()).unwrap();
            whole.apply(&recorded.happened()).unwrap();
            intake.take(&StoredEvent::of(recorded).row()).unwrap();
        }
        let refusal = whole.check(&last.happened()).unwrap_err().to_string();
        let fault = intake.take(&StoredEvent::of(last).row()).unwrap_err();
        assert_eq!((fault.position, fault.kind, &fault.message), (Some(last.position), FaultKind::Refused, &refusal));
        assert_eq!(intake.head().position, before.last().map(|recorded| recorded.position), "it is not taken");
        whole.apply(&last.happened()).expect("its own stream allows it");
        refusal
    }

    #[track_caller]
    fn is_allowed(&self) {
        let (mut whole, mut intake) = (Whole::default(), Intake::new());
        for recorded in &self.0 {
            whole.check(&recorded.happened()).unwrap();
            whole.apply(&recorded.happened()).unwrap();
            intake.take(&StoredEvent::of(recorded).row()).unwrap();
        }
    }
}

fn tenant(id: &str) -> TenantId {
    id.parse().unwrap()
}

fn profile(number: u128) -> ProfileId {
    ProfileId::new(Uuid::from_u128(number))
}

#[test]
fn two_living_tenants_of_one_name_cannot_be() {
    let both = || Story::default().adopt("a", "acme");
    assert_eq!(both().adopt("b", "acme").refusal(), "the name `acme` is taken by tenant `a`");
    let rename = TenantEvent::TenantRenamed { name: "acme".parse().unwrap() };
    let renamed = both().adopt("b", "beta").then("tenant/b", rename.clone());
    assert_eq!(renamed.refusal(), "the name `acme` is taken by tenant `a`");
    both().delete("a").adopt("b", "acme").is_allowed();
    let away = TenantEvent::TenantRenamed { name: "other".parse().unwrap() };
    both().then("tenant/a", away).adopt("b", "beta").then("tenant/b", rename).is_allowed();
}

#[test]
fn a_profile_is_of_a_tenant_that_lives_and_has_its_name_alone() {
    assert_eq!(Story::default().profile(1, "dev", "a").refusal(), "there is no tenant `a`");
    let with_tenant = || Story::default().adopt("a", "acme");
    assert_eq!(with_tenant().delete("a").profile(1, "dev", "a").refusal(), "tenant `a` was deleted");
    let twice = with_tenant().profile(1, "dev", "a").profile(2, "dev", "a");
    assert_eq!(twice.refusal(), "the name `dev` is taken by another profile");
    let stream = Stream::Profile(profile(1)).to_string();
    let deleted = || with_tenant().profile(1, "dev", "a").then(&stream, ProfileEvent::ProfileDeleted);
    deleted().profile(2, "dev", "a").is_allowed();
    deleted().then(&stream, ProfileEvent::ProfileRestored).is_allowed();
    let back = deleted().profile(2, "dev", "a").then(&stream, ProfileEvent::ProfileRestored);
    assert_eq!(back.refusal(), "the name `dev` is taken by another profile");
}

#[test]
fn a_session_is_of_a_tenant_that_lives_and_uses_a_profile_of_it() {
    let nobody = format!("there is no profile `{}`", profile(1));
    assert_eq!(Story::default().log_in("a", 1).refusal(), nobody);
    let both = || Story::default().adopt("a", "acme").adopt("b", "beta").profile(1, "dev", "a");
    both().log_in("a", 1).is_allowed();
    assert_eq!(both().log_in("b", 1).refusal(), "profile `dev` belongs to tenant `a`, and not to `b`");
}

#[test]
fn a_history_from_before_a_session_had_to_be_of_a_living_tenant_to_go_on_stays_valid() {
    let resumed = || SessionEvent::SessionResumed {
        id: SessionId::new(Uuid::from_u128(9)),
        user: "ada".into(),
        expires_at: Timestamp::from_millis(1),
    };
    Story::default().then("session/a", resumed()).is_allowed();
    Story::default().adopt("a", "acme").delete("a").then("session/a", resumed()).is_allowed();
}

#[test]
fn what_is_selected_or_worked_in_is_there() {
    let select = ProjectEvent::TenantSelected { tenant: tenant("a") };
    let begun = ProjectEvent::ProjectInitialised { log_id: LogId::new(Uuid::nil()) };
    assert_eq!(Story::default().then("project", begun).then("project", select).refusal(), "there is no tenant `a`");
    let switched = |profile| ShellEvent::ShellSwitched { tenant: tenant("a"), profile };
    assert_eq!(Story::default().then("shell/00000000000000aa", switched(None)).refusal(), "there is no tenant `a`");
    let missing = format!("there is no profile `{}`", profile(1));
    let one = Story::default().adopt("a", "acme").then("shell/00000000000000aa", switched(Some(profile(1))));
    assert_eq!(one.refusal(), missing);
}

#[test]
fn a_name_that_is_free_again_is_free_while_its_tenant_is_set_aside() {
    let operation = |number| OperationId::new(Uuid::from_u128(number));
    let aside = || {
        let until = Timestamp::from_millis(9);
        let set_aside = TenantEvent::TenantSetAside { operation: operation(1), until, resources: Json::object() };
        Story::default()
            .adopt("a", "acme")
            .then("tenant/a", TenantEvent::TenantDeletionStarted { operation: operation(1) })
            .then("tenant/a", set_aside)
    };
    let back = TenantEvent::TenantReturnStarted { operation: operation(2) };
    aside().then("tenant/a", back.clone()).is_allowed();
    assert_eq!(aside().adopt("b", "acme").then("tenant/a", back).refusal(), "the name `acme` is taken by tenant `b`");
}
