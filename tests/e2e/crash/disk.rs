//! A disk that fails, and one that is full, at every edge of the journal.

use super::*;

#[test]
fn a_disk_that_fails_a_sync_costs_a_command_and_nothing_else() {
    if !strace::is_here("a_disk_that_fails_a_sync_costs_a_command_and_nothing_else") {
        return;
    }
    let scene = Scene::new(native(), Kind::Create);
    for (number, commit) in scene.commits.iter().enumerate() {
        let edge = format!("EIO at commit {} of {}", number + 1, scene.commits.len());
        let project = scene.machine.project();
        let output = scene.disturb(&project, &commit.after, "error=EIO");
        assert_eq!(output.code, 1, "{edge}: {}", output.whole());
        assert!(output.stderr.contains("error: ") && output.stderr.contains("disk"), "{edge}: {}", output.whole());
        scene.go_on(&project, if number % 2 == 0 { Remedy::Resume } else { Remedy::SameAgain }, None, &edge, |_| {});
    }
}

#[test]
fn a_full_disk_costs_a_command_and_nothing_else() {
    if !strace::is_here("a_full_disk_costs_a_command_and_nothing_else") {
        return;
    }
    let scene = Scene::new(native(), Kind::Create);
    for (number, commit) in scene.commits.iter().enumerate() {
        let edge = format!("ENOSPC at commit {} of {}", number + 1, scene.commits.len());
        let project = scene.machine.project();
        let output = scene.disturb(&project, &commit.before, "error=ENOSPC");
        assert_eq!(output.code, 1, "{edge}: {}", output.whole());
        assert!(output.stderr.contains("make room"), "{edge}: {}", output.whole());
        scene.go_on(&project, if number % 2 == 0 { Remedy::Resume } else { Remedy::SameAgain }, None, &edge, |_| {});
    }
}
