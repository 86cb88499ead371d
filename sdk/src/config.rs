//! A provider's configuration, parsed once, with an error for each field that is wrong.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Failure, FieldError};

/// Parses a configuration, or says what is wrong with each of its fields.
pub(crate) fn parse<C: DeserializeOwned>(json: &str) -> Result<C, Vec<FieldError>> {
    let config: Value =
        serde_json::from_str(json).map_err(|error| vec![field_error(String::new(), error.to_string())])?;
    if config.is_array() {
        // Which would be taken for the fields in their order, or for all of their defaults.
        return Err(vec![field_error(String::new(), "invalid type: sequence, expected an object".to_owned())]);
    }
    serde_json::from_value(config.clone()).map_err(|error| {
        let errors = config.as_object().map(field_errors::<C>).unwrap_or_default();
        if errors.is_empty() { vec![field_error(missing_field(&error.to_string()), error.to_string())] } else { errors }
    })
}

/// The failure of an operation whose configuration does not parse.
pub(crate) fn refusal(errors: &[FieldError]) -> Failure {
    let errors: Vec<String> = errors.iter().map(|error| format!("`{}`: {}", error.path, error.message)).collect();
    Failure::refused("config-invalid", format!("the configuration is not valid: {}", errors.join("; ")))
}

/// Tries each field alone, because serde stops at the first error and does not say where it was.
fn field_errors<C: DeserializeOwned>(config: &Map<String, Value>) -> Vec<FieldError> {
    let alone = |(name, value): (&String, &Value)| {
        let field = Map::from_iter([(name.clone(), value.clone())]);
        let error = serde_json::from_value::<C>(Value::Object(field)).err()?.to_string();
        (!error.starts_with("missing field")).then(|| field_error(pointer(name), error))
    };
    config.iter().filter_map(alone).collect()
}

fn missing_field(error: &str) -> String {
    error.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()).map(pointer).unwrap_or_default()
}

fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn field_error(path: String, message: String) -> FieldError {
    FieldError { path, message }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only parsed")]
    struct Config {
        name: String,
        #[serde(default)]
        port: u16,
    }

    fn check(json: &str, expected: &[&str]) {
        let errors = parse::<Config>(json).err().unwrap_or_default();
        let errors: Vec<String> =
            errors.into_iter().map(|error| format!("{}: {}", error.path, error.message)).collect();
        assert_eq!(errors, expected);
    }

    #[test]
    fn a_valid_configuration_has_no_errors() {
        check(r#"{"name": "a", "port": 1}"#, &[]);
    }

    #[test]
    fn every_wrong_field_is_named() {
        check(
            r#"{"name": 1, "port": "x", "a/b": 1}"#,
            &[
                "/a~1b: unknown field `a/b`, expected `name` or `port`",
                "/name: invalid type: integer `1`, expected a string",
                "/port: invalid type: string \"x\", expected u16",
            ],
        );
    }

    #[test]
    fn a_missing_field_is_named() {
        check("{}", &["/name: missing field `name`"]);
    }

    #[test]
    fn what_is_no_object_is_wrong_as_a_whole() {
        check("7", &[": invalid type: integer `7`, expected struct Config"]);
        check("[]", &[": invalid type: sequence, expected an object"]);
        check("{", &[": EOF while parsing an object at line 1 column 1"]);
    }
}
