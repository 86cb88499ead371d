//! Whose a container or volume is, by its labels, and what that allows.

use std::collections::HashMap;

use crate::backend::{BackendError, Owner};

const MANAGED: &str = "io.systemprompt.managed";
const SCOPE: &str = "io.systemprompt.scope";
const PLUGIN: &str = "io.systemprompt.plugin";
const TENANT: &str = "io.systemprompt.tenant";
const OPERATION: &str = "io.systemprompt.operation";

/// Labels as the engine gives them.
pub(super) type Labels = HashMap<String, String>;

/// What is about to be done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// Look at it.
    Look,
    /// Create, start, stop or remove it.
    Change,
}

/// The object in question, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// `container` or `volume`.
    pub(super) kind: &'static str,
    /// Its name.
    pub(super) name: &'a str,
}

/// The labels of what an owner makes.
pub(super) fn labels_of(owner: &Owner) -> Labels {
    let mut labels = vec![(MANAGED, "true"), (PLUGIN, owner.plugin())];
    match owner {
        Owner::Tenant { id, operation, .. } => {
            labels.extend([(SCOPE, "tenant"), (TENANT, id.as_str()), (OPERATION, operation.as_str())]);
        }
        Owner::Machine { .. } => labels.push((SCOPE, "machine")),
    }
    labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Whether an owner may do this with an object that carries these labels.
///
/// A tenant's operation may look at what its plugin shares among tenants, and changes only what is the tenant's own.
pub(super) fn check(labels: &Labels, owner: &Owner, verb: Verb, subject: Subject<'_>) -> Result<(), BackendError> {
    let label = |name: &str| labels.get(name).map(String::as_str);
    if label(MANAGED) != Some("true") {
        return Err(not_ours(subject));
    }
    if label(PLUGIN) != Some(owner.plugin()) {
        return Err(not_yours(subject, "another plugin's"));
    }
    match (owner, label(SCOPE)) {
        (Owner::Machine { .. }, Some("machine")) => Ok(()),
        (Owner::Tenant { id, .. }, Some("tenant")) if label(TENANT) == Some(id) => Ok(()),
        (Owner::Tenant { .. }, Some("machine")) if verb == Verb::Look => Ok(()),
        (Owner::Tenant { .. }, Some("machine")) => Err(not_yours(subject, "shared by the tenants of this machine")),
        (Owner::Tenant { .. }, Some("tenant")) => Err(not_yours(subject, "another tenant's")),
        (Owner::Machine { .. }, Some("tenant")) => Err(not_yours(subject, "one tenant's own")),
        (Owner::Tenant { .. } | Owner::Machine { .. }, _) => Err(not_ours(subject)),
    }
}

fn not_ours(subject: Subject<'_>) -> BackendError {
    let Subject { kind, name } = subject;
    let message = format!("there is a {kind} `{name}` that systemprompt did not make, so it is left alone");
    BackendError::refused(code(kind), message)
        .help(format!("look at it with `docker {kind} inspect {name}`, and rename or remove it if it is not needed"))
}

fn not_yours(subject: Subject<'_>, whose: &str) -> BackendError {
    let Subject { kind, name } = subject;
    BackendError::refused(code(kind), format!("the {kind} `{name}` is {whose}, so it is left alone"))
        .help(format!("look at it with `docker {kind} inspect {name}`"))
}

fn code(kind: &str) -> &'static str {
    if kind == "volume" { "volume-not-ours" } else { "container-not-ours" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(id: &str, plugin: &str) -> Owner {
        Owner::Tenant { id: id.to_owned(), operation: "op".to_owned(), plugin: plugin.to_owned() }
    }

    fn machine(plugin: &str) -> Owner {
        Owner::Machine { plugin: plugin.to_owned() }
    }

    fn allowed(made_by: &Owner, asked_by: &Owner) -> (bool, bool) {
        let labels = labels_of(made_by);
        let subject = Subject { kind: "container", name: "db" };
        let may = |verb| check(&labels, asked_by, verb, subject).is_ok();
        (may(Verb::Look), may(Verb::Change))
    }

    #[test]
    fn owners_touch_their_own_and_nothing_else() {
        assert_eq!(allowed(&tenant("a", "docker"), &tenant("a", "docker")), (true, true));
        assert_eq!(allowed(&tenant("a", "docker"), &tenant("b", "docker")), (false, false));
        assert_eq!(allowed(&tenant("a", "docker"), &tenant("a", "other")), (false, false));
        assert_eq!(allowed(&tenant("a", "docker"), &machine("docker")), (false, false));
        assert_eq!(allowed(&machine("docker"), &machine("docker")), (true, true));
        assert_eq!(allowed(&machine("docker"), &machine("other")), (false, false));
        assert_eq!(allowed(&machine("docker"), &tenant("a", "docker")), (true, false));
        assert_eq!(allowed(&machine("docker"), &tenant("a", "other")), (false, false));
    }

    #[test]
    fn unlabelled_and_half_labelled_objects_are_strangers() {
        let subject = Subject { kind: "volume", name: "data" };
        let mut labels = Labels::new();
        for (name, value) in [(MANAGED, "true"), (PLUGIN, "docker"), (SCOPE, "galaxy")] {
            let refusal = check(&labels, &machine("docker"), Verb::Look, subject).unwrap_err();
            assert_eq!(refusal.code, "volume-not-ours");
            labels.insert(name.to_owned(), value.to_owned());
        }
        assert!(check(&labels, &machine("docker"), Verb::Look, subject).is_err());
    }
}
