//! Given, when, then: a shell.

use super::{Shell, decide, evolve};
use crate::{ShellCommand as Command, ShellEvent as Event};

fn switch(tenant: &str) -> Command {
    Command::Switch { tenant: tenant.parse().unwrap(), profile: None }
}

fn switched(tenant: &str) -> Event {
    Event::ShellSwitched { tenant: tenant.parse().unwrap(), profile: None }
}

#[track_caller]
fn check(given: &[Event], when: Command, then: Vec<Event>) {
    let shell = given.iter().fold(Shell::default(), |shell, event| evolve(shell, event).unwrap());
    assert_eq!(decide(&shell, when), Ok(then));
}

#[test]
fn a_shell_is_in_one_tenant_at_a_time() {
    check(&[], switch("local_1"), vec![switched("local_1")]);
    check(&[switched("local_1")], switch("local_1"), vec![]);
    check(&[switched("local_1")], switch("local_2"), vec![switched("local_2")]);
}

#[test]
fn a_shell_leaves_once() {
    check(&[switched("local_1")], Command::Leave, vec![Event::ShellLeft]);
    check(&[switched("local_1"), Event::ShellLeft], Command::Leave, vec![]);
    check(&[], Command::Leave, vec![]);
    assert!(evolve(Shell::default(), &Event::ShellLeft).is_err());
}
