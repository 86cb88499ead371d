//! `systemprompt history key`.

use serde_json::json;

use crate::cli::Context;
use crate::error::CliError;
use crate::signing;
use crate::view::AnyView;
use crate::view::printed::Printed;

/// Print the public key that your checkpoints of this log are verified with
///
/// Hand it to others by a way that they trust: whoever verifies a proof has to know whose key it is. Its form is that of
/// C2SP's signed notes. The key is made at its first use; its secret half stays sealed in your data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history key
  systemprompt history key > log.vkey")]
pub struct KeyArgs {}

/// Carries it out.
pub async fn run(context: &Context, _args: KeyArgs) -> Result<AnyView, CliError> {
    let mut project = context.existing_project().await?;
    let key = signing::signer(&mut project).await?.verifier();
    context.say_where_the_key_is();
    Ok(Box::new(Printed {
        schema: "systemprompt/history-key/v1",
        data: json!({ "name": key.name(), "key": key.to_string() }),
        text: format!("{key}\n"),
    }))
}
