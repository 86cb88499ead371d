//! The undo of an account's events: there is none.

use super::Undo;
use crate::AccountEvent;

pub(super) const fn undo(event: &AccountEvent) -> Undo {
    match event {
        AccountEvent::AccountLoggedIn { .. } => {
            Undo::Irreversible { why: "a login is ended by `cloud auth logout`, which forgets what was logged in with" }
        }
        AccountEvent::AccountLoggedOut => {
            Undo::Irreversible { why: "what was logged in with is forgotten; log in again with `cloud auth login`" }
        }
    }
}
