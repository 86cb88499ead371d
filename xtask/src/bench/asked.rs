//! What a person may say to `cargo xtask bench`.

use std::path::PathBuf;

use super::ROWS;
use crate::process::{Failure, Outcome};

/// Which rows, how long a log, and where the table goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    quick: bool,
    /// Also the rows that build what is not ours.
    all: bool,
    only: Vec<&'static str>,
    /// The file whose table is renewed.
    pub(crate) markdown: Option<PathBuf>,
}

impl Asked {
    pub(crate) fn parse(words: &[String]) -> Outcome<Self> {
        let mut asked = Self::default();
        let mut words = words.iter().map(String::as_str);
        while let Some(word) = words.next() {
            match word {
                "--quick" => asked.quick = true,
                "--all" => asked.all = true,
                "--only" => asked.only.push(row(words.next().unwrap_or_default())?),
                "--markdown" => asked.markdown = Some(words.next().ok_or_else(|| wrong("`--markdown`"))?.into()),
                _ => return Err(wrong(&format!("`{word}`"))),
            }
        }
        Ok(asked)
    }

    /// Whether a row is measured; one that is `dear` only when it is asked for.
    pub(crate) fn wants(&self, row: &str, is_dear: bool) -> bool {
        if self.only.is_empty() { self.all || !is_dear } else { self.only.contains(&row) }
    }

    /// Events of the long log.
    pub(crate) fn events(&self) -> u64 {
        if self.quick { 100_000 } else { 1_000_000 }
    }
}

fn row(name: &str) -> Outcome<&'static str> {
    let found = ROWS.iter().find(|row| row.name == name);
    found.map(|row| row.name).ok_or_else(|| Failure::new(format!("`{name}` is no row; {}", usage())))
}

fn wrong(what: &str) -> Failure {
    Failure::new(format!("{what} is not known, or lacks its value; {}", usage()))
}

fn usage() -> String {
    let rows: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
    format!(
        "usage: cargo xtask bench [--quick] [--all] [--only ROW]... [--markdown FILE], where ROW is {}",
        rows.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Outcome<Asked> {
        Asked::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn rows_are_chosen_by_name_and_a_wrong_one_is_told_the_names() {
        let asked = parse("--quick --only plugin --only read").unwrap();
        assert_eq!(asked, Asked { quick: true, only: vec!["plugin", "read"], ..Asked::default() });
        assert!(asked.wants("read", false) && !asked.wants("create", false));
        assert_eq!(parse("").unwrap().events(), 1_000_000);
        let failure = parse("--only sqlite").unwrap_err().to_string();
        assert!(failure.contains("read, start, replay"), "{failure}");
        assert!(parse("--only").is_err() && parse("--fast").is_err() && parse("--markdown").is_err());
    }

    #[test]
    fn what_has_to_build_other_peoples_code_is_measured_only_when_asked_for() {
        assert!(!parse("").unwrap().wants("peers", true));
        assert!(parse("--only peers").unwrap().wants("peers", true));
        assert!(parse("--all").unwrap().wants("peers", true) && parse("--all").unwrap().wants("read", false));
    }
}
