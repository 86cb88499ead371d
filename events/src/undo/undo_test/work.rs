//! What people work with: secrets, profiles, sessions and shells.

use super::*;

#[test]
fn a_secret_goes_back_to_the_sealing_that_it_had() {
    let set = |seal| {
        let (key, seal_id, sealed) = (key(), Uuid::from_u128(seal), format!("s{seal}"));
        Command::Tenant(tenant(), TenantCommand::SetSecret { key, seal_id, sealed })
    };
    let unset = || Command::Tenant(tenant(), TenantCommand::UnsetSecret { key: key() });
    let facet = Facet::Secret(key());
    let undone = |given, event| inverse(undo("tenant/t1", given, event), &facet);
    assert_eq!(undone(vec![adopted("{}")], tenants_secret(1)), [unset()]);
    assert_eq!(undone(vec![adopted("{}"), tenants_secret(1)], tenants_secret(2)), [set(1)]);
    let was_unset = TenantEvent::TenantSecretUnset { key: key() }.into();
    assert_eq!(undone(vec![adopted("{}"), tenants_secret(1)], was_unset), [set(1)]);

    let set = |seal| {
        let (key, seal_id, sealed) = (key(), Uuid::from_u128(seal), format!("s{seal}"));
        Command::Profile(profile(), ProfileCommand::SetSecret { key, seal_id, sealed })
    };
    let unset = || Command::Profile(profile(), ProfileCommand::UnsetSecret { key: key() });
    let undone = |given, event| inverse(undo(PROFILE, given, event), &facet);
    assert_eq!(undone(vec![created()], profiles_secret(1)), [unset()]);
    assert_eq!(undone(vec![created(), profiles_secret(1)], profiles_secret(2)), [set(1)]);
    let was_unset = ProfileEvent::ProfileSecretUnset { key: key() }.into();
    assert_eq!(undone(vec![created(), profiles_secret(1)], was_unset), [set(1)]);
}

#[test]
fn a_profile_goes_and_comes_back_and_has_its_former_text() {
    let by = |command| vec![Command::Profile(profile(), command)];
    assert_eq!(inverse(undo(PROFILE, vec![], created()), &Facet::Profile), by(ProfileCommand::Delete));
    let deleted = undo(PROFILE, vec![created()], ProfileEvent::ProfileDeleted);
    assert_eq!(inverse(deleted, &Facet::Profile), by(ProfileCommand::Restore));
    let restored = undo(PROFILE, vec![created(), ProfileEvent::ProfileDeleted.into()], ProfileEvent::ProfileRestored);
    assert_eq!(inverse(restored, &Facet::Profile), by(ProfileCommand::Delete));
    let edited = ProfileEvent::ProfileEdited { text: "b".into(), source: "file".into() };
    let edit = ProfileCommand::Edit { before: Digest::of(b"b"), text: "a".into(), source: "command".into() };
    assert_eq!(inverse(undo(PROFILE, vec![created()], edited), &Facet::Text), by(edit));
}

#[test]
fn a_session_goes_back_to_who_worked_until_when_and_with_what() {
    let (id, user, until) = (SessionId::new(Uuid::from_u128(5)), "ada".to_owned(), Timestamp::from_millis(1_000));
    let begun = SessionEvent::SessionStarted { id, user: user.clone(), profile: profile(), expires_at: until };
    let other = SessionId::new(Uuid::from_u128(6));
    let again = SessionEvent::SessionStarted { id: other, user: "b".into(), profile: profile(), expires_at: until };
    let by = |commands: Vec<SessionCommand>| -> Vec<Command> {
        commands.into_iter().map(|command| Command::Session(tenant(), command)).collect()
    };
    let resume = SessionCommand::Resume { id, user: user.clone(), expires_at: until };
    let switch = |profile| SessionCommand::SwitchProfile { profile };
    let first = undo("session/t1", vec![], begun.clone());
    assert_eq!(inverse(first, &Facet::Session), by(vec![SessionCommand::End, switch(None)]));
    let second = undo("session/t1", vec![begun.clone().into()], again);
    assert_eq!(inverse(second, &Facet::Session), by(vec![resume.clone(), switch(Some(profile()))]));
    let ended = undo("session/t1", vec![begun.clone().into()], SessionEvent::SessionEnded { id });
    assert_eq!(inverse(ended, &Facet::Login), by(vec![resume]));
    let gone_on = SessionEvent::SessionResumed { id, user, expires_at: until };
    let over = vec![begun.clone().into(), SessionEvent::SessionEnded { id }.into()];
    assert_eq!(inverse(undo("session/t1", over, gone_on), &Facet::Login), by(vec![SessionCommand::End]));
    let switched = undo("session/t1", vec![begun.into()], SessionEvent::ProfileSwitched { profile: None });
    assert_eq!(inverse(switched, &Facet::SessionProfile), by(vec![switch(Some(profile()))]));
}

#[test]
fn a_shell_goes_back_to_where_it_worked() {
    let shell = "shell/00000000000000aa";
    let by = |command| vec![Command::Shell("00000000000000aa".parse().unwrap(), command)];
    let entered = || ShellEvent::ShellSwitched { tenant: tenant(), profile: None };
    assert_eq!(inverse(undo(shell, vec![], entered()), &Facet::Place), by(ShellCommand::Leave));
    let left = undo(shell, vec![entered().into()], ShellEvent::ShellLeft);
    assert_eq!(inverse(left, &Facet::Place), by(ShellCommand::Switch { tenant: tenant(), profile: None }));
}
