//! Given, when, then: the account with a provider.

use uuid::Uuid;

use super::{Account, AccountLogin, decide, evolve};
use crate::{AccountCommand as Command, AccountEvent as Event, Json};

fn login(user: &str, seal: u128) -> AccountLogin {
    AccountLogin {
        user: user.to_owned(),
        organisation: Some("acme".to_owned()),
        expires_at: None,
        source: "stdin".to_owned(),
        api_url: None,
        fields: Json::object(),
        seal_id: Uuid::from_u128(seal),
        sealed: "sealed".to_owned(),
    }
}

fn logged_in(user: &str, seal: u128) -> Event {
    let AccountLogin { user, organisation, expires_at, source, api_url, fields, seal_id, sealed } = login(user, seal);
    Event::AccountLoggedIn { user, organisation, expires_at, source, api_url, fields, seal_id, sealed }
}

fn given(events: &[Event]) -> Account {
    events.iter().fold(Account::default(), |account, event| evolve(account, event).unwrap())
}

#[track_caller]
fn check(before: &[Event], when: Command, then: Vec<Event>) {
    assert_eq!(decide(&given(before), when), Ok(then));
}

#[test]
fn whoever_logs_in_takes_the_place_of_who_was_there() {
    check(&[], Command::LogIn(login("ada", 1)), vec![logged_in("ada", 1)]);
    check(&[logged_in("ada", 1)], Command::LogIn(login("bob", 2)), vec![logged_in("bob", 2)]);
    assert_eq!(given(&[logged_in("ada", 1), logged_in("bob", 2)]).login, Some(login("bob", 2)));
}

#[test]
fn the_same_login_is_recorded_once_and_another_with_the_same_token_is_another() {
    check(&[logged_in("ada", 1)], Command::LogIn(login("ada", 1)), vec![]);
    check(&[logged_in("ada", 1)], Command::LogIn(login("ada", 2)), vec![logged_in("ada", 2)]);
}

#[test]
fn nobody_logs_out_twice() {
    check(&[logged_in("ada", 1)], Command::LogOut, vec![Event::AccountLoggedOut]);
    check(&[logged_in("ada", 1), Event::AccountLoggedOut], Command::LogOut, vec![]);
    check(&[], Command::LogOut, vec![]);
    assert!(evolve(Account::default(), &Event::AccountLoggedOut).is_err());
}
