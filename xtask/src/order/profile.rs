//! What callgrind wrote: the names of functions.
//!
//! The format is in Valgrind's manual, "Callgrind Format Specification". A line `fn=(7) name` or `cfn=(7) name` gives a
//! function a number, and later lines say the number alone. `'2` behind a name is a level of recursion.

use std::collections::HashSet;

/// Names of functions, each once, in the order in which they were met.
#[derive(Default)]
pub(crate) struct Names {
    list: Vec<String>,
    known: HashSet<String>,
}

impl Names {
    /// Adds those of one profile.
    pub(crate) fn add(&mut self, profile: &str) {
        for name in profile.lines().filter_map(name) {
            if self.known.insert(name.to_string()) {
                self.list.push(name.to_string());
            }
        }
    }

    pub(crate) fn into_list(self) -> Vec<String> {
        self.list
    }
}

/// The name that a line gives to a function.
fn name(line: &str) -> Option<&str> {
    let numbered = line.strip_prefix("fn=(").or_else(|| line.strip_prefix("cfn=("))?;
    let (_, name) = numbered.split_once(") ")?;
    match name.rsplit_once('\'') {
        Some((plain, level)) if level.bytes().all(|byte| byte.is_ascii_digit()) => Some(plain),
        _ => Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_named_once_however_often_it_is_met_and_called() {
        let mut names = Names::default();
        names.add("version: 1\nfn=(1) main\n16 3\ncfn=(2) parse'2\ncalls=1 20\nfn=(2)\n17 1\nfn=(3) parse\n");
        names.add("fn=(1) main\nfn=(2) print\n");
        assert_eq!(names.into_list(), ["main", "parse", "print"]);
    }
}
