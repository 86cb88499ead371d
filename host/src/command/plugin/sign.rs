//! `systemprompt plugin sign`.

use std::path::{Path, PathBuf};

use minisign::SecretKey;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::installation::signed;
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::publisher::{self, Named, Secret};
use crate::text::{one_line, shown};
use crate::view::AnyView;
use crate::view::plugin_care::Signed;
use crate::{files, prompt, secret_input};

/// Sign a plugin's component, so that users know who made it
///
/// Writes `FILE.minisig`, which the program `minisign` can verify, too. Which plugin and version it is, is signed along.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin sign acme-postgres.wasm --key publisher.key
  systemprompt plugin sign acme-postgres.wasm --key publisher.key --password-file password.txt")]
pub struct SignArgs {
    /// A component, as `plugin build` makes one
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Secret key, as `plugin keygen` or `minisign -G` made it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its password is in this file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Carries it out.
pub async fn run(context: &Context, args: SignArgs) -> Result<AnyView, CliError> {
    let candidate = Candidate::read(&args.file, &context.env.places, &context.reporter).await?;
    candidate::check_free(&candidate.loaded.id)?;
    let version = candidate.description.version.clone();
    if version.is_empty() || version.chars().any(|character| character.is_whitespace() || character.is_control()) {
        let message = format!("version `{}` cannot be signed", one_line(&version, 60));
        return Err(CliError::new(Exit::Refused, "bad-plugin-version", message).help("use one such as `1.0.0`"));
    }
    let named = Named { id: candidate.loaded.id.to_string(), version };
    let key = secret_key(context, &args.key, args.password_file.as_deref())?;
    let (signature, by) =
        publisher::sign(&candidate.wasm, &named, &key).map_err(|error| unusable(&args.key, &error))?;
    let file = signed::path(&args.file);
    files::replace_for_all(&file, signature.as_bytes()).map_err(|error| {
        CliError::new(Exit::Failed, "file-failed", format!("could not write {}", shown(&file))).because(&error)
    })?;
    Ok(Box::new(Signed { id: named.id, version: named.version, file, key: by.to_string() }))
}

fn secret_key(context: &Context, file: &Path, password: Option<&Path>) -> Result<SecretKey, CliError> {
    let text = secret_input::file(file)?;
    let read = || Secret::parse(&text);
    if let Ok(key) = read().and_then(Secret::plain) {
        return Ok(key);
    }
    let password = match password {
        Some(password) => secret_input::file_or_input(password)?,
        None if !context.may_ask() => {
            let message = format!("{} is no key without a password", shown(file));
            return Err(
                CliError::usage("password-missing", message).help("give its password with `--password-file FILE`")
            );
        }
        None => prompt::secret("Password of the key:")?,
    };
    read().and_then(|key| key.unlocked(&password)).map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Refused, "bad-signing-key", format!("the key in {} cannot be used", shown(file)))
        .because(error)
        .help("nothing was written; look at the file and at its password")
}
