//! A cassette as a file: JSON that people read and compare.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Cassette, EXCHANGES_MAX, Exchange};
use crate::error::{CliError, Exit};
use crate::plugin::PluginError;

/// More than anybody wants to have beside their code.
const BYTES_MAX: usize = 32 << 20;
const FORMAT: &str = "systemprompt/cassette/v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept_at_first: Option<Vec<String>>,
    exchanges: Vec<Exchange>,
}

impl Cassette {
    /// That in this file.
    pub fn read(path: &Path) -> Result<Cassette, CliError> {
        let failed = |source| PluginError::File { path: path.to_owned(), source };
        let bytes = crate::files::beginning(path, BYTES_MAX as u64 + 1).map_err(failed)?;
        let bad = |reason: &str| {
            let message = format!("{} is no cassette", crate::text::shown(path));
            CliError::new(Exit::Refused, "bad-cassette", message)
                .cause(crate::text::one_line(reason, 300))
                .help("record it anew with `--record`, to another file")
        };
        if bytes.len() > BYTES_MAX {
            return Err(bad(&format!("it is larger than {} MiB", BYTES_MAX >> 20)));
        }
        let document: Document = serde_json::from_slice(&bytes).map_err(|error| bad(&error.to_string()))?;
        if document.format != FORMAT {
            return Err(bad(&format!("its format is not `{FORMAT}`")));
        }
        if document.exchanges.len() > EXCHANGES_MAX {
            return Err(bad(&format!("it has more than {EXCHANGES_MAX} exchanges")));
        }
        for (index, exchange) in document.exchanges.iter().enumerate() {
            if exchange.number != index + 1 || exchange.after > index {
                return Err(bad(&format!("exchange {} does not follow on one before it", index + 1)));
            }
        }
        Ok(Cassette { kept_at_first: document.kept_at_first, exchanges: document.exchanges })
    }

    /// That in this file, or an empty one where there is no such file.
    pub fn read_or_begin(path: &Path) -> Result<Cassette, CliError> {
        if path.exists() { Self::read(path) } else { Ok(Cassette::default()) }
    }

    /// Writes it, unless one of these secrets is in there.
    pub fn write(&self, path: &Path, secrets: &[&str]) -> Result<(), CliError> {
        let document = Document {
            format: FORMAT.to_owned(),
            kept_at_first: self.kept_at_first.clone(),
            exchanges: self.exchanges.clone(),
        };
        let failed = |source| PluginError::File { path: path.to_owned(), source };
        let text = serde_json::to_string_pretty(&document).map_err(|error| failed(io::Error::other(error)))? + "\n";
        if secrets.iter().any(|secret| text.contains(secret)) {
            let message = "a secret would stand in the cassette, so nothing was written";
            return Err(CliError::new(Exit::Refused, "cassette-secret", message)
                .help("the provider writes a secret into a URL or a body without its placeholder"));
        }
        if text.len() > BYTES_MAX {
            let message = format!("more than {} MiB do not go into a cassette", BYTES_MAX >> 20);
            return Err(CliError::new(Exit::Refused, "cassette-full", message)
                .help("nothing was written; record single operations with `plugin run … --record`"));
        }
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir).map_err(failed)?;
        }
        crate::files::replace_for_all(path, text.as_bytes()).map_err(failed)?;
        Ok(())
    }
}
