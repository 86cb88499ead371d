//! Somebody begins, the program dies, and somebody who is logged in to another account goes on: wherever that happens,
//! nothing is forgotten that is still there.

use systemprompt_example_supabase::SupabaseProvider;
use systemprompt_sdk::Failure;
use systemprompt_sdk::rotation::ROTATE_CREDENTIALS;
use systemprompt_sdk::testing::{Crash, Harness, When};

use crate::at;
use crate::small_supabase::SmallSupabase;

const BEFORE: &str = "{{secret:db-password@1}}";
const AFTER: &str = "{{secret:db-password@2}}";

/// How it ended for whoever went on with another account.
struct Resumed {
    outcome: Result<(), Failure>,
    harness: Harness<SupabaseProvider>,
    supabase: SmallSupabase,
}

impl Resumed {
    /// Whether nobody has to go on with it.
    fn is_over(&self) -> bool {
        self.outcome.is_ok() || self.harness.stuck().is_none()
    }

    /// Whether it is a deletion that can only go on.
    fn has_begun_to_delete(&self) -> bool {
        self.outcome.is_err() && self.harness.steps().iter().any(|(name, _)| name == "delete the project")
    }

    /// Whoever began goes on with it.
    fn resume_as_before(&mut self) -> Result<(), Failure> {
        self.supabase.log_in("ada", &["acme"]);
        self.harness.resume().map(|_| ())
    }

    fn passwords(&self) -> Vec<String> {
        let world = self.supabase.0.borrow();
        world.projects.iter().filter_map(|it| it["password"].as_str().map(str::to_owned)).collect()
    }
}

/// Somebody who is in no organization of whoever began.
const STRANGER: (&str, &[&str]) = ("eve", &["other"]);
/// Somebody in the same one: by its reference they see what whoever began has made, and in no list.
const COLLEAGUE: (&str, &[&str]) = ("bob", &["acme"]);

/// An operation that dies at one edge after the other, and is gone on with by another account each time.
fn at_every_edge(operation: &str, (user, organisations): (&'static str, &'static [&'static str])) -> Vec<Resumed> {
    let at_edge = |edge, when| {
        let supabase = SmallSupabase::new();
        let mut harness = at(&supabase);
        if operation != "create" {
            harness.create().expect("an undisturbed `create`");
        }
        harness.crash(Crash { edge, when });
        let _died = harness.operation(operation);
        harness.crashed().then(|| {
            supabase.log_in(user, organisations);
            let outcome = harness.resume().map(|_| ());
            Resumed { outcome, harness, supabase }
        })
    };
    let edges = (0..).map(|edge| [When::Before, When::After].map(|when| at_edge(edge, when)));
    edges.map_while(|[before, after]| Some([before?, after?])).flatten().collect()
}

#[test]
fn a_deletion_is_over_only_when_the_project_is_gone() {
    let all = at_every_edge("delete", STRANGER);
    assert!(all.iter().any(Resumed::has_begun_to_delete), "one of {} edges is in the second step", all.len());
    for mut resumed in all {
        match &resumed.outcome {
            Ok(()) => {}
            Err(failure) if resumed.has_begun_to_delete() => {
                assert_eq!(failure.code(), "account-other");
                resumed.resume_as_before().expect("whoever sees the project deletes it");
            }
            Err(failure) => {
                assert_eq!((failure.code(), resumed.passwords()), ("account-other", vec![BEFORE.to_owned()]));
                continue;
            }
        }
        assert_eq!(resumed.harness.left(), [""; 0]);
    }
}

#[test]
fn a_creation_is_undone_only_when_no_project_is_left() {
    let all = at_every_edge("create", STRANGER);
    assert!(all.iter().any(|it| !it.is_over()), "one of {} edges is after the request", all.len());
    for mut resumed in all {
        if !resumed.is_over() {
            let (step, failure) = resumed.harness.stuck().expect("its undo failed");
            assert_eq!((step, failure.code()), ("create the project", "account-other"));
            resumed.resume_as_before().expect_err("it is undone");
            assert!(resumed.is_over());
        }
        assert_eq!(resumed.passwords().len(), usize::from(resumed.outcome.is_ok()), "{:?}", resumed.outcome);
    }
}

#[test]
fn a_creation_that_a_colleague_goes_on_with_makes_no_second_project_and_is_undone_by_whoever_began() {
    let all = at_every_edge("create", COLLEAGUE);
    assert!(all.iter().any(|it| !it.is_over()), "one of {} edges is after the request", all.len());
    for mut resumed in all {
        assert!(resumed.passwords().len() < 2, "the first one is not seen, and there all the same");
        if !resumed.is_over() {
            let (step, failure) = resumed.harness.stuck().expect("its undo failed");
            assert_eq!((step, failure.code()), ("create the project", "account-other"));
            assert!(failure.to_string().contains("ada@example.com"), "{failure}");
            resumed.resume_as_before().expect_err("it is undone");
            assert!(resumed.is_over());
        }
        assert_eq!(resumed.passwords().len(), usize::from(resumed.outcome.is_ok()), "{:?}", resumed.outcome);
    }
}

#[test]
fn a_rotation_is_undone_only_when_the_old_password_is_in_force() {
    let all = at_every_edge(ROTATE_CREDENTIALS, STRANGER);
    assert!(all.iter().any(|it| !it.is_over()), "one of {} edges is after the request", all.len());
    for mut resumed in all {
        if !resumed.is_over() {
            let (step, failure) = resumed.harness.stuck().expect("its undo failed");
            assert_eq!((step, failure.code()), ("set the new password", "account-other"));
            resumed.resume_as_before().expect_err("it is undone");
            assert!(resumed.is_over());
        }
        let in_force = if resumed.outcome.is_ok() { AFTER } else { BEFORE };
        assert_eq!(resumed.passwords(), [in_force], "{:?}", resumed.outcome);
    }
}
