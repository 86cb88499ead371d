//! Which shell a command runs in, and the tenant that this shell works in.

use systemprompt_events::{Digest, ProfileId, ShellId, TenantId};

use crate::error::CliError;
use crate::project::Project;

/// The shell that this process was started from: the leader of its session, which no other process of the machine is.
///
/// Numbers of processes are used again, so that its start and the machine's are part of it. None where the system does
/// not tell: there is no `/proc`, or the leader is outside of the container that this process runs in.
pub fn id() -> Option<ShellId> {
    // Not getsid(2): it answers 0 for such a leader, which the wrapper at hand takes for impossible.
    let own = std::fs::read_to_string("/proc/self/stat").ok()?;
    let leader = leader(&own)?;
    let stat = std::fs::read_to_string(format!("/proc/{leader}/stat")).ok()?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let started = started(&stat)?;
    let digest = Digest::of(format!("{} {leader} {started}", boot.trim()).as_bytes());
    digest.to_string()[..16].parse().ok()
}

/// The leader of a process's session: field 6 of `/proc/<pid>/stat` (proc(5)), and 0 where it is in another namespace.
fn leader(stat: &str) -> Option<u32> {
    field(stat, 6)?.parse().ok().filter(|&leader| leader != 0)
}

/// When a process started, in ticks since the machine did: field 22 of `/proc/<pid>/stat`.
fn started(stat: &str) -> Option<&str> {
    field(stat, 22)
}

/// A field of `/proc/<pid>/stat`, counted from 1 as proc(5) does. The second is the program's name in parentheses, and may
/// hold anything: fields are counted from behind it.
fn field(stat: &str, number: usize) -> Option<&str> {
    const FIRST_AFTER_NAME: usize = 3;
    stat.rsplit_once(')')?.1.split_whitespace().nth(number - FIRST_AFTER_NAME)
}

/// The tenant that this shell works in, and the profile; none: what the project has selected.
pub async fn place(project: &mut Project) -> Result<Option<(TenantId, Option<ProfileId>)>, CliError> {
    if !project.may_have_shells() {
        return Ok(None);
    }
    match id() {
        Some(id) => Ok(project.ledger().log.shell(&id).await?),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "12 (a) b) S 1 2 7 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21";

    #[test]
    fn the_start_of_a_process_is_found_whatever_its_name() {
        assert_eq!(started(STAT), Some("4711"));
        assert_eq!(started("12 no name"), None);
    }

    #[test]
    fn a_leader_outside_of_this_container_is_no_shell() {
        assert_eq!(leader(STAT), Some(7));
        assert_eq!(leader("12 (sh) S 1 2 0 4"), None);
    }

    #[test]
    fn this_process_runs_in_the_same_shell_each_time() {
        assert_eq!(id(), id());
    }
}
