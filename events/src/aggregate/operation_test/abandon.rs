//! Given, when, then: an operation that is given up.

use super::{
    Command, Event, Irreversible, NoUndo, Undoable, began, begin, check, failed, failure, finished, in_state, unwinding,
};

fn abandoned(left: &[&str]) -> Event {
    Event::OperationAbandoned { left: left.iter().map(ToString::to_string).collect() }
}

#[test]
fn whatever_state_it_is_in_it_can_be_given_up_until_it_has_ended() {
    let stuck = Event::OperationStuck { failure: failure(), left: vec!["somewhere".into()] };
    for given in [vec![], vec![unwinding()], vec![began(0, "one", Undoable), failed(0), unwinding(), stuck]] {
        let left: &[&str] = if given.len() > 1 { &["one"] } else { &[] };
        check(&given, Command::Abandon, Ok(vec![abandoned(left)]));
    }
    check(&[abandoned(&[])], Command::Abandon, Ok(vec![]));
    for (ended, state) in [
        (Event::OperationFailed { failure: failure() }, "failed"),
        (Event::OperationCancelled { failure: failure() }, "cancelled"),
    ] {
        check(&[ended], Command::Abandon, in_state(state));
    }
}

#[test]
fn what_may_still_be_there_is_named_newest_first() {
    let given = [
        began(0, "look", NoUndo),
        finished(0),
        began(1, "role", Undoable),
        finished(1),
        began(2, "database", Undoable),
        finished(2),
        began(3, "login", Undoable),
        unwinding(),
        Event::UndoBegan { index: 3 },
        Event::UndoFinished { index: 3 },
        Event::UndoBegan { index: 2 },
    ];
    check(&given, Command::Abandon, Ok(vec![abandoned(&["database", "role"])]));
    let given = [began(0, "drop database", Irreversible), finished(0), began(1, "drop role", Irreversible)];
    check(&given, Command::Abandon, Ok(vec![abandoned(&["drop role"])]));
}

#[test]
fn nothing_is_recorded_of_it_any_more_whoever_holds_its_lease() {
    let given = [began(0, "one", Undoable), abandoned(&["one"])];
    check(&given, begin("two", NoUndo), in_state("abandoned"));
    check(&given, Command::Claim { holder: "me".into() }, in_state("abandoned"));
    check(&given, Command::BeginUndo { token: 1, index: 0 }, in_state("abandoned"));
    check(&given, Command::Stick { token: 1, failure: failure(), left: vec![] }, in_state("abandoned"));
}
