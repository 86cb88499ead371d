//! `systemprompt plugin keygen`.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::publisher;
use crate::text::shown;
use crate::view::AnyView;
use crate::view::plugin_care::KeyPair;
use crate::{files, prompt, secret_input};

/// Make the pair of keys that an author signs plugins with
///
/// The secret key goes to the file, for its owner alone; the public one beside it, with `.pub` at its end. Both are in the
/// form of the program `minisign`. Whoever loses the secret key, or its password, needs a new one, which every user has to
/// be told.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin keygen -o publisher.key
  systemprompt plugin keygen -o publisher.key --password-file password.txt
  systemprompt plugin keygen -o publisher.key --no-password")]
pub struct KeygenArgs {
    /// Where the secret key goes; nothing may be there
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Protect it with the password in this file; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "no_password")]
    password_file: Option<PathBuf>,
    /// Protect it with no password, as for continuous integration
    #[arg(long)]
    no_password: bool,
}

/// Carries it out.
pub fn run(context: &Context, args: &KeygenArgs) -> Result<AnyView, CliError> {
    let file = context.env.cwd.join(&args.output);
    let mut public_file = file.clone().into_os_string();
    public_file.push(".pub");
    let public_file = PathBuf::from(public_file);
    for taken in [&file, &public_file] {
        if taken.symlink_metadata().is_ok() {
            let message = format!("{} is there already", shown(taken));
            return Err(CliError::new(Exit::Refused, "key-exists", message)
                .help("a key that is written over is lost; name another file"));
        }
    }
    let (text, key) = publisher::generate(password(context, args)?).map_err(|error| failed(&error))?;
    let public = publisher::public_file(&key).map_err(|error| failed(&error))?;
    files::create(&file, text.as_bytes()).map_err(|error| failed(&error))?;
    files::create(&public_file, public.as_bytes()).map_err(|error| failed(&error))?;
    Ok(Box::new(KeyPair { file: args.output.clone(), public_file, key: key.to_string() }))
}

fn failed(error: &(dyn std::error::Error + 'static)) -> CliError {
    CliError::new(Exit::Failed, "keygen-failed", "no pair of keys was made").because(error)
}

/// None where none was wanted.
fn password(context: &Context, args: &KeygenArgs) -> Result<Option<Zeroizing<String>>, CliError> {
    if args.no_password {
        return Ok(None);
    }
    let password = match &args.password_file {
        Some(file) => secret_input::file_or_input(file)?,
        None if !context.may_ask() => {
            return Err(CliError::usage("password-missing", "a password is needed for the key")
                .help("give `--password-file FILE`, or `--no-password`"));
        }
        None => {
            let typed = prompt::secret("Password for the key:")?;
            if prompt::secret("Once more:")? != typed {
                return Err(CliError::new(Exit::Refused, "passwords-differ", "the two passwords differ"));
            }
            typed
        }
    };
    if password.is_empty() {
        return Err(CliError::usage("password-empty", "the password is empty").help("for none, give `--no-password`"));
    }
    Ok(Some(password))
}
