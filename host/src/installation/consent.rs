//! What a user reads before a plugin is allowed something, and the question.

use systemprompt_events::PluginView;

use super::InstallationArgs;
use crate::cli::Context;
use crate::error::{CliError, Exit};
use crate::plugin::candidate::Candidate;
use crate::plugin::maker::Maker;
use crate::plugin::publisher::Publisher;
use crate::prompt;
use crate::text::one_line;
use crate::view::plugin::in_words;

/// What a user is asked to agree to.
pub struct Offer<'a> {
    /// The component.
    pub candidate: &'a Candidate,
    /// Where it came from.
    pub source: &'a str,
    /// The key that it is signed with.
    pub publisher: Option<&'a Publisher>,
    /// What it would take the place of.
    pub known: Option<&'a PluginView>,
    /// What this user had allowed that.
    pub former: Option<Vec<String>>,
}

/// Says what it is and what it may do.
pub fn say(context: &Context, offer: &Offer<'_>) {
    let (candidate, description) = (offer.candidate, &offer.candidate.description);
    let (title, version) = (one_line(&description.title, 80), one_line(&description.version, 20));
    context.note(&format!("plugin `{}` {version}: {title}", candidate.loaded.id));
    context.note(&format!("it is from {}", offer.source));
    context.note(&format!("it has {} bytes, and SHA-256 {}", candidate.wasm.len(), candidate.loaded.hash));
    context.note(&signed(offer));
    if let (Some(known), Some(former)) = (offer.known, &offer.former) {
        compared(context, offer, known, former);
    } else {
        for capability in &candidate.capabilities {
            context.note(&format!("it may {}", in_words(capability)));
        }
    }
}

/// The same, and asks, unless that was answered already.
pub fn ask(context: &Context, offer: &Offer<'_>, args: &InstallationArgs) -> Result<(), CliError> {
    say(context, offer);
    if args.grant.is_empty() {
        return agreed(context, args.yes, "allowing a plugin");
    }
    match offer.candidate.capabilities.iter().find(|capability| !args.grant.contains(capability)) {
        None => Ok(()),
        Some(more) => {
            let message = format!("it also asks for `{}`", one_line(more, 120));
            Err(CliError::new(Exit::Refused, "asks-for-more", message)
                .help("nothing was done; if that is right, give it with `--grant`, too"))
        }
    }
}

/// Whether the user agrees, by `--yes` or at the terminal.
pub fn agreed(context: &Context, yes: bool, what: &str) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    if !context.may_ask() {
        return Err(CliError::new(Exit::Refused, "confirmation-needed", format!("{what} needs a confirmation"))
            .help("read what it may do, then give `--yes`"));
    }
    if prompt::confirmed("Allow this?")? {
        Ok(())
    } else {
        Err(CliError::new(Exit::Refused, "not-confirmed", "nothing was done"))
    }
}

fn signed(offer: &Offer<'_>) -> String {
    let Some(key) = offer.publisher else { return "it is not signed".to_owned() };
    let before = offer.known.and_then(|known| known.publisher.as_deref());
    match before {
        // A history from elsewhere may name whom it likes.
        Some(before) if offer.former.is_none() => {
            format!(
                "it is signed with {key}; the history here, which allowed it nothing by you, names {}",
                one_line(before, 60)
            )
        }
        Some(before) if before == key.to_string() => format!("it is signed with {key}, as before"),
        Some(before) => format!("it is signed with {key}, and before with {}", one_line(before, 60)),
        None => format!("it is signed with {key}, which is new here: every later version has to be signed with it"),
    }
}

/// What has the same id and is not known to have the same maker.
fn of_another(context: &Context, asked: &[String]) {
    let asks = |capability: &str| asked.iter().any(|asked| asked == capability);
    if asks("account") {
        context.note("a login to the one before does not count for it: nothing says that the same people made it");
    }
    if asks("secrets") {
        context.note("it is given what the one before had kept on this machine, as the password of a shared server");
    }
}

fn compared(context: &Context, offer: &Offer<'_>, known: &PluginView, former: &[String]) {
    let candidate = offer.candidate;
    context.note(&format!("it takes the place of version {}", one_line(&known.version, 20)));
    let asked = &candidate.capabilities;
    for capability in asked {
        let sign = if former.contains(capability) { "it may" } else { "+ it may from now on" };
        context.note(&format!("{sign} {}", in_words(capability)));
    }
    for capability in former.iter().filter(|capability| !asked.contains(capability)) {
        context.note(&format!("- it may no longer {}", in_words(capability)));
    }
    let before = Maker::recorded(known);
    let after = Maker::of_bytes(candidate.loaded.hash, offer.publisher.map(Publisher::to_string).as_deref());
    if before != after {
        of_another(context, asked);
    }
}
