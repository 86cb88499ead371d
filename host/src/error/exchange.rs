//! What goes wrong with exports and imports, as users see it.

use systemprompt_events::{ExportError, FaultKind, ImportError, ReadError};

use super::{CliError, Exit};

impl From<ExportError> for CliError {
    fn from(error: ExportError) -> CliError {
        match error {
            ExportError::Log(error) => error.into(),
            ExportError::Empty => CliError::new(Exit::NotFound, "export-empty", error.to_string()),
            ExportError::Range { .. } => {
                CliError::usage("export-range", error.to_string()).try_command("systemprompt history log")
            }
            ExportError::Render { ref source, .. } => {
                CliError::new(Exit::Failed, "export-form", error.to_string()).because(source)
            }
            ExportError::Write { ref source } => {
                CliError::new(Exit::Failed, "file-failed", error.to_string()).because(source)
            }
        }
    }
}

impl From<ReadError> for CliError {
    fn from(error: ReadError) -> CliError {
        let new = |exit, code: &str| CliError::new(exit, code, error.to_string());
        match &error {
            ReadError::Io { source } => new(Exit::Failed, "file-failed").because(source),
            ReadError::Empty | ReadError::NotAnExport { .. } => new(Exit::Failed, "import-not-an-export")
                .help("nothing was written; `history export` writes what can be imported"),
            ReadError::Newer { .. } => {
                new(Exit::Refused, "import-newer").help("nothing was written; use the newer version of systemprompt")
            }
            ReadError::Redacted => new(Exit::Refused, "import-redacted")
                .help("nothing was written; export it again without `--redact`, where the log is"),
            ReadError::CutOff { .. } => new(Exit::Failed, "import-cut-off")
                .help("nothing of it was written; get the whole file, then type the same again"),
            ReadError::TooLong { .. } | ReadError::Document { .. } | ReadError::Trailer { .. } => {
                new(Exit::Failed, "import-damaged")
                    .help("nothing of it was written; get the file again as it was exported, then type the same again")
            }
        }
    }
}

impl From<ImportError> for CliError {
    fn from(error: ImportError) -> CliError {
        let error = match error {
            ImportError::Read(error) => return error.into(),
            ImportError::Log(error) => return error.into(),
            other @ (ImportError::Fault(_)
            | ImportError::OtherLog { .. }
            | ImportError::Gap { .. }
            | ImportError::Differs { .. }
            | ImportError::Changed
            | ImportError::Twice { .. }) => other,
        };
        let new = |exit, code: &str| CliError::new(exit, code, error.to_string());
        match &error {
            ImportError::Fault(fault) if fault.kind == FaultKind::Unknown => new(Exit::Refused, "import-newer")
                .help("nothing of it was written; use the newer version of systemprompt"),
            ImportError::Fault(fault) if fault.kind == FaultKind::Refused => new(Exit::Refused, "import-refused")
                .help("nothing of it was written; a log refuses such an event, so that the file was not made by one"),
            ImportError::Fault(_) => new(Exit::Failed, "import-damaged")
                .help("nothing of it was written; get the file again as it was exported, then type the same again"),
            ImportError::OtherLog { .. } | ImportError::Differs { .. } => new(Exit::Refused, "import-other-history")
                .help("nothing was written; a history is taken in where there is none, or the same one")
                .try_command("systemprompt history import <file> --project <directory>"),
            ImportError::Gap { .. } => new(Exit::Refused, "import-gap")
                .help("nothing was written; import a file first that holds what comes before"),
            ImportError::Changed => new(Exit::Refused, "conflict")
                .help("what was written until then stays; type the same again to go on from there"),
            ImportError::Twice { .. } => new(Exit::Failed, "import-damaged")
                .help("what was written until then stays; the file cannot be what was exported"),
            ImportError::Read(_) | ImportError::Log(_) => unreachable!("BUG: `{error}` was returned above"),
        }
    }
}
