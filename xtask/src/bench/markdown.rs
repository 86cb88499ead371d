//! Puts the table into a document, between two marks.

use std::fmt::Write as _;
use std::path::Path;

use super::table::{COLUMNS, Table};
use crate::process::{Failure, Outcome};

const BEGIN: &str = "<!-- begin: cargo xtask bench -->";
const END: &str = "<!-- end: cargo xtask bench -->";

/// Renews what stands between the marks of a file.
pub(crate) fn renew(file: &Path, table: &Table) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|e| Failure::file("read", file, &e))?;
    let renewed = between_marks(&text, &rendered(table)?)
        .ok_or_else(|| Failure::new(format!("{} lacks the lines `{BEGIN}` and `{END}`", file.display())))?;
    std::fs::write(file, renewed).map_err(|e| Failure::file("write", file, &e))
}

fn between_marks(text: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{new}{END}{after}"))
}

fn rendered(table: &Table) -> Outcome<String> {
    let mut text = format!("{}\n\n", table.conditions()?);
    for (number, line) in table.lines().iter().enumerate() {
        let _ = writeln!(text, "| {} |", line.join(" | "));
        if number == 0 {
            let _ = writeln!(text, "|{}", "---|".repeat(COLUMNS));
        }
    }
    for note in table.notes() {
        let _ = write!(text, "\n{note}\n");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_renewed() {
        let text = format!("# Speed\n{BEGIN}\nold\n{END}\nend\n");
        assert_eq!(between_marks(&text, "new\n").unwrap(), format!("# Speed\n{BEGIN}\nnew\n{END}\nend\n"));
        assert!(between_marks("# Speed\n", "new\n").is_none());
    }
}
