//! `systemprompt history import`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use systemprompt_events::{ReadError, Reader};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::intake;
use crate::text::shown;
use crate::view::AnyView;
use crate::view::exchange::Imported;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 17;

/// Take in a history that `history export` wrote, whichever of its forms it has
///
/// All of the file is checked before anything of it is here: positions, versions, the chain of hashes, and that each event
/// can be read and can follow. Events that are here already are passed over. An interrupted import goes on when the same is typed
/// again, or begins anew where nothing was here; where the file is gone, `history claim --unfinished` makes do with what is here.
/// What is taken in brings history and no rights: it acts on no database until `history claim`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt history import history.ndjson
  systemprompt history import history.ndjson --project ./restored")]
pub struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Carries it out.
pub async fn run(context: &Context, args: ImportArgs) -> Result<AnyView, CliError> {
    let path = context.env.cwd.join(args.file);
    // A file that is none is noticed before a project is made for it.
    let bytes = look(&path)?;
    let arrival = intake::open(&context.env, context.global.project.as_deref())?;
    let intake::Arrived { mut project, imported, mark } = arrival.take_in(bytes, &mut || open(&path)).await?;
    context.sync_files(&mut project).await?;
    Ok(Box::new(Imported { file: path, project: project.dir, content: imported, acts: mark.acts() }))
}

/// How long it is.
fn look(path: &Path) -> Result<u64, CliError> {
    let failed = |exit, code: &str, message: String| CliError::new(exit, code, message);
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() => Ok(open(path).map(|_| meta.len())?),
        Ok(_) => Err(failed(Exit::Failed, "import-not-an-export", format!("{} is not a regular file", shown(path)))
            .help("nothing was written; it may be read twice, so it has to be one")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(failed(Exit::NotFound, "no-file", format!("there is no file {}", shown(path))))
        }
        Err(error) => {
            Err(failed(Exit::Failed, "file-failed", format!("could not read {}", shown(path))).because(&error))
        }
    }
}

fn open(path: &Path) -> Result<Reader<BufReader<File>>, ReadError> {
    Reader::open(BufReader::with_capacity(BUFFER_BYTES, File::open(path)?))
}
