//! Names of functions as a person reads them.

/// Longer symbols are not taken apart: whoever made one may have made it so that this takes long.
const SYMBOL_BYTES_MAX: usize = 4_000;
/// What is shown of a name.
const NAME_CHARS_MAX: usize = 100;

/// A symbol as its author wrote it: `acme::Acme::create`, without the compiler's additions and without type arguments. Of
/// a long name the end is kept. Nothing is promised of its characters.
pub fn readable(symbol: &str) -> String {
    if symbol.len() > SYMBOL_BYTES_MAX {
        return shortened(symbol);
    }
    match rustc_demangle::try_demangle(symbol) {
        Ok(name) => shortened(&without_arguments(&format!("{name:#}"))),
        Err(_) => shortened(symbol),
    }
}

fn shortened(name: &str) -> String {
    let too_many = name.chars().count().saturating_sub(NAME_CHARS_MAX);
    if too_many == 0 { name.to_owned() } else { std::iter::once('…').chain(name.chars().skip(too_many)).collect() }
}

/// `<A<X> as B>::m::<Y>` is `A::m`.
fn without_arguments(name: &str) -> String {
    let end = name.char_indices().nth(SYMBOL_BYTES_MAX).map_or(name.len(), |(at, _)| at);
    let (mut subject, mut members) = (&name[..end], Vec::new());
    while let Some(inner) = subject.strip_prefix('<') {
        let Some(end) = top_level(inner, ">") else { break };
        members.push(&inner[end + 1..]);
        let inner = &inner[..end];
        subject = &inner[..top_level(inner, " as ").unwrap_or(end)];
    }
    members.push(subject);
    let mut kept = String::new();
    for part in members.into_iter().rev() {
        keep_outside_of_brackets(part, &mut kept);
    }
    kept
}

fn keep_outside_of_brackets(part: &str, kept: &mut String) {
    let (mut depth, mut last) = (0_usize, ' ');
    for character in part.chars() {
        match character {
            '<' => depth += 1,
            '>' if last == '-' => {}
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(character),
            _ => {}
        }
        if character == '<' && depth == 1 && kept.ends_with("::") {
            kept.truncate(kept.len() - 2);
        }
        last = character;
    }
}

/// Where this begins, outside of what stands in brackets.
fn top_level(text: &str, wanted: &str) -> Option<usize> {
    let (mut depth, mut last) = (0_usize, ' ');
    for (at, character) in text.char_indices() {
        if depth == 0 && last != '-' && text[at..].starts_with(wanted) {
            return Some(at);
        }
        match character {
            '<' => depth += 1,
            '>' if last != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = character;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_read_as_its_author_wrote_it() {
        for (symbol, name) in [
            (
                "_RNvXs_Cs9Rc21FFmxIA_13acme_postgresNtB4_10MyProviderNtNtCsIT6lUW5HBW_16systemprompt_sdk8provider8Provider5probe",
                "acme_postgres::MyProvider::probe",
            ),
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"),
            ("provider_create", "provider_create"),
            ("operator<", "operator<"),
        ] {
            assert_eq!(readable(symbol), name);
        }
    }

    #[test]
    fn type_arguments_are_left_out_wherever_they_stand() {
        for (name, short) in [
            ("<alloc::vec::Vec<u8> as core::ops::Drop>::drop", "alloc::vec::Vec::drop"),
            ("<<a::B<C> as d::E>::F as g::H<I>>::run", "a::B::F::run"),
            ("acme::step::<fn(u8) -> u8, acme::create::{closure#0}>", "acme::step"),
            ("acme::create::{closure#0}", "acme::create::{closure#0}"),
            ("<unfinished", ""),
        ] {
            assert_eq!(without_arguments(name), short, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_made_to_be_long_is_cut_and_not_taken_apart() {
        let long = format!("{}end", "<".repeat(1 << 20));
        let name = readable(&long);
        assert!(name.ends_with("end") && name.chars().count() == NAME_CHARS_MAX + 1, "{name}");
        let nested = format!("{}a{}", "<".repeat(SYMBOL_BYTES_MAX), ">".repeat(SYMBOL_BYTES_MAX));
        assert_eq!(without_arguments(&nested), "");
    }
}
