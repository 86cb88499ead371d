//! `systemprompt cloud profile edit`.

use systemprompt_events::{Command, Digest, ProfileCommand, ProfileName, ProfileView, TenantId};

use crate::choice;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::profile::document::{self, Document, Problem};
use crate::profile::{difference, edit};
use crate::project::{Project, profile_files, registry_file};
use crate::prompt;
use crate::view::AnyView;
use crate::view::profile::Edited;

/// Change settings of a profile, or take in what somebody edited in its file
///
/// Fields are named as they are nested: `server.port`. Comments and layout of the file stay as they are. Lists are given as
/// texts separated by commas.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  systemprompt cloud profile edit local --set server.port=8081 --unset site.name
  systemprompt cloud profile edit local --from-file
  systemprompt cloud profile edit local --from-file --yes
  systemprompt cloud profile edit local --discard")]
pub struct EditArgs {
    /// Name; otherwise the one in use
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Set a field; may be given several times
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Unset a field; may be given several times
    #[arg(long = "unset", value_name = "FIELD")]
    unset: Vec<String>,
    /// Look at what was edited in the file, and take it in
    #[arg(long, conflicts_with_all = ["set", "unset", "discard"])]
    from_file: bool,
    /// Drop what was edited in the file: it is written anew from the history
    #[arg(long, conflicts_with_all = ["set", "unset"])]
    discard: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// Carries it out.
pub async fn run(context: &Context, args: EditArgs) -> Result<AnyView, CliError> {
    let mut project = if args.from_file || args.discard {
        context.project_with_edits_at_hand().await?
    } else {
        context.existing_project().await?
    };
    let name = super::switch::named_or_in_use(context, &mut project, args.name.clone()).await?;
    let profile = choice::profile::find(&mut project, name.as_str()).await?;
    if !args.from_file && !args.discard && args.set.is_empty() && args.unset.is_empty() {
        return Err(CliError::usage("nothing-to-change", "say what to change")
            .try_command(format!("systemprompt cloud profile edit {name} --set server.port=8081"))
            .try_command(format!("systemprompt cloud profile edit {name} --from-file")));
    }
    if args.discard {
        // Whatever lies there, and be it no text at all.
        let is_edited = file(&project, &name).map_or(true, |text| text.is_none_or(|text| text != profile.text));
        return discard(context, &mut project, &profile, is_edited, args.yes).await;
    }
    // Nobody else edits, or writes the files, until this edit is recorded; a person who is asked is not waited for.
    let lock = registry_file::lock(&project)?;
    let (profile, edited) = look(&mut project, &name).await?;
    let lock = (!args.from_file || args.yes).then_some(lock);
    let (text, source) = if args.from_file {
        let Some(text) = edited else { return Ok(Box::new(Edited::nothing(&profile))) };
        (text, "file")
    } else {
        if edited.is_some() {
            return Err(edited_meanwhile(&name));
        }
        (with_settings(profile.text.clone(), &args.set, &args.unset)?, "command")
    };
    let view = checked(&profile, &text)?;
    if args.from_file && !args.yes {
        agree(context, &view, &name)?;
    }
    let before = Digest::of(profile.text.as_bytes());
    let command = ProfileCommand::Edit { before, text, source: source.to_owned() };
    project.ledger().record(vec![Command::Profile(profile.id, command)]).await?;
    // Bringing the files up to date takes it again.
    drop(lock);
    context.sync_files(&mut project).await?;
    Ok(Box::new(view))
}

/// The profile as it is recorded, and what somebody edited in its file. The files are locked.
async fn look(project: &mut Project, name: &ProfileName) -> Result<(ProfileView, Option<String>), CliError> {
    let profile = choice::profile::find(project, name.as_str()).await?;
    let Some(text) = file(project, name)?.filter(|text| *text != profile.text) else { return Ok((profile, None)) };
    // A file that we wrote is behind the log where another process recorded an edit and has yet to write it.
    let noted = project.ledger().log.file_state(&profile_files::profile_path(name, "profile.yaml")).await?;
    let is_ours = noted.is_some_and(|noted| noted.digest == Digest::of(text.as_bytes()));
    Ok((profile, (!is_ours).then_some(text)))
}

/// What the edit changes, after it was found to be in order.
fn checked(profile: &ProfileView, text: &str) -> Result<Edited, CliError> {
    let file = profile_files::profile_path(&profile.name, "profile.yaml");
    let after = document::parse(text).map_err(|problems| not_in_order(&file, &problems))?;
    check_fixed(&after, &profile.name, &profile.tenant, &file)?;
    let differences = document::parse(&profile.text).map(|before| difference::between(&before.fields, &after.fields));
    Ok(Edited {
        name: profile.name.clone(),
        differences: differences.unwrap_or_default(),
        changed: *text != profile.text,
        dropped: None,
    })
}

fn agree(context: &Context, view: &Edited, name: &ProfileName) -> Result<(), CliError> {
    for line in view.lines() {
        context.note(&line);
    }
    if !context.may_ask() {
        return Err(CliError::new(Exit::Refused, "confirmation-needed", "taking an edit in needs a confirmation")
            .try_command(format!("systemprompt cloud profile edit {name} --from-file --yes"))
            .try_command(format!("systemprompt cloud profile edit {name} --discard --yes")));
    }
    if prompt::confirmed("Take these changes in?")? {
        return Ok(());
    }
    Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was taken in; the file is as it was")
        .try_command(format!("systemprompt cloud profile edit {name} --discard")))
}

async fn discard(
    context: &Context,
    project: &mut Project,
    profile: &ProfileView,
    edited: bool,
    yes: bool,
) -> Result<AnyView, CliError> {
    if edited && !yes {
        let command = format!("systemprompt cloud profile edit {} --discard --yes", profile.name);
        if !context.may_ask() {
            return Err(CliError::new(Exit::Refused, "confirmation-needed", "dropping an edit needs a confirmation")
                .try_command(command));
        }
        if !prompt::confirmed("Drop what was edited in the file?")? {
            return Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"));
        }
    }
    profile_files::discard_edit(project, &profile.name, &profile.text).await?;
    Ok(Box::new(Edited { dropped: Some(edited), ..Edited::nothing(profile) }))
}

/// A text with fields set and unset.
pub fn with_settings(text: String, set: &[String], unset: &[String]) -> Result<String, CliError> {
    let refused = |error: edit::EditError| CliError::usage("bad-setting", error.to_string());
    let mut text = text;
    for setting in set {
        let Some((field, value)) = setting.split_once('=').filter(|(field, _)| !field.is_empty()) else {
            let shown = crate::text::one_line(setting, 60);
            return Err(CliError::usage("bad-setting", format!("`{shown}` is not a setting"))
                .help("write `--set field=value`, as in `--set server.port=8081`"));
        };
        text = edit::set(&text, field, value).map_err(refused)?;
    }
    for field in unset {
        text = edit::unset(&text, field).map_err(refused)?;
    }
    Ok(text)
}

/// A profile's file as it lies there; none: there is none.
pub fn file(project: &Project, name: &ProfileName) -> Result<Option<String>, CliError> {
    let path = project.dir.join(profile_files::profile_path(name, "profile.yaml"));
    let failed = || format!("could not read {}", crate::text::shown(&path));
    match crate::files::read_regular(&path, document::BYTES_MAX as u64) {
        Ok(content) => String::from_utf8(content)
            .map(Some)
            .map_err(|error| CliError::new(Exit::Failed, "profile-invalid", failed()).because(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::new(Exit::Failed, "file-failed", failed()).because(&error)),
    }
}

/// Name and tenant make a profile the one it is.
pub fn check_fixed(document: &Document, name: &ProfileName, tenant: &TenantId, file: &str) -> Result<(), CliError> {
    let refused = |message: String| {
        CliError::new(Exit::Refused, "profile-fixed", message)
            .help("a profile's name and tenant stay what they are; for others, create another profile")
    };
    if document.name != *name {
        return Err(refused(format!("`name` in `{file}` is `{}`, and the profile is `{name}`", document.name)));
    }
    if document.tenant != *tenant {
        let message = format!(
            "`cloud.tenant_id` in `{file}` is `{}`, and the profile belongs to tenant `{tenant}`",
            document.tenant
        );
        return Err(refused(message));
    }
    Ok(())
}

/// A file that cannot be taken in, with everything that is wrong with it.
pub fn not_in_order(file: &str, problems: &[Problem]) -> CliError {
    let error = CliError::new(Exit::Refused, "profile-invalid", format!("`{file}` is not in order"));
    problems
        .iter()
        .fold(error, |error, problem| error.cause(problem.to_string()))
        .help("nothing was taken in; the file is as it was")
}

fn edited_meanwhile(name: &ProfileName) -> CliError {
    let message =
        format!("`{}` was edited, and that is not taken in yet", profile_files::profile_path(name, "profile.yaml"));
    CliError::new(Exit::Refused, "profile-edited", message)
        .try_command(format!("systemprompt cloud profile edit {name} --from-file"))
        .try_command(format!("systemprompt cloud profile edit {name} --discard"))
}
