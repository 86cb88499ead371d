//! `systemprompt plugin push`.

use std::path::PathBuf;

use crate::cli::Context;
use crate::error::CliError;
use crate::installation::registry::credentials::DockerConfig;
use crate::installation::registry::push::push;
use crate::installation::signed;
use crate::installation::source::Source;
use crate::plugin::candidate::{self, Candidate};
use crate::view::AnyView;
use crate::view::plugin_care::Pushed;

/// Put a plugin into an OCI registry, with the signature that lies beside it
///
/// Users install it from there by its tag, and `plugins.lock` names its digest. Logins are those of `docker login`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt plugin push acme-postgres.wasm oci://registry.example.com/acme/postgres:1.0.0")]
pub struct PushArgs {
    /// A component, as `plugin build` makes one
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to: host, repository and tag
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
}

/// Carries it out.
pub async fn run(context: &Context, args: PushArgs) -> Result<AnyView, CliError> {
    let Source::Registry(image) = Source::of(&args.image)? else {
        return Err(CliError::usage("bad-source", "this is no address in a registry")
            .help("give one such as `oci://registry.example.com/acme/postgres:1.0.0`"));
    };
    let candidate = Candidate::read(&args.file, &context.env.places, &context.reporter).await?;
    candidate::check_free(&candidate.loaded.id)?;
    let signature = signed::beside(&args.file)?;
    // Whoever installs it would be refused.
    let key = signed::publisher(&candidate, signature.as_deref(), None, None)?;
    if key.is_none() {
        context.note("it is not signed: those who install it cannot know that it is yours; see `plugin sign`");
    }
    let (id, version) = (candidate.loaded.id.to_string(), candidate.description.version.clone());
    let config = DockerConfig::of_user(context.env.places.surroundings());
    let image = push(&image, candidate, signature, &config).await?;
    Ok(Box::new(Pushed { id, version, image: image.to_string(), key: key.map(|key| key.to_string()) }))
}
