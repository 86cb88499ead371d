//! Ctrl-C, once and twice.

use std::io::{BufRead, BufReader};

use rustix::process::{Pid, Signal, kill_process};
use systemprompt_tests::until;

use super::*;
use crate::hostile::plugin;

const INTERRUPTED: i32 = 130;

#[test]
fn ctrl_c_stops_at_the_next_step_and_undoes_what_was_done() {
    if !strace::is_here("ctrl_c_stops_at_the_next_step_and_undoes_what_was_done") {
        return;
    }
    let scene = Scene::new(native(), Kind::Create);
    let mut undone = 0;
    for (number, commit) in scene.commits.iter().enumerate() {
        let edge = format!("Ctrl-C at commit {} of {}", number + 1, scene.commits.len());
        let project = scene.machine.project();
        let output = scene.disturb(&project, &commit.after, "signal=INT");
        if output.stderr.contains("stopped, and everything was undone") {
            assert_eq!(output.code, INTERRUPTED, "{edge}: {}", output.whole());
            assert_settled(&project, &edge);
            assert_eq!(project.run(&["cloud", "tenant", "list", "--json"]).ok().data()["total"], 0, "{edge}");
            assert_eq!(scene.machine.count(), scene.empty, "{edge}: something is left");
            undone += 1;
        } else if output.code == 0 {
            // It came too late: the last step had begun.
            assert_eq!(project.world(), scene.world, "{edge}");
            clean(&project);
        } else {
            // It came before there was anything to undo.
            assert_eq!(output.code, INTERRUPTED, "{edge}: {}", output.whole());
            scene.go_on(&project, Remedy::Resume, None, &edge, |_| {});
        }
    }
    // Six steps of two edges each; at the last step's it is too late.
    assert!(undone >= 10, "only {undone} of {} were undone", scene.commits.len());
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_says_how_to_go_on() {
    let sandbox = plugin::sandbox();
    let mut running = sandbox.spawn(plugin::creation("sleep").split_whitespace());
    let pid = Pid::from_child(&running.child);
    let stderr = running.child.stderr.take().expect("it is piped");
    let asleep = || sandbox.say("history log --json").stdout.contains("misbehave").then_some(());
    until("the step to begin", asleep);
    let interrupt = || kill_process(pid, Signal::INT).expect("it runs");
    interrupt();
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    let first = lines.next().expect("it says what it does");
    assert_eq!(first, "stopping at the next step, and undoing what was done; Ctrl-C again leaves at once");
    interrupt();
    let rest: Vec<String> = lines.collect();
    let resume = format!("systemprompt cloud tenant resume {}", plugin::id("sleep"));
    assert_eq!(rest, [format!("left as it is; to go on, run `{resume}`")]);
    assert_eq!(running.end().code, INTERRUPTED);

    let list = sandbox.say("cloud tenant list").ok();
    assert_eq!(list.stderr, format!("note: unfinished: create tenant `x`; to go on, run `{resume}`\n"));
    let _undone = sandbox.say("cloud tenant resume x --undo").ok();
    assert_eq!(sandbox.say("cloud tenant list").ok().stderr, "");
    let _whole = sandbox.say("history verify").ok();
}
