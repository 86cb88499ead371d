//! Where the values come from that a provider wants for an account: never from the command line, which others can read.

use systemprompt_events::{PluginId, SecretName};
use zeroize::Zeroizing;

use super::Account;
use crate::backend::http::Origin;
use crate::cli::Context;
use crate::error::CliError;
use crate::plugin::embedded;
use crate::plugin::v1::imports::types::AccountField;
use crate::{env, prompt, secret_input, text};

/// Longer than any token in use: one of Fly's with all its caveats has some thousands.
const VALUE_BYTES_MAX: usize = 16 << 10;
/// More than any account needs.
const FIELDS_MAX: usize = 16;

/// Values for all fields, and where the secret one came from.
pub fn gather(
    context: &Context,
    provider: &PluginId,
    wanted: &[AccountField],
    api_url: Option<Origin>,
    from_stdin: bool,
) -> Result<(Account, String), CliError> {
    let mut account = Account {
        provider: provider.clone(),
        api_url,
        plain: std::collections::BTreeMap::new(),
        secret: std::collections::BTreeMap::new(),
    };
    let secrets = wanted.iter().filter(|field| field.secret).count();
    if wanted.is_empty() || wanted.len() > FIELDS_MAX || (from_stdin && secrets != 1) {
        let message = format!("provider `{provider}` wants {secrets} secrets for its account");
        return Err(CliError::usage("account-fields", message).help("log in without `--token-stdin`"));
    }
    let mut source = "prompt".to_owned();
    for field in wanted {
        let bad = |why: &str| CliError::usage("bad-account-field", format!("{} {why}", title(field)));
        let name: SecretName = field.name.parse().map_err(|_| bad("has a name that cannot be used"))?;
        let (value, from) = value(context, provider, field, from_stdin && field.secret)?;
        let value = Zeroizing::new(value.trim().to_owned());
        if value.is_empty() {
            return Err(bad("is empty").help("nothing was kept"));
        }
        if value.len() > VALUE_BYTES_MAX || value.chars().any(char::is_control) {
            return Err(bad("is no single line of text").help("nothing was kept"));
        }
        if field.secret {
            source = from;
            account.secret.insert(name, value);
        } else {
            account.plain.insert(field.name.clone(), value.to_string());
        }
    }
    Ok((account, source))
}

fn value(
    context: &Context,
    provider: &PluginId,
    field: &AccountField,
    from_stdin: bool,
) -> Result<(Zeroizing<String>, String), CliError> {
    if from_stdin {
        return Ok((secret_input::standard_input()?, "stdin".to_owned()));
    }
    let variable = variable(provider, &field.name);
    if let Some(value) = env::look_up(&variable) {
        let value = value.into_string().map_err(|_| {
            CliError::usage("bad-account-field", format!("`{variable}` is not text")).help("nothing was kept")
        })?;
        return Ok((Zeroizing::new(value), variable));
    }
    if !context.env.interactive || context.global.json {
        let message = format!("provider `{provider}` wants: {}", title(field));
        let error = CliError::usage("account-value-missing", message);
        return Err(if field.secret {
            error.help(format!("hand it over by standard input with `--token-stdin`, or in the variable `{variable}`"))
        } else {
            error.help(format!("hand it over in the variable `{variable}`"))
        });
    }
    if let Some(help) = &field.help {
        context.note(&text::one_line(help, 200));
    }
    let question = format!("{}:", title(field));
    let value = if field.secret { prompt::secret(&question)? } else { Zeroizing::new(prompt::line(&question)?) };
    Ok((value, "prompt".to_owned()))
}

/// `FLY_API_TOKEN` for the field `api-token` of `fly`. Of a plugin that was installed it begins with our own name and keeps
/// id and field apart: else `fly-api` would ask for it by its field `token`, or any plugin for what is another program's.
fn variable(provider: &PluginId, field: &str) -> String {
    let upper = |text: &str| text.replace('-', "_").to_ascii_uppercase();
    let (id, field) = (upper(provider.as_str()), upper(field));
    if embedded::ids().contains(provider) {
        format!("{id}_{field}")
    } else {
        format!("SYSTEMPROMPT_ACCOUNT_{id}__{field}")
    }
}

fn title(field: &AccountField) -> String {
    text::one_line(&field.title, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_after_the_provider_and_its_field() {
        assert_eq!(variable(&"fly".parse().unwrap(), "api-token"), "FLY_API_TOKEN");
        assert_eq!(variable(&"my-cloud".parse().unwrap(), "url"), "SYSTEMPROMPT_ACCOUNT_MY_CLOUD__URL");
        assert_eq!(variable(&"fly-api".parse().unwrap(), "token"), "SYSTEMPROMPT_ACCOUNT_FLY_API__TOKEN");
    }
}
