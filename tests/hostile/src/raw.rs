//! The journal without the guest library, which would keep a provider from breaking its rules.

use systemprompt_sdk::UndoKind;
use systemprompt_sdk::bindings::systemprompt::provider::journal::{Position, begin, begin_undo, finish, finish_undo};

/// Ends a step with a text that is not what a result may be.
pub(crate) fn finish_with(result: &str) {
    begin("odd result", UndoKind::None);
    finish(Ok(result));
}

/// Ends a step that did not begin.
pub(crate) fn finish_nothing() {
    finish(Ok("{}"));
}

/// Begins a step inside another.
pub(crate) fn begin_twice() {
    begin("outer", UndoKind::None);
    begin("inner", UndoKind::None);
}

/// Begins the undo of a step that never began.
pub(crate) fn undo_nothing() {
    begin_undo("never");
    finish_undo(Ok(()));
}

/// A step whose name is not one.
pub(crate) fn begin_named(name: &str) {
    begin(name, UndoKind::None);
}

/// Leaves with a step open, and says that all is well.
pub(crate) fn leave_open() {
    begin("left open", UndoKind::Undoable);
}

/// Ends a step, and when it is resumed ends it again, with another result than the one that was recorded.
pub(crate) fn finish_otherwise() {
    match begin("counted", UndoKind::None) {
        Position::Run => finish(Ok("\"one\"")),
        Position::Recorded(_) => finish(Ok("\"another\"")),
        Position::Unwind | Position::Stop => return,
    }
    panic!("so that it is resumed")
}
