//! The name of an operation's step.

use super::checked_text;

checked_text! {
    /// A step's name, such as `create role`: 1 to 100 characters, none of them a control character.
    StepName, InvalidStepName, "a step name",
    "1 to 100 characters, none of them a control character",
    |text| (1..=100).contains(&text.chars().take(101).count()) && !text.chars().any(char::is_control)
}
