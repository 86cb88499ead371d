//! Secrets that come in answers: the provider gets placeholders in their place, as in the program.

use serde::Deserialize;
use serde_json::Value;

use super::{World, of_tenant};
use crate::Failure;
use crate::http::{Request, Response};

/// What a request's `ext` may say.
#[derive(Default, Deserialize)]
struct Ext {
    #[serde(default)]
    capture: Vec<Capture>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capture {
    pointer: String,
    secret: String,
}

impl Request {
    /// Whether its answer holds secrets to be kept, which makes it a change.
    pub(in crate::testing) fn has_captures(&self) -> bool {
        // What cannot be read is refused when it is sent.
        !captures(self).is_ok_and(|captures| captures.is_empty())
    }
}

fn captures(request: &Request) -> Result<Vec<Capture>, Failure> {
    let Some(ext) = &request.ext else { return Ok(Vec::new()) };
    let odd = |error: serde_json::Error| {
        Failure::refused("http-capture", format!("the `capture` of a request is none: {error}"))
    };
    let ext: Value = serde_json::from_str(ext).map_err(odd)?;
    if !ext.is_object() {
        return Ok(Vec::new());
    }
    Ok(serde_json::from_value::<Ext>(ext).map_err(odd)?.capture)
}

impl World {
    /// The answer with placeholders where the request says that secrets are; what has none there is a failure.
    pub(super) fn captured(&mut self, request: &Request, answer: Response) -> Result<Response, Failure> {
        let captures = captures(request)?;
        if captures.is_empty() || !answer.is_success() {
            return Ok(answer);
        }
        let lacks = |why: String| Failure::ambiguous("http-capture-missing", why);
        let mut document: Value =
            serde_json::from_str(&answer.body).map_err(|_| lacks("the answer is no JSON".to_owned()))?;
        let tenant = self.acting_tenant()?;
        let mut found = Vec::new();
        for capture in &captures {
            let place = document.pointer(&capture.pointer).and_then(Value::as_str);
            let missing = || lacks(format!("the answer has no text at `{}`", capture.pointer));
            let value = place.ok_or_else(missing)?;
            if !is_fit(value) {
                let message = format!("what the answer has at `{}` cannot be kept as a secret", capture.pointer);
                return Err(Failure::ambiguous("http-capture-unfit", message));
            }
            found.push(value.to_owned());
        }
        for (capture, value) in captures.iter().zip(found) {
            let version = self.versions.keep(tenant.clone(), &capture.secret, &value);
            let placeholder = of_tenant(&capture.secret, version);
            self.secrets.insert(placeholder.clone());
            if let Some(place) = document.pointer_mut(&capture.pointer) {
                *place = placeholder.into();
            }
        }
        Ok(Response { body: document.to_string(), ..answer })
    }
}

/// As the program has it.
fn is_fit(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+=".contains(&byte);
    (8..=256).contains(&value.len()) && value.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(world: &mut World, body: &str) -> Result<String, Failure> {
        let request = Request::get("https://api.example.com/password").capture("/password", "db-password");
        let answer = Response { status: 200, headers: Vec::new(), body: body.to_owned(), ext: None };
        world.captured(&request, answer).map(|answer| answer.body)
    }

    #[test]
    fn a_value_keeps_its_placeholder_as_long_as_it_is_the_same() {
        let mut world = World::default();
        world.perform_for(Some("one"));
        for (value, version) in [
            ("first+one=", 1),
            ("first+one=", 1),
            ("second-one", 2),
            ("second-one", 2),
            ("first+one=", 1),
            ("third-one", 3),
        ] {
            let body = asked(&mut world, &format!(r#"{{"password":"{value}"}}"#)).expect("it is there");
            assert_eq!(body, format!(r#"{{"password":"{{{{secret:db-password@{version}}}}}"}}"#));
        }
    }

    #[test]
    fn what_is_not_there_or_cannot_be_a_secret_is_a_failure() {
        let mut world = World::default();
        world.perform_for(Some("one"));
        for (body, code) in [
            ("{}", "http-capture-missing"),
            ("<html>", "http-capture-missing"),
            (r#"{"password":7}"#, "http-capture-missing"),
            (r#"{"password":"short"}"#, "http-capture-unfit"),
            (r#"{"password":"with a space"}"#, "http-capture-unfit"),
            (r#"{"password":"of/base+64=="}"#, "http-capture-unfit"),
        ] {
            assert_eq!(asked(&mut world, body).expect_err(body).code(), code, "{body}");
        }
    }
}
