//! Which request fails, and how.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// One line of a script. What is not said fits every request.
///
/// As JSON: `{"request": 4, "fault": "refused"}`, or
/// `{"method": "POST", "path": "/v1/apps/*/machines", "nth": 2, "fault": {"status_after_commit": 502}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The number of the request among all that the fake has seen; the first is 1.
    #[serde(default)]
    pub request: Option<u64>,
    /// `GET`, `POST`, …
    #[serde(default)]
    pub method: Option<String>,
    /// The path without its query; `*` stands for one segment.
    #[serde(default)]
    pub path: Option<String>,
    /// The first of the requests that fit which fails; 1 is the next one.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many fail from there on.
    #[serde(default = "one")]
    pub times: u64,
    /// How they fail.
    pub fault: Fault,
}

fn one() -> u64 {
    1
}

impl Rule {
    /// The request with this number fails.
    pub fn number(request: u64, fault: Fault) -> Self {
        Self { request: Some(request), method: None, path: None, nth: 1, times: 1, fault }
    }

    /// The next request with this method and path fails; `*` in the path stands for one segment.
    pub fn next(method: &str, path: &str, fault: Fault) -> Self {
        let (method, path) = (Some(method.to_owned()), Some(path.to_owned()));
        Self { request: None, method, path, nth: 1, times: 1, fault }
    }

    /// Not the next one that fits, but the `nth`.
    #[must_use]
    pub fn nth(self, nth: u64) -> Self {
        Self { nth, ..self }
    }

    /// So many in a row.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times, ..self }
    }

    fn fits(&self, number: u64, method: &str, path: &str) -> bool {
        self.request.is_none_or(|wanted| wanted == number)
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|pattern| covers(pattern, path))
    }
}

fn covers(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == "*" || wanted == given => {}
            (Some(_) | None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

/// All lines, and how often each has fitted.
#[derive(Debug, Default)]
pub(crate) struct Script(Vec<(Rule, u64)>);

impl Script {
    pub(crate) fn add(&mut self, rule: Rule) {
        self.0.push((rule, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault for this request, of the first line that has one. Every line that fits counts it.
    pub(crate) fn fault(&mut self, number: u64, method: &str, path: &str) -> Option<Fault> {
        let mut found = None;
        for (rule, fitted) in self.0.iter_mut().filter(|(rule, _)| rule.fits(number, method, path)) {
            *fitted += 1;
            let fails = *fitted >= rule.nth && *fitted - rule.nth < rule.times;
            found = found.or_else(|| fails.then(|| rule.fault.clone()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_segment() {
        assert!(covers("/v1/apps/*/machines", "/v1/apps/a/machines"));
        assert!(!covers("/v1/apps/*/machines", "/v1/apps/a/machines/1"));
        assert!(!covers("/v1/apps/*", "/v1/apps"));
    }

    #[test]
    fn a_line_fails_from_its_nth_request_on_as_often_as_it_says() {
        let mut script = Script::default();
        script.add(Rule::next("GET", "/a", Fault::Refused).nth(2).times(2));
        let failed: Vec<_> = (1..6).map(|number| script.fault(number, "GET", "/a").is_some()).collect();
        assert_eq!(failed, [false, true, true, false, false]);
    }

    #[test]
    fn a_line_is_read_from_json_with_little_in_it() {
        let rule: Rule = serde_json::from_str(r#"{"request": 4, "fault": {"status": 502}}"#).unwrap();
        assert_eq!(rule, Rule::number(4, Fault::Status(502)));
        serde_json::from_str::<Rule>(r#"{"requets": 4, "fault": "refused"}"#).unwrap_err();
    }
}
