//! Questions to a person at a terminal; every one has a flag, and none is asked without a terminal.

use std::fmt::Display;
use std::io::Read;

use systemprompt_events::{ProfileName, TenantName, TenantType};
use zeroize::Zeroizing;

use crate::error::{CliError, Exit};

/// Longest text that is read from standard input where one line is expected.
const INPUT_BYTES_MAX: u64 = 64 << 10;
/// As many entries of a list as are shown at a time; the others come by typing or scrolling.
const LIST_ROWS: usize = 12;

/// Local or cloud.
pub fn tenant_type() -> Result<TenantType, CliError> {
    let choices = ["local: on this machine", "cloud: on managed infrastructure"];
    let chosen = inquire::Select::new("Where does the tenant run?", choices.to_vec()).raw_prompt().map_err(given_up)?;
    Ok(if chosen.index == 0 { TenantType::Local } else { TenantType::Cloud })
}

/// A name that is valid.
pub fn tenant_name() -> Result<TenantName, CliError> {
    loop {
        let text =
            inquire::Text::new("Name of the tenant:").with_placeholder("my-project").prompt().map_err(given_up)?;
        match text.parse() {
            Ok(name) => return Ok(name),
            Err(error) => crate::ui::note(&format!("{error}")),
        }
    }
}

/// A profile's name that is valid.
pub fn profile_name() -> Result<ProfileName, CliError> {
    loop {
        let text = inquire::Text::new("Name of the profile:").with_placeholder("local").prompt().map_err(given_up)?;
        match text.parse() {
            Ok(name) => return Ok(name),
            Err(error) => crate::ui::note(&format!("{error}")),
        }
    }
}

/// One of several; typing narrows them down. None where there is nothing to choose from.
pub fn one_of<T: Display>(question: &str, choices: Vec<T>) -> Result<Option<T>, CliError> {
    if choices.is_empty() {
        return Ok(None);
    }
    let list = inquire::Select::new(question, choices).with_page_size(LIST_ROWS);
    list.prompt().map(Some).map_err(given_up)
}

/// A text that is not shown while it is typed.
pub fn hidden(question: &str) -> Result<String, CliError> {
    let field = inquire::Password::new(question).without_confirmation();
    field.with_display_mode(inquire::PasswordDisplayMode::Masked).prompt().map_err(given_up)
}

/// Whether the user typed exactly this name.
pub fn typed_name(question: &str, name: &str) -> Result<bool, CliError> {
    Ok(inquire::Text::new(question).prompt().map_err(given_up)?.trim() == name)
}

/// A line of text.
pub fn line(question: &str) -> Result<String, CliError> {
    inquire::Text::new(question).prompt().map_err(given_up)
}

/// Whether the user agrees.
pub fn confirmed(question: &str) -> Result<bool, CliError> {
    inquire::Confirm::new(question).with_default(false).prompt().map_err(given_up)
}

/// A value that is not shown while it is typed.
pub fn secret(question: &str) -> Result<Zeroizing<String>, CliError> {
    let hidden = inquire::Password::new(question).without_confirmation();
    let typed = hidden.with_display_mode(inquire::PasswordDisplayMode::Hidden).prompt().map_err(given_up)?;
    Ok(Zeroizing::new(typed))
}

/// The value, or for `-` the first line of standard input.
pub fn or_stdin(value: String) -> Result<String, CliError> {
    if value != "-" {
        return Ok(value);
    }
    let mut text = String::new();
    std::io::stdin().take(INPUT_BYTES_MAX).read_to_string(&mut text).map_err(|error| {
        CliError::new(Exit::Failed, "input-failed", "could not read standard input").because(&error)
    })?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn given_up(error: inquire::InquireError) -> CliError {
    CliError::new(Exit::Interrupted, "cancelled", "nothing was done").because(&error)
}
