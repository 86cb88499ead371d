//! Taking back what a command did, and doing it again: by new events, and by operations where something is outside.

pub mod allowed;
mod granted;
mod outside;
mod rehearsal;
pub mod restore;

use systemprompt_events::{
    Command, CommandId, EventId, EventRef, ExecuteError, Head, Obstacle, Planned, ProjectCommand, Recorded, Standing,
    Stream, UndoPlan, UnitKind,
};

use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::project::Project;
use crate::view::undo::{Outcome, Unit};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What a command did is taken back.
    Undo,
    /// What was taken back is done again.
    Redo,
}

/// How far, and whether at all.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each but the last is a flag of the command line")]
pub struct Wish {
    /// Which way.
    pub direction: Direction,
    /// Only say what would be done.
    pub is_plan: bool,
    /// Leave out what cannot be taken back.
    pub is_forced: bool,
    /// Do not ask before something is deleted outside.
    pub is_agreed: bool,
    /// Of the command of an event that was named, instead of the newest.
    pub is_named: bool,
}

/// Takes back the newest commands that stand, or does again what was taken back last, so many of them.
pub async fn newest(context: &Context, project: &mut Project, wish: Wish, count: u32) -> Result<Outcome, CliError> {
    if wish.is_plan {
        let plans = find(project, wish, count).await?;
        if plans.is_empty() {
            return Err(nothing(wish.direction));
        }
        return rehearsal::rehearse(project, wish, plans).await;
    }
    let mut units = Vec::new();
    for done in 0..count {
        match next(context, project, wish).await {
            Ok(unit) => units.push(unit),
            Err(error) if done == 0 => return Err(error),
            Err(error) => {
                finish(context, project, wish, units).await?;
                return Err(stopped(error, done, count));
            }
        }
    }
    finish(context, project, wish, units).await
}

async fn next(context: &Context, project: &mut Project, wish: Wish) -> Result<Unit, CliError> {
    let head = project.ledger().log.head().await?;
    let plan = find(project, wish, 1).await?.pop().ok_or_else(|| nothing(wish.direction))?;
    carry_out(context, project, wish, &plan, &head).await
}

/// How so many commands are taken back, or done again.
async fn find(project: &mut Project, wish: Wish, count: u32) -> Result<Vec<UndoPlan>, CliError> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let log = &mut project.ledger().log;
    Ok(match wish.direction {
        Direction::Undo => log.newest_undos(count, wish.is_forced).await?,
        Direction::Redo => log.newest_redos(count).await?,
    })
}

/// What is recorded before an operation is performed, or instead of one, where these commands bring back what was.
fn work(wish: Wish, plan: &UndoPlan, outside: &outside::Outside, back: Vec<Command>) -> Vec<Command> {
    let mut commands = if outside.comes_first() { Vec::new() } else { back };
    commands.extend(outside.commands());
    if outside.operation().is_none() {
        commands.push(Command::Project(mark(wish.direction, plan.command_id)));
    }
    commands
}

/// Takes back the command that recorded an event.
pub async fn of_event(
    context: &Context,
    project: &mut Project,
    wish: Wish,
    event: &EventRef,
) -> Result<Outcome, CliError> {
    let head = project.ledger().log.head().await?;
    let log = &mut project.ledger().log;
    let missing = || {
        CliError::new(Exit::NotFound, "event-not-found", format!("there is no event `{event}`"))
            .try_command("systemprompt history log")
    };
    let named = log.event(event).await?.ok_or_else(missing)?;
    let mut found = log.undo_of(&named).await?.ok_or_else(missing)?;
    if let Some(operation) = operation_of(&named, &found.0) {
        // What begins an operation, and its steps, are undone with what it came to.
        let log = &mut project.ledger().log;
        let last = log.stream(&operation).await?.pop().ok_or_else(missing)?;
        found = log.undo_of(&last).await?.ok_or_else(missing)?;
    }
    let (plan, standing) = found;
    check_standing(&named, standing)?;
    if !plan.is_change() {
        let why = plan.remark().unwrap_or("it belongs to an operation that changed nothing");
        let message = format!("there is nothing to undo in `{}` ({})", named.kind, named.position);
        return Err(CliError::new(Exit::Refused, "nothing-to-undo", message).cause(why));
    }
    if wish.is_plan {
        return rehearsal::rehearse(project, wish, vec![plan]).await;
    }
    let unit = carry_out(context, project, wish, &plan, &head).await?;
    finish(context, project, wish, vec![unit]).await
}

/// The stream of the operation that an event belongs to whose request changes nothing by itself.
fn operation_of(named: &Recorded, plan: &UndoPlan) -> Option<String> {
    // A plugin that became known on the way stays known.
    if plan.is_change() || named.stream.starts_with("plugin/") {
        return None;
    }
    plan.events.iter().map(|event| &event.stream).find(|stream| stream.starts_with("operation/")).cloned()
}

fn check_standing(named: &Recorded, standing: Standing) -> Result<(), CliError> {
    let refused = |message: &str, command: &str| {
        let message = format!("{message}: `{}` ({})", named.kind, named.position);
        Err(CliError::new(Exit::Refused, "already-undone", message).try_command(command))
    };
    match (standing.kind, standing.is_settled) {
        (UnitKind::Undo, false) => {
            refused("that is an undo; to take it back, do it again", "systemprompt history redo")
        }
        (_, true) => refused("that is undone already", "systemprompt history log"),
        (UnitKind::Own | UnitKind::Redo, false) => Ok(()),
    }
}

/// One command, all or nothing.
async fn carry_out(
    context: &Context,
    project: &mut Project,
    wish: Wish,
    plan: &UndoPlan,
    head: &Head,
) -> Result<Unit, CliError> {
    check(wish, plan)?;
    let outside = outside::Outside::of(project, plan.outside()).await?;
    let (back, mut left) = allowed::back(project, wish, plan, &outside, &[]).await?;
    let commands = work(wish, plan, &outside, back);
    outside.check_allowed(project).await?;
    outside.check_and_ask(context, wish, &agreeing(wish, plan))?;
    if project.ledger().log.head().await? != *head {
        return Err(ExecuteError::Moved.into());
    }
    let mut records = Vec::new();
    if !commands.is_empty() {
        let granted = granted::Granted::before(project, &commands).await?;
        let because: Option<EventId> = plan.events.first().map(|event| event.id);
        let receipt = project.ledger().record_after(head, because, commands).await?;
        granted.follow().await?;
        records = recorded(project, &receipt.events).await?;
    }
    if let Err(error) = outside.destroy_keys(project).await {
        // It is recorded, and the next change destroys what is left.
        project.notices.push(format!("keys of forgotten tenants may be left: {}", error.message));
    }
    if let Some(operation) = outside.operation() {
        let before = project.ledger().log.head().await?.position;
        outside::perform(context, project, operation, Some((wish.direction, plan.command_id))).await?;
        records.extend(project.ledger().log.read(before, u32::MAX).await?);
        left.append(&mut project.left_out);
    }
    Ok(Unit::new(plan, records, outside.in_words(), &left))
}

/// The command that does the same without asking.
fn agreeing(wish: Wish, plan: &UndoPlan) -> String {
    let forced = if wish.is_forced { " --force" } else { "" };
    match wish.direction {
        Direction::Undo => format!("systemprompt history undo{}{forced} -y", of(plan)),
        Direction::Redo => "systemprompt history redo".to_owned(),
    }
}

/// Names the command that a plan is of: the newest one may be another by the time that it is typed.
fn of(plan: &UndoPlan) -> String {
    plan.events.first().map(|event| format!(" @{}", event.position)).unwrap_or_default()
}

/// What was asked for besides.
fn flags(wish: Wish) -> &'static str {
    match (wish.is_plan, wish.is_agreed) {
        (true, _) => " --plan",
        (false, true) => " -y",
        (false, false) => "",
    }
}

async fn recorded(project: &mut Project, ids: &[EventId]) -> Result<Vec<Recorded>, CliError> {
    let mut events = Vec::with_capacity(ids.len());
    for id in ids {
        events.extend(project.ledger().log.event(&EventRef::Id(*id)).await?);
    }
    Ok(events)
}

fn check(wish: Wish, plan: &UndoPlan) -> Result<(), CliError> {
    let verb = verb(wish.direction);
    if let Some((step, why)) = plan.irreversible().next()
        && (!wish.is_forced || plan.is_futile())
    {
        let message = format!("`{}` ({}) cannot be {verb}", step.kind, step.position);
        let error = CliError::new(Exit::Refused, "irreversible", message).cause(why);
        return Err(match (wish.direction, plan.is_futile()) {
            (Direction::Undo, true) if !wish.is_named => error
                .help("nothing was done; to undo what was done before it, pass over it")
                .try_command(format!("systemprompt history undo --force{}", flags(wish))),
            (Direction::Undo, false) => error
                .help("nothing was done; to undo the rest of that command, leave it out")
                .try_command(format!("systemprompt history undo{} --force{}", of(plan), flags(wish))),
            (Direction::Undo, true) | (Direction::Redo, _) => error.help("nothing was done"),
        });
    }
    plan.obstacle().map_or(Ok(()), |(step, obstacle)| Err(blocked(wish, step, obstacle)))
}

fn blocked(wish: Wish, step: &Planned, obstacle: &Obstacle) -> CliError {
    let verb = verb(wish.direction);
    let message = format!(
        "`{}` ({}) cannot be {verb}: `{}` ({}) has changed the same since",
        step.kind, step.position, obstacle.kind, obstacle.position
    );
    let error = CliError::new(Exit::Refused, "undo-blocked", message);
    if let Stream::Tenant(tenant) = &step.stream
        && obstacle.is_custody
    {
        return error
            .help(
                "nothing was done; its database's password was made here, and nobody else knows it: keep the tenant, \
                 or end it by a command that says what becomes of its database",
            )
            .try_command(format!("systemprompt cloud tenant delete {tenant}"));
    }
    error
        .help("nothing was done; undo what came later first")
        .try_command(format!("systemprompt history show {}", obstacle.position))
}

fn verb(direction: Direction) -> &'static str {
    match direction {
        Direction::Undo => "undone",
        Direction::Redo => "done again",
    }
}

fn mark(direction: Direction, command: CommandId) -> ProjectCommand {
    match direction {
        Direction::Undo => ProjectCommand::MarkUndone { command },
        Direction::Redo => ProjectCommand::MarkRedone { command },
    }
}

async fn finish(context: &Context, project: &mut Project, wish: Wish, units: Vec<Unit>) -> Result<Outcome, CliError> {
    context.sync_files(project).await?;
    Ok(Outcome { direction: wish.direction, is_plan: false, units })
}

fn nothing(direction: Direction) -> CliError {
    match direction {
        Direction::Undo => CliError::new(Exit::NotFound, "nothing-to-undo", "there is nothing to undo"),
        Direction::Redo => CliError::new(Exit::NotFound, "nothing-to-redo", "there is nothing to do again")
            .help("what was undone can be done again until something else is done"),
    }
}

/// Some of several are done, and stay so.
fn stopped(error: CliError, done: u32, wanted: u32) -> CliError {
    let message = format!("{done} of {wanted} are done; then: {}", error.message);
    let help = error.help.as_deref().map(|help| help.strip_prefix("nothing was done; ").unwrap_or(help).to_owned());
    CliError { message, help, ..error }
}
