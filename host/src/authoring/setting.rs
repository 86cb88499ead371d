//! What the command line says of a rehearsal: settings of the tenant, inputs, and who plays what the plugin talks to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::scene::{Props, Reel};
use super::service::Player;
use crate::backend::http::Origin;
use crate::error::CliError;

/// What a rehearsal is to know.
#[derive(Debug, clap::Args)]
pub struct SettingArgs {
    /// A setting of the tenant, as for `cloud tenant create`; may be given more than once
    #[arg(long = "config", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// Who plays a destination that the plugin talks to: a server on this machine; may be given more than once
    #[arg(long = "service", value_name = "DESTINATION=URL")]
    services: Vec<String>,
    /// Plays the destinations that no server does: what was recorded before
    #[arg(long, value_name = "FILE")]
    cassette: Option<PathBuf>,
    /// Record what is answered, without secrets, in a file that `--cassette` plays; what is in it already stays
    #[arg(long, value_name = "FILE", conflicts_with = "cassette")]
    record: Option<PathBuf>,
}

impl SettingArgs {
    /// As a rehearsal wants it.
    pub fn props(&self, inputs: BTreeMap<String, Value>) -> Result<Props, CliError> {
        let config = crate::creation::config(&self.settings, false)?;
        let played = self.cassette.clone().map(Reel::Play);
        let reel = played.or_else(|| self.record.clone().map(Reel::Record));
        Ok(Props { config, inputs, players: self.players()?, reel, account: None })
    }

    fn players(&self) -> Result<BTreeMap<String, Player>, CliError> {
        let mut players = BTreeMap::new();
        for text in &self.services {
            let (destination, url) =
                parted(text, &bad_service, "--service https://api.example.com=http://127.0.0.1:4280")?;
            let bad = |reason: String| bad_service(text).cause(reason);
            let destination: Origin = destination.parse().map_err(|error| bad(format!("{error}")))?;
            players.insert(destination.to_string(), url.parse().map_err(bad)?);
        }
        Ok(players)
    }
}

/// Inputs by operation, from `OPERATION=JSON`.
pub fn inputs(given: &[String]) -> Result<BTreeMap<String, Value>, CliError> {
    let read = |text: &String| {
        let (operation, json) = parted(text, &bad_input, "--input 'operation={\"key\": 1}'")?;
        Ok((operation.to_owned(), input(json)?))
    };
    given.iter().map(read).collect()
}

/// An input.
pub fn input(json: &str) -> Result<Value, CliError> {
    serde_json::from_str(json).map_err(|error| bad_input(json).because(&error).help("an input is a JSON document"))
}

fn parted<'a>(text: &'a str, bad: &dyn Fn(&str) -> CliError, form: &str) -> Result<(&'a str, &'a str), CliError> {
    text.split_once('=').ok_or_else(|| bad(text).help(format!("write it as in `{form}`")))
}

fn bad_service(text: &str) -> CliError {
    CliError::usage("bad-service", format!("`{}` cannot be used", crate::text::one_line(text, 100)))
}

fn bad_input(text: &str) -> CliError {
    CliError::usage("bad-input", format!("`{}` cannot be used", crate::text::one_line(text, 100)))
}
