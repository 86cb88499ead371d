//! Names of containers and volumes, checked before they become part of a request.

use crate::backend::BackendError;

/// Longer names are legal, but no name of ours needs more, and host names end at 63.
const NAME_BYTES_MAX: usize = 128;

/// Checks a container's name by the engine's own rule.
pub(super) fn check_container(name: &str) -> Result<(), BackendError> {
    check(name, "container")
}

/// Checks a volume's name; by this rule it is never a path, so that no directory of the host is mounted.
pub(super) fn check_volume(name: &str) -> Result<(), BackendError> {
    check(name, "volume")
}

fn check(name: &str, what: &str) -> Result<(), BackendError> {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if first && rest && (2..=NAME_BYTES_MAX).contains(&name.len()) {
        return Ok(());
    }
    let message = format!(
        "a {what}'s name is 2 to {NAME_BYTES_MAX} letters, digits, `_`, `.` and `-`, and begins with a letter or digit"
    );
    Err(BackendError::refused("invalid-name", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_neither_paths_nor_queries() {
        for name in ["", "a", "/etc", "../up", "a/b", "-rf", "a b", "a?force=1", "ünter", &"a".repeat(129)] {
            assert!(check_volume(name).is_err(), "{name}");
        }
        for name in ["systemprompt-shared-db", "a1", "A_b.c-d"] {
            check_container(name).unwrap();
        }
    }
}
