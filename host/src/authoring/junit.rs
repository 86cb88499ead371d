//! A report in the form that continuous integration reads: a suite for each operation, a case for each promise.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::conformance::{Outcome, Tried};

/// The report as XML.
pub fn report(plugin: &str, tried: &[Tried]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(plugin);
    let mut suites: Vec<TestSuite> = Vec::new();
    for Tried { about, promise, outcome, trace, elapsed } in tried {
        if suites.last().is_none_or(|suite| suite.name.as_str() != about) {
            suites.push(TestSuite::new(about.as_str()));
        }
        let status = match outcome {
            Outcome::Kept => TestCaseStatus::success(),
            Outcome::Broken(place) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(place.as_str());
                if !trace.lines().is_empty() {
                    status.set_description(trace.lines().join("\n"));
                }
                status
            }
            Outcome::NotTried(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
        };
        let mut case = TestCase::new(*promise, status);
        case.set_classname(format!("{plugin}.{about}")).set_time(*elapsed);
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(case);
        }
    }
    report.add_test_suites(suites);
    report.to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_broken_is_a_failure_and_what_was_not_tried_is_skipped() {
        let tried = |about: &str, outcome| Tried {
            about: about.to_owned(),
            promise: "ends the same",
            outcome,
            trace: crate::plugin::backtrace::Whereabouts::default(),
            elapsed: Duration::from_millis(1500),
        };
        let all = [
            tried("create", Outcome::Kept),
            tried("create", Outcome::Broken("call 3 <failed> & left \"a role\"".to_owned())),
            tried("repair", Outcome::NotTried("its input is not known".to_owned())),
        ];
        let xml = report("acme", &all).unwrap();
        assert!(xml.contains(r#"<testsuites name="acme" tests="3" skipped="1" failures="1" errors="0""#), "{xml}");
        assert!(xml.contains(r#"<testsuite name="create" tests="2""#), "{xml}");
        assert!(xml.contains("call 3 &lt;failed&gt; &amp; left &quot;a role&quot;"), "{xml}");
        assert!(xml.contains(r#"<skipped message="its input is not known"/>"#), "{xml}");
        assert!(xml.contains(r#"classname="acme.create" time="1.500""#), "{xml}");
    }
}
