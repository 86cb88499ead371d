//! Whether a log is whole, and what is wrong where it is not.

use std::fmt::Write;

use serde_json::{Value, json};
use systemprompt_events::{FaultKind, Position, Verification};

use super::{Paint, View};
use crate::ledger::sealed::{Elsewhere, Home, Sealed, Why};
use crate::text::{MESSAGE_CHARS_MAX, one_line};

/// Whether the log is whole and unbent.
pub struct Verified {
    /// What was found.
    pub found: Verification,
    /// How many checkpoints that are held elsewhere it was compared with.
    pub held: usize,
    /// Whether its projections were compared with its events: not those that another version built.
    pub projections_compared: bool,
    /// What is sealed in it, against the keys that are here; none where that could not be looked at.
    pub sealed: Option<Sealed>,
}

/// A fault of a sealed value or its key.
struct KeyFault {
    position: Position,
    kind: &'static str,
    message: String,
}

impl View for Verified {
    fn schema(&self) -> &'static str {
        "systemprompt/history-verify/v1"
    }

    fn data(&self) -> Value {
        let faults = self.found.faults.iter().map(|fault| {
            json!({ "position": fault.position.map(Position::get), "kind": fault_word(fault.kind), "message": fault.message })
        });
        let of_keys = self
            .key_faults()
            .into_iter()
            .map(|fault| json!({ "position": fault.position.get(), "kind": fault.kind, "message": fault.message }));
        let (head, checkpoints) = (&self.found.head, &self.found.checkpoints);
        json!({
            "ok": !self.is_failure(), "events": self.found.events,
            "head": { "position": head.position.map(Position::get), "hash": head.hash.to_string() },
            "root": self.found.root.to_string(),
            "projections_compared": self.projections_compared,
            "checkpoints": {
                "signed": checkpoints.signed, "of_others": checkpoints.of_others, "witnessed": checkpoints.witnessed,
                "held": self.held,
            },
            "sealed": self.sealed.as_ref().map(of_sealed),
            "faults": faults.chain(of_keys).collect::<Vec<_>>(),
        })
    }

    fn text(&self, _paint: Paint) -> String {
        let head = &self.found.head;
        let mut text = String::new();
        let (faults, of_keys, events) = (self.found.faults.len(), self.key_faults().len(), self.found.events);
        let agree = if self.projections_compared { "chain and projections agree" } else { "and the chain agrees" };
        let _always = match (faults, of_keys) {
            (0, 0) => writeln!(text, "ok: {events} events, no gap, {agree}"),
            (0, _) => writeln!(text, "not ok: {of_keys} faults of keys; the {events} events, {agree}"),
            (..) => writeln!(text, "damaged: {faults} faults in {events} events"),
        };
        for fault in &self.found.faults {
            let at = fault.position.map_or_else(|| "log".to_owned(), |position| format!("position {}", position.get()));
            let message = one_line(&fault.message, MESSAGE_CHARS_MAX);
            let _always = writeln!(text, "  {at}: {message}");
        }
        text.push_str(&self.checkpoints());
        if let Some(sealed) = self.sealed.as_ref().filter(|sealed| sealed.values > 0) {
            let _always = writeln!(text, "sealed: {} of {} values open", sealed.opened, sealed.values);
        }
        for KeyFault { position, message, .. } in self.key_faults() {
            let _always = writeln!(text, "  position {position}: {message}");
        }
        text.push_str(&self.elsewhere());
        let _always = writeln!(text, "head: {}", head.hash);
        text
    }

    fn is_failure(&self) -> bool {
        !self.found.faults.is_empty() || !self.key_faults().is_empty()
    }
}

impl Verified {
    /// In the order of positions.
    fn key_faults(&self) -> Vec<KeyFault> {
        let Some(sealed) = &self.sealed else { return Vec::new() };
        let broken = sealed.broken.iter().map(|broken| KeyFault {
            position: broken.position,
            kind: "sealed-value",
            message: format!("`{}` of tenant `{}` does not open with the tenant's key", broken.name, broken.tenant),
        });
        let locked = sealed.locked.iter().map(|(tenant, locked)| {
            let (kind, what) = match locked.why {
                Why::Missing => ("key-missing", "is not here"),
                Why::OtherMaster => ("key-of-another", "is wrapped by another master key than the one that is here"),
                Why::MasterLost => ("master-key-lost", "cannot be used: the master key that wraps it is gone"),
            };
            let message =
                format!("the key of tenant `{tenant}` {what}: sealed values that do not open: {}", locked.values);
            KeyFault { position: locked.position, kind, message }
        });
        let mut faults: Vec<_> = broken.chain(locked).collect();
        faults.sort_by_key(|fault| fault.position);
        faults
    }

    /// What is sealed with keys that are kept elsewhere, a line for each tenant.
    fn elsewhere(&self) -> String {
        let Some(sealed) = &self.sealed else { return String::new() };
        let mut text = String::new();
        for (tenant, Elsewhere { names, .. }) in &sealed.elsewhere {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let names = one_line(&names, MESSAGE_CHARS_MAX);
            let next = match sealed.home {
                Home::Here { .. } => format!(
                    ", where this history comes from: `systemprompt cloud tenant rotate-credentials {tenant}` gives new \
                     passwords, and `cloud secrets set` the rest"
                ),
                Home::Elsewhere => ", with the directory that acts for this history".to_owned(),
            };
            let _always = writeln!(text, "note: what opens {names} of tenant `{tenant}` is kept elsewhere{next}");
        }
        text
    }

    /// A line about checkpoints, where there are any.
    fn checkpoints(&self) -> String {
        let counted = &self.found.checkpoints;
        let parts = [
            (counted.signed, "signed"),
            (counted.of_others, "of them with a key that is not yours"),
            (counted.witnessed, "co-signed by a witness"),
            (self.held as u64, "held elsewhere"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let parts: Vec<_> = parts.collect();
        if parts.is_empty() { String::new() } else { format!("checkpoints: {}\n", parts.join(", ")) }
    }
}

fn of_sealed(sealed: &Sealed) -> Value {
    let elsewhere = sealed.elsewhere.iter().map(|(tenant, elsewhere)| {
        json!({ "tenant": tenant.to_string(), "position": elsewhere.position.get(), "names": elsewhere.names })
    });
    let elsewhere: Vec<_> = elsewhere.collect();
    json!({ "values": sealed.values, "opened": sealed.opened, "elsewhere": elsewhere })
}

/// The word for a fault, as in JSON.
pub(super) fn fault_word(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Gap => "gap",
        FaultKind::Hash => "hash",
        FaultKind::Undecodable => "undecodable",
        FaultKind::Unknown => "unknown",
        FaultKind::Version => "version",
        FaultKind::Corrupt => "corrupt",
        FaultKind::Refused => "refused",
        FaultKind::Head => "head",
        FaultKind::Projection => "projection",
        FaultKind::Receipts => "receipts",
        FaultKind::Structure => "structure",
        FaultKind::Unreadable => "unreadable",
        FaultKind::CheckpointNote => "checkpoint-note",
        FaultKind::CheckpointSignature => "checkpoint-signature",
        FaultKind::CheckpointSize => "checkpoint-size",
        FaultKind::CheckpointRoot => "checkpoint-root",
        FaultKind::Rewritten => "rewritten",
        FaultKind::Truncated => "truncated",
        FaultKind::Replaced => "replaced",
    }
}
