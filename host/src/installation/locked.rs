//! Taking in all that a project's `plugins.lock` lists, as it is listed: for a machine that has only the checked-out files.
//!
//! The list may come from anybody. It says what is expected, and allows nothing; the user does.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use systemprompt_events::{Command, Digest, PluginView};

use super::source::{Brought, Source};
use super::{InstallationArgs, consent, signed};
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::candidate::{self, Candidate};
use crate::plugin::catalog::{self, Origin};
use crate::plugin::grants::Grants;
use crate::plugin::lock::Pinned;
use crate::plugin::publisher::Publisher;
use crate::plugin::{PluginError, installed};
use crate::project::plugin_lock::{self, NAME};
use crate::project::{self, Project, ownership};
use crate::text::one_line;
use crate::view::plugin_care::{FromLock, Outcome};

/// A plugin that was checked, and waits for the others and for its user.
struct Checked {
    candidate: Candidate,
    /// Its bytes, so that only one plugin at a time is in memory.
    wasm: File,
    signature: Option<String>,
    origin: Origin,
}

/// Takes in what is listed and not there yet. Nothing is recorded before all of it was checked and agreed to.
pub async fn all(context: &Context, args: &InstallationArgs) -> Result<FromLock, CliError> {
    let dir = project::locate(&context.env, context.global.project.as_deref()).ok_or_else(no_lock)?;
    let listed = plugin_lock::listed(&dir)?.ok_or_else(no_lock)?;
    let (views, grants) = match context.project_to_read().await? {
        Some(mut project) => (project.ledger().log.plugins().await?, Some(project.grants().await?)),
        None => (Vec::new(), None),
    };
    let place = plugin_lock::place_of(&dir);
    let (mut outcomes, mut checked) = (Vec::new(), Vec::new());
    for pinned in listed {
        let known = views.iter().find(|view| view.id == pinned.id);
        check_expected(&pinned, known)?;
        let known = Known::of(context, &pinned, known, grants.as_ref()).await?;
        let is_here = known.is_here;
        if !is_here {
            let one = check(context, &pinned, known, &place, args).await;
            checked.push(one.map_err(|error| error.cause(format!("`{NAME}` lists it for `{}`", pinned.id)))?);
        }
        outcomes.push((pinned, if is_here { Outcome::WasThere } else { Outcome::Installed }));
    }
    if !checked.is_empty() {
        consent::agreed(context, args.yes, "allowing plugins")?;
        let mut project = context.project_to_change().await?;
        take_in(context, &mut project, checked).await?;
        context.sync_files(&mut project).await?;
    }
    Ok(FromLock(outcomes))
}

/// What can be refused without asking anybody for the plugin.
fn check_expected(pinned: &Pinned, known: Option<&PluginView>) -> Result<(), CliError> {
    candidate::check_free(&pinned.id)?;
    let before = known.and_then(|known| known.publisher.as_deref());
    let listed = pinned.publisher.as_ref().map(Publisher::to_string);
    match before {
        Some(before) if listed.as_deref() != Some(before) => {
            Err(other_key(pinned, &format!("the history here knows {}", one_line(before, 60))))
        }
        _ => Ok(()),
    }
}

/// What is known here of a plugin that is listed.
struct Known<'a> {
    view: Option<&'a PluginView>,
    /// What this user had allowed it.
    former: Option<Vec<String>>,
    /// Whether this user allowed the very bytes that are listed, and has them.
    is_here: bool,
}

impl<'a> Known<'a> {
    async fn of(
        context: &Context,
        pinned: &Pinned,
        view: Option<&'a PluginView>,
        grants: Option<&Grants>,
    ) -> Result<Known<'a>, CliError> {
        let Some((known, grants)) = view.zip(grants) else { return Ok(Known { view, former: None, is_here: false }) };
        let former = grants.ours(known).await?;
        let is_of_these =
            known.hash == pinned.hash && known.grant.as_ref().is_some_and(|grant| grant.hash == known.hash);
        let is_allowed = former.is_some() && is_of_these;
        let is_here = is_allowed && installed::bytes(&pinned.id, &pinned.hash, &context.env.places).is_ok();
        Ok(Known { view, former, is_here })
    }
}

/// Fetches one and compares it with what is listed; it is not compiled before its hash is the right one.
async fn check(
    context: &Context,
    pinned: &Pinned,
    known: Known<'_>,
    place: &Path,
    args: &InstallationArgs,
) -> Result<Checked, CliError> {
    let Known { view: known, former, .. } = known;
    let Brought { wasm, signature, notes, source } = bring(context, pinned, place).await?;
    for line in &notes {
        context.note(line);
    }
    let found = Digest::of(&wasm);
    if found != pinned.hash {
        return Err(CliError::new(Exit::Refused, "lock-hash", format!("{source} is not what the lock lists"))
            .cause(format!("its SHA-256 is {found}, and should be {}", pinned.hash))
            .help("nothing was done; whoever keeps the lock has to say whether that is right, and install it anew"));
    }
    let candidate = Candidate::of(wasm, &context.env.places, &context.reporter).await?;
    check_name(&candidate, pinned, &source)?;
    let publisher = signed::publisher(&candidate, signature.as_deref(), known, pinned.publisher.as_ref())?;
    if publisher != pinned.publisher {
        let signer = publisher.map_or_else(String::new, |key| format!("it is signed with {key}"));
        return Err(other_key(pinned, &signer));
    }
    if let Some(more) = candidate.capabilities.iter().find(|capability| !pinned.capabilities.contains(capability)) {
        let message = format!("`{}` also asks for `{}`, which the lock does not list", pinned.id, one_line(more, 120));
        return Err(CliError::new(Exit::Refused, "lock-capabilities", message).help(
            "nothing was done; where the lock was written it may have been taken back: allow it there, or install the \
             plugin by itself",
        ));
    }
    super::check_version(&candidate, known, args.allow_downgrade)?;
    let offer = consent::Offer { candidate: &candidate, source: &source, publisher: publisher.as_ref(), known, former };
    consent::say(context, &offer);
    let wasm = set_aside(&candidate.wasm).map_err(|error| unkept(&error))?;
    let candidate = Candidate { wasm: Vec::new(), ..candidate };
    let origin = Origin { source, publisher: publisher.map(|key| key.to_string()) };
    Ok(Checked { candidate, wasm, signature, origin })
}

async fn bring(context: &Context, pinned: &Pinned, place: &Path) -> Result<Brought, CliError> {
    match Source::of(Path::new(&pinned.source))? {
        Source::File(path) => {
            let path = place.join(path);
            let brought = Source::File(path.clone()).bring(&context.env).await;
            brought.map_err(|error| if path.exists() { error } else { missing(path) })
        }
        source @ (Source::Web(_) | Source::Registry(_)) => source.bring(&context.env).await,
    }
}

fn check_name(candidate: &Candidate, pinned: &Pinned, source: &str) -> Result<(), CliError> {
    let (id, version) = (&candidate.loaded.id, &candidate.description.version);
    if (id, version) == (&pinned.id, &pinned.version) {
        return Ok(());
    }
    let is = format!("`{id}` {}", one_line(version, 20));
    let message = format!("{source} is plugin {is}, and not `{}` {}", pinned.id, one_line(&pinned.version, 20));
    Err(CliError::new(Exit::Refused, "other-plugin", message)
        .help("nothing was done; the lock was not written by systemprompt, or edited since"))
}

async fn take_in(context: &Context, project: &mut Project, checked: Vec<Checked>) -> Result<(), CliError> {
    let grants = project.grants().await?;
    let _lock = super::locked_files(context).await?;
    let mut commands: Vec<Command> = Vec::new();
    for Checked { candidate, mut wasm, signature, origin } in checked {
        let loaded = &candidate.loaded;
        super::hand_over(project, loaded, &origin).await?;
        let mut bytes = Vec::new();
        wasm.read_to_end(&mut bytes).map_err(|error| unkept(&error))?;
        installed::store(&loaded.id, &loaded.hash, &bytes, signature.as_deref(), &context.env.places)?;
        commands.extend(catalog::permission(loaded, &candidate.description, &origin, &grants).await?.1);
    }
    project.ledger().record(commands).await?;
    ownership::note(project).await
}

/// A file without a name, at its beginning.
fn set_aside(wasm: &[u8]) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(wasm)?;
    file.rewind()?;
    Ok(file)
}

fn unkept(error: &std::io::Error) -> CliError {
    CliError::new(Exit::Failed, "file-failed", "could not keep a plugin in a temporary file")
        .because(error)
        .help("nothing was done; make room, or set `TMPDIR` to a directory that you can write")
}

fn missing(path: PathBuf) -> CliError {
    let message = format!("there is nothing at {}", crate::text::shown(&path));
    let why = PluginError::File { path, source: std::io::ErrorKind::NotFound.into() };
    CliError::new(Exit::NotFound, "source-not-found", message).because(&why).help(
        "a path in the lock is one of whoever wrote it: install the plugin from an address, or from below the project",
    )
}

fn other_key(pinned: &Pinned, but: &str) -> CliError {
    let lists = match &pinned.publisher {
        Some(key) => format!("lists `{}` with {key}", pinned.id),
        None => format!("lists `{}` as not signed", pinned.id),
    };
    CliError::new(Exit::Refused, "lock-key", format!("`{NAME}` {lists}, and {but}")).help(
        "nothing was done; ask its publisher, on another way than the lock came on, which key is theirs, and install the \
         plugin with `--key RW…`",
    )
}

fn no_lock() -> CliError {
    CliError::new(Exit::NotFound, "lock-not-found", format!("there is no `{NAME}` here"))
        .help(format!("it lies in `{}`, and is written when a plugin is installed", project::DIR))
        .try_command("systemprompt plugin install <file>")
}
