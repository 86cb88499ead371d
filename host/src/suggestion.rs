//! "Did you mean …?": what is nearest to a word that names nothing.

use crate::error::CliError;

/// How alike two words have to be, from 0 to 1, to be worth a question.
const ALIKE_MIN: f64 = 0.8;

/// The one of these that is most like `wanted`, if any is.
pub fn nearest<'k>(wanted: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = wanted.to_lowercase();
    let alike = known.into_iter().map(|known| (strsim::jaro_winkler(&wanted, &known.to_lowercase()), known));
    let best = alike.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(alike, _)| *alike >= ALIKE_MIN).map(|(_, known)| known)
}

/// Whether a word that looks random, such as an id, was meant: all are a little alike, so only a slip or two counts.
pub fn is_slip(wanted: &str, known: &str) -> bool {
    const SLIPS_MAX: usize = 2;
    strsim::damerau_levenshtein(wanted, known) <= SLIPS_MAX
}

/// The error with a question about the nearest, if there is one that is near.
pub fn add<'k>(error: CliError, wanted: &str, known: impl IntoIterator<Item = &'k str>) -> CliError {
    match nearest(wanted, known) {
        Some(nearest) => error.help(format!("did you mean `{}`?", crate::text::one_line(nearest, 60))),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_the_one_that_was_meant_and_a_strange_one_finds_none() {
        let known = ["my-project", "my-project-prod", "staging"];
        assert_eq!(nearest("my-projekt", known), Some("my-project"));
        assert_eq!(nearest("MY-PROJECT", known), Some("my-project"));
        assert_eq!(nearest("stagnig", known), Some("staging"));
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn a_slip_in_an_id_is_one_and_another_id_is_not() {
        assert!(is_slip("local_19bff27604d", "local_19bff27604c"));
        assert!(!is_slip("999bc654-9a64-49bc-98be-db976fc84e76", "999bc654-0000-49bc-98be-db976fc84e76"));
    }
}
